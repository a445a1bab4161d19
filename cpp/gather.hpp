// Some columns of a dense X, copied side by side; and standardised.
#pragma once

#include <cstdint>

#include "sweep.hpp"

namespace oddsmith {

// out[k][i] = x[i][columns[k]]. A few rows at a time, so that what is written lies side by side; the next are asked for.
template <class T>
void gather(const Dense<T>& x, const std::int64_t* columns, std::size_t count, T* out, std::size_t threads) {
    constexpr std::size_t few = 64 / sizeof(T);
    const Parts parts(x.rows, 64, 64);
    in_parallel(parts.count, threads, [&](std::size_t part, std::size_t) {
        const std::size_t first = part * parts.rows_each, last = std::min(x.rows, first + parts.rows_each);
        const std::size_t step = x.row_major() ? few : last - first;
        for (std::size_t start = first; start < last; start += step)
            for (std::size_t k = 0; k < count; ++k) {
                const T* from = x.data + static_cast<std::ptrdiff_t>(start) * x.row_stride + columns[k] * x.col_stride;
                for (std::size_t i = 0; x.row_major() && start + 2 * step <= last && i < step; ++i)
                    __builtin_prefetch(from + static_cast<std::ptrdiff_t>(step + i) * x.row_stride, 0, 2);
                for (std::size_t i = 0; i < std::min(step, last - start); ++i)
                    out[k * x.rows + start + i] = from[static_cast<std::ptrdiff_t>(i) * x.row_stride];
            }
    });
}

// A place for columns of `rows` numbers, side by side: in single precision and, unless that is null, in double.
struct Copies {
    double* z;
    float* single;
    std::size_t rows;
};

// out[k][at + i] = (x[taken[i]][columns[k]] - centre) / scale, of the centre and scale of that column. By tiles, so that
// what is read and what is written lies side by side.
template <class T>
void standardise(const Dense<T>& x, const std::int64_t* columns, std::size_t count, const double* centre,
                 const double* scale, const std::int64_t* taken, std::size_t rows, const Copies& out, std::size_t at,
                 std::size_t threads) {
    constexpr std::size_t tall = 64, wide = 16;
    in_parallel((rows + tall - 1) / tall, threads, [&](std::size_t part, std::size_t) {
        const std::size_t first = part * tall, m = std::min(tall, rows - first);
        const auto from = [&](std::size_t i, std::size_t k) {
            return x.data + taken[first + i] * x.row_stride + columns[k] * x.col_stride;
        };
        for (std::size_t k = 0; k < count; k += wide) {
            const std::size_t several = std::min(wide, count - k);
            double tile[wide][tall];
            for (std::size_t i = 0; i < m; ++i) {
                for (std::size_t c = 0; c < several; ++c) tile[c][i] = *from(i, k + c);
                for (std::size_t c = wide; x.row_major() && k + c < std::min(count, k + 2 * wide); ++c)
                    __builtin_prefetch(from(i, k + c), 0, 2);
            }
            for (std::size_t c = 0; c < several; ++c) {
                const double centred = centre[columns[k + c]], by = scale[columns[k + c]];
                const std::size_t to = (k + c) * out.rows + at + first;
                for (std::size_t i = 0; i < m; ++i) tile[c][i] = (tile[c][i] - centred) / by;
                if (out.z) std::copy(tile[c], tile[c] + m, out.z + to);
                std::copy(tile[c], tile[c] + m, out.single + to);
            }
        }
    });
}

}  // namespace oddsmith
