// Columns in compressed form (CSC): copied, standardised, and against several right-hand sides.
#pragma once

#include <cstdint>

#include "sweep.hpp"

namespace oddsmith {

// The entries of one column after another, and the rows that they stand in, in any order.
struct Stored {
    const double* data;
    const std::int32_t* rows;
    const std::int64_t* begin;
};

// out[k][j] = (x - centre) / scale of column columns[k], in double and in single precision; [count][rows] both.
inline void standardise(const Stored& x, const std::int64_t* columns, std::size_t count, const double* centre,
                        const double* scale, double* z, float* single, std::size_t rows, std::size_t threads) {
    in_parallel(count, threads, [&](std::size_t k, std::size_t) {
        const auto j = static_cast<std::size_t>(columns[k]);
        double* to = z + k * rows;
        float* rough = single + k * rows;
        std::fill(to, to + rows, (0.0 - centre[j]) / scale[j]);
        std::fill(rough, rough + rows, static_cast<float>((0.0 - centre[j]) / scale[j]));
        for (std::int64_t e = x.begin[j]; e < x.begin[j + 1]; ++e) {
            to[x.rows[e]] = (x.data[e] - centre[j]) / scale[j];
            rough[x.rows[e]] = static_cast<float>(to[x.rows[e]]);
        }
    });
}

// out[a][k] += sum over the entries of column columns[k] of x r[row][a]; r: [rows][sides], out: [sides][count].
inline void slopes(const Stored& x, const std::int64_t* columns, std::size_t count, const double* r, std::size_t sides,
                   double* out, std::size_t threads) {
    constexpr std::size_t several = 16;
    in_parallel((count + several - 1) / several, threads, [&](std::size_t part, std::size_t) {
        std::vector<double> sums(4 * sides);
        for (std::size_t k = part * several; k < std::min(count, (part + 1) * several); ++k) {
            std::fill(sums.begin(), sums.end(), 0.0);
            const std::int64_t first = x.begin[columns[k]], last = x.begin[columns[k] + 1];
            for (std::int64_t e = first; e < last; ++e) {  // four sums in turn: none waits for the one before
                double* own = sums.data() + static_cast<std::size_t>((e - first) % 4) * sides;
                const double* right = r + static_cast<std::size_t>(x.rows[e]) * sides;
                for (std::size_t a = 0; a < sides; ++a) own[a] += x.data[e] * right[a];
            }
            for (std::size_t a = 0; a < sides; ++a)
                out[a * count + k] += (sums[a] + sums[sides + a]) + (sums[2 * sides + a] + sums[3 * sides + a]);
        }
    });
}

}  // namespace oddsmith
