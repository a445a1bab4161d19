// Some columns of compressed rows, copied: in two passes, one that counts and one that fills.
#pragma once

#include <cstdint>

#include "sparse.hpp"

namespace oddsmith {

// counts[i]: entries of row i in columns whose place is not -1.
template <class T, class Index>
void count(const Csr<T, Index>& x, const std::int64_t* place, Index* counts, std::size_t threads) {
    std::vector<std::uint8_t> kept(x.cols);
    for (std::size_t j = 0; j < x.cols; ++j) kept[j] = place[j] >= 0;
    const Parts parts(x.rows, 1024, 256);
    in_parallel(parts.count, threads, [&](std::size_t k, std::size_t) {
        for (std::size_t i = k * parts.rows_each; i < std::min(x.rows, (k + 1) * parts.rows_each); ++i) {
            Index sum = 0;
            for (Index e = x.begin[i]; e < x.begin[i + 1]; ++e) sum += kept[x.columns[e]];
            counts[i] = sum;
        }
    });
}

// Those entries, in the columns that are their places; ascending in every row, as every kernel wants them.
template <class T, class Index>
void select(const Csr<T, Index>& x, const std::int64_t* place, const Index* begin, Index* columns, T* data,
            std::size_t threads) {
    std::vector<std::uint8_t> kept(x.cols);
    for (std::size_t j = 0; j < x.cols; ++j) kept[j] = place[j] >= 0;
    const Parts parts(x.rows, 1024, 256);
    in_parallel(parts.count, threads, [&](std::size_t k, std::size_t) {
        std::vector<Index> found;  // places in the row of those kept: written without a branch
        for (std::size_t i = k * parts.rows_each; i < std::min(x.rows, (k + 1) * parts.rows_each); ++i) {
            if (begin[i] == begin[i + 1]) continue;
            found.resize(static_cast<std::size_t>(x.begin[i + 1] - x.begin[i]) + 1);
            std::size_t count = 0;
            for (Index e = x.begin[i]; e < x.begin[i + 1]; ++e) {
                found[count] = e;
                count += kept[x.columns[e]];
            }
            const Index first = begin[i], most = begin[i + 1] - first;
            for (Index at = 0; at < std::min(static_cast<Index>(count), most); ++at) {
                const Index e = found[static_cast<std::size_t>(at)];
                const auto column = static_cast<Index>(place[x.columns[e]]);
                Index to = first + at;
                for (; to > first && columns[to - 1] > column; --to) columns[to] = columns[to - 1], data[to] = data[to - 1];
                columns[to] = column, data[to] = x.data[e];
            }
        }
    });
}

}  // namespace oddsmith
