// Several linear predictors at once: the two matrix products of a panel, by tiles of sums that live in registers.
// The panel is the packed Z = [1, (x - centre) / scale] that the Hessian uses too, whatever layout and type X has; its
// rows beyond the last, up to a multiple of the lanes, are zero.
#pragma once

#include "panels.hpp"

namespace oddsmith {

constexpr std::size_t lanes = 8;   // doubles side by side: one register of x86-64-v4, two of v3
constexpr std::size_t at_once = 5;  // outputs in a tile: with more, v3 has no registers left

namespace detail {

// s[n][lane] = its value + sum_j z[j][lane] u[j][n]
template <std::size_t N>
ODDSMITH_INLINE void scores_tile(const double* z, std::size_t size, const double* u, std::size_t outputs, std::size_t m,
                                 double* s) {
    double sum[N][lanes];
    for (std::size_t n = 0; n < N; ++n)
        for (std::size_t l = 0; l < lanes; ++l) sum[n][l] = s[n * m + l];
    for (std::size_t j = 0; j < size; ++j, z += lanes, u += outputs) {
        for (std::size_t n = 0; n < N; ++n) {
#pragma omp simd
            for (std::size_t l = 0; l < lanes; ++l) sum[n][l] += z[l] * u[n];
        }
    }
    for (std::size_t n = 0; n < N; ++n)
        for (std::size_t l = 0; l < lanes; ++l) s[n * m + l] = sum[n][l];
}

// g[n][lane] += sum_i z[i][lane] r[n][i]
template <std::size_t N>
ODDSMITH_INLINE void products_tile(const double* z, std::size_t rows, std::size_t width, const double* r,
                                   std::size_t m, double* g) {
    double sum[N][lanes] = {};
    for (std::size_t i = 0; i < rows; ++i, z += width) {
        for (std::size_t n = 0; n < N; ++n) {
#pragma omp simd
            for (std::size_t l = 0; l < lanes; ++l) sum[n][l] += z[l] * r[n * m + i];
        }
    }
    for (std::size_t n = 0; n < N; ++n)
        for (std::size_t l = 0; l < lanes; ++l) g[n * width + l] += sum[n][l];
}

// Calls tile<N>(first) for groups of outputs, as even as can be.
template <class Tile>
ODDSMITH_INLINE void in_groups(std::size_t outputs, const Tile& tile) {
    std::size_t first = 0;
    for (std::size_t left = (outputs + at_once - 1) / at_once; left > 0; --left) {
        const std::size_t count = (outputs - first + left - 1) / left;
        switch (count) {
            case 1: tile.template operator()<1>(first); break;
            case 2: tile.template operator()<2>(first); break;
            case 3: tile.template operator()<3>(first); break;
            case 4: tile.template operator()<4>(first); break;
            default: tile.template operator()<at_once>(first);
        }
        first += count;
    }
}

}  // namespace detail

// Asks for eight rows of X that will be packed next, while the sums of this panel are formed.
template <class T>
inline void fetch_rows(const Dense<T>& x, std::size_t first, std::size_t last) {
#if defined(__GNUC__)
    constexpr std::size_t line = 64 / sizeof(T);
    if (x.row_major()) {
        for (std::size_t i = first; i < last; ++i)
            for (std::size_t j = 0; j < x.cols; j += line)
                __builtin_prefetch(x.data + i * static_cast<std::size_t>(x.row_stride) + j, 0, 2);
    } else if (first % line == 0) {
        for (std::size_t j = 0; j < x.cols; ++j)
            __builtin_prefetch(x.data + first + j * static_cast<std::size_t>(x.col_stride), 0, 2);
    }
#endif
}

// s[k][lane] += z'u_k for the eight rows from z on, which are turned into columns first. u is [size][outputs]; s has m
// entries an output; turned is scratch of width * lanes.
ODDSMITH_CLONES static void panel_scores(const double* z, std::size_t size, std::size_t width, const double* u,
                                         std::size_t outputs, std::size_t m, double* turned, double* s) {
    for (std::size_t j = 0; j < width; ++j)
        for (std::size_t l = 0; l < lanes; ++l) turned[j * lanes + l] = z[l * width + j];
    detail::in_groups(outputs, [&]<std::size_t N>(std::size_t k) __attribute__((always_inline)) {
        detail::scores_tile<N>(turned, size, u + k, outputs, m, s + k * m);
    });
}

// g[k] += Z'r_k: g has `width` entries an output.
ODDSMITH_CLONES static void panel_products(const double* z, std::size_t rows, std::size_t width, const double* r,
                                           std::size_t outputs, std::size_t m, double* g) {
    for (std::size_t j = 0; j < width; j += lanes)
        detail::in_groups(outputs, [&]<std::size_t N>(std::size_t k) __attribute__((always_inline)) {
            detail::products_tile<N>(z + j, rows, width, r + k * m, m, g + k * width + j);
        });
}

}  // namespace oddsmith
