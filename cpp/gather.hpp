// Some columns of a dense X, copied side by side.
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

}  // namespace oddsmith
