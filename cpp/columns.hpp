// Columns that stand one after another: their products with one vector, and with those of several problems.
#pragma once

#include <cstdint>

#include "lanes.hpp"
#include "sweep.hpp"

namespace oddsmith {

namespace detail {

constexpr std::size_t abreast = 8;  // columns beside one vector: as many as fill the registers

// eta += Z s for eight columns.
ODDSMITH_INLINE void add_eight(const double* const* z, const double* s, std::size_t m, double* eta) {
    std::size_t i = 0;
    for (; i + 4 <= m; i += 4) {
        Four one = four(eta + i), two = {};
#pragma GCC unroll 4
        for (std::size_t c = 0; c < abreast; c += 2) one += four(z[c] + i) * s[c], two += four(z[c + 1] + i) * s[c + 1];
        put(eta + i, one + two);
    }
    for (; i < m; ++i)
        for (std::size_t c = 0; c < abreast; ++c) eta[i] += z[c][i] * s[c];
}

// Some columns against `count` right-hand sides; r and out in rows of their own lengths.
template <class V, std::size_t columns, std::size_t count, class T>
ODDSMITH_INLINE void dots_tile(const T* const* z, std::size_t m, const double* r, std::size_t rows, double* out,
                               std::size_t cols) {
    constexpr std::size_t wide = sizeof(V) / sizeof(double);
    V sum[count][columns] = {};
    std::size_t i = 0;
    for (; i + wide <= m; i += wide) {
        V right[count];
        for (std::size_t k = 0; k < count; ++k) right[k] = lanes_from<V>(r + k * rows + i);
        for (std::size_t c = 0; c < columns; ++c) {
            const V a = lanes_from<V>(z[c] + i);
            for (std::size_t k = 0; k < count; ++k) sum[k][c] += a * right[k];
        }
    }
    for (std::size_t k = 0; k < count; ++k)
        for (std::size_t c = 0; c < columns; ++c) {
            double total = 0.0;
            for (std::size_t lane = 0; lane < wide; ++lane) total += sum[k][c][lane];
            for (std::size_t j = i; j < m; ++j) total += z[c][j] * r[k * rows + j];
            out[k * cols + c] += total;
        }
}

// As many right-hand sides at once as leave room for their sums in registers.
template <class V, std::size_t columns, std::size_t at_once, class T>
ODDSMITH_INLINE void dots(const T* const* z, std::size_t m, const double* r, std::size_t rows, std::size_t count,
                          double* out, std::size_t cols) {
    std::size_t k = 0;
    for (; k + at_once <= count; k += at_once)
        dots_tile<V, columns, at_once>(z, m, r + k * rows, rows, out + k * cols, cols);
    for (; k < count; ++k) dots_tile<V, columns, 1>(z, m, r + k * rows, rows, out + k * cols, cols);
}

}  // namespace detail

// Of m rows from `start` on: eta += first + Z s.
ODDSMITH_CLONES static void add_columns(const std::vector<const double*>& z, const double* s, double first,
                                        std::size_t start, std::size_t m, double* eta) {
    for (std::size_t i = 0; i < m; ++i) eta[i] += first;
    const double* some[detail::abreast];
    std::size_t c = 0;
    for (; c + detail::abreast <= z.size(); c += detail::abreast) {
        for (std::size_t k = 0; k < detail::abreast; ++k) some[k] = z[c + k] + start;
        detail::add_eight(some, s + c, m, eta);
    }
    for (; c < z.size(); ++c) {
        const double *a = z[c] + start, by = s[c];
#pragma omp simd
        for (std::size_t i = 0; i < m; ++i) eta[i] += a[i] * by;
    }
}

// Of m rows from `start` on: out += Z'r.
ODDSMITH_CLONES static void dot_columns(const std::vector<const double*>& z, const double* r, std::size_t start,
                                        std::size_t m, double* out) {
    const double* some[detail::abreast];
    std::size_t c = 0;
    for (; c + detail::abreast <= z.size(); c += detail::abreast) {
        for (std::size_t k = 0; k < detail::abreast; ++k) some[k] = z[c + k] + start;
        detail::dots_tile<Four, detail::abreast, 1>(some, m, r, m, out + c, 0);
    }
    for (; c < z.size(); ++c) {
        some[0] = z[c] + start;
        detail::dots_tile<Four, 1, 1>(some, m, r, m, out + c, 0);
    }
}

// out[k][c] += sum_i z[at[c]][i] r[k][i], of m rows.
#define ODDSMITH_PANEL_DOTS(T)                                                                                     \
    ODDSMITH_CLONES static void panel_dots(const T* z, const std::int64_t* at, std::size_t cols, std::size_t rows, \
                                           std::size_t m, const double* r, std::size_t count, double* out,         \
                                           std::size_t width) {                                                    \
        const auto column = [&](std::size_t c) { return z + static_cast<std::size_t>(at[c]) * rows; };             \
        const bool wide = simd_level() >= 4;                                                                       \
        std::size_t c = 0;                                                                                         \
        for (; c + 4 <= cols; c += 4) {                                                                            \
            const T* some[] = {column(c), column(c + 1), column(c + 2), column(c + 3)};                            \
            if (wide) detail::dots<Eight, 4, 6>(some, m, r, rows, count, out + c, width);                          \
            else detail::dots<Four, 4, 3>(some, m, r, rows, count, out + c, width);                                \
        }                                                                                                          \
        for (; c < cols; ++c) {                                                                                    \
            const T* one[] = {column(c)};                                                                          \
            detail::dots<Four, 1, 3>(one, m, r, rows, count, out + c, width);                                      \
        }                                                                                                          \
    }
ODDSMITH_PANEL_DOTS(double)
ODDSMITH_PANEL_DOTS(float)
#undef ODDSMITH_PANEL_DOTS

// The slopes of some columns: out[k][c] += sum_i z[at[c]][i] r[k][i].
template <class T>
void slopes_among(const T* z, const std::int64_t* at, std::size_t cols, std::size_t rows, const double* r,
                  std::size_t count, double* out, std::size_t threads) {
    constexpr std::size_t several = 32, stretch = 1024;  // columns that read the same stretch of r, which stays in cache
    in_parallel((cols + several - 1) / several, threads, [&](std::size_t part, std::size_t) {
        const std::size_t first = part * several, own = std::min(several, cols - first);
        for (std::size_t start = 0; start < rows; start += stretch)
            panel_dots(z + start, at + first, own, rows, std::min(stretch, rows - start), r + start, count, out + first,
                       cols);
    });
}

}  // namespace oddsmith
