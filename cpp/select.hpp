// Some columns of compressed rows, copied: in two passes, one that counts and one that fills.
#pragma once

#include <cstdint>

#include "sparse.hpp"

namespace oddsmith {

// counts[i]: entries of row i in columns whose place is not -1.
template <class T, class Index>
void count(const Csr<T, Index>& x, const std::int64_t* place, Index* counts, std::size_t threads) {
    const Parts parts(x.rows, 1024, 256);
    in_parallel(parts.count, threads, [&](std::size_t k, std::size_t) {
        for (std::size_t i = k * parts.rows_each; i < std::min(x.rows, (k + 1) * parts.rows_each); ++i) {
            Index kept = 0;
            for (Index e = x.begin[i]; e < x.begin[i + 1]; ++e) kept += place[x.columns[e]] >= 0 ? 1 : 0;
            counts[i] = kept;
        }
    });
}

// Those entries, in the columns that are their places; ascending in every row, as every kernel wants them.
template <class T, class Index>
void select(const Csr<T, Index>& x, const std::int64_t* place, const Index* begin, Index* columns, T* data,
            std::size_t threads) {
    const Parts parts(x.rows, 1024, 256);
    in_parallel(parts.count, threads, [&](std::size_t k, std::size_t) {
        for (std::size_t i = k * parts.rows_each; i < std::min(x.rows, (k + 1) * parts.rows_each); ++i) {
            const Index first = begin[i];
            Index at = first;
            for (Index e = x.begin[i]; e < x.begin[i + 1] && at < begin[i + 1]; ++e) {
                const auto column = static_cast<Index>(place[x.columns[e]]);
                if (column < 0) continue;
                Index to = at++;
                for (; to > first && columns[to - 1] > column; --to) columns[to] = columns[to - 1], data[to] = data[to - 1];
                columns[to] = column, data[to] = x.data[e];
            }
        }
    });
}

}  // namespace oddsmith
