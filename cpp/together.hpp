// Several problems on the same rows take a step each: the columns, which stand one after another, are read once for all.
#pragma once

#include <cstdint>

#include "lanes.hpp"
#include "sweep.hpp"

namespace oddsmith {

// z: [cols][rows]; step, slopes: [count][cols]; first: [count]; weights, eta, r: [count][rows]; sums: [count][2].
struct Together {
    const double *z, *step, *first, *target, *weights;
    double *eta, *r, *sums, *slopes;
    std::size_t count, rows, cols;
};

namespace detail {

constexpr std::size_t at_once = 3;  // problems: of four columns their sums fill the registers

// Some columns against `problems` right-hand sides; r and out in rows of their own lengths.
template <std::size_t columns, std::size_t problems, class T>
ODDSMITH_INLINE void dots_tile(const T* const* z, std::size_t m, const double* r, std::size_t rows, double* out,
                               std::size_t cols) {
    Four sum[problems][4] = {};
    std::size_t i = 0;
    for (; i + 4 <= m; i += 4) {
        Four right[problems];
        for (std::size_t k = 0; k < problems; ++k) right[k] = four(r + k * rows + i);
        for (std::size_t c = 0; c < columns; ++c) {
            const Four a = four(z[c] + i);
            for (std::size_t k = 0; k < problems; ++k) sum[k][c] += a * right[k];
        }
    }
    for (std::size_t k = 0; k < problems; ++k) {
        double total[4];
        put(total, sums_of(sum[k][0], sum[k][1], sum[k][2], sum[k][3]));
        for (std::size_t c = 0; c < columns; ++c) {
            for (std::size_t j = i; j < m; ++j) total[c] += z[c][j] * r[k * rows + j];
            out[k * cols + c] += total[c];
        }
    }
}

template <std::size_t columns, class T>
ODDSMITH_INLINE void dots(const T* const* z, std::size_t m, const double* r, std::size_t rows, std::size_t count,
                          double* out, std::size_t cols) {
    std::size_t k = 0;
    for (; k + at_once <= count; k += at_once)
        dots_tile<columns, at_once>(z, m, r + k * rows, rows, out + k * cols, cols);
    for (; k < count; ++k) dots_tile<columns, 1>(z, m, r + k * rows, rows, out + k * cols, cols);
}

// eta += s Z for four columns, which stand at `used` in the steps of `problems` problems.
template <std::size_t problems>
ODDSMITH_INLINE void eta_tile(const Together& t, const std::size_t* used, std::size_t first, std::size_t start,
                              std::size_t m) {
    const double *z[4], *step = t.step + first * t.cols;
    double s[problems][4], *eta = t.eta + first * t.rows + start;
    for (std::size_t c = 0; c < 4; ++c) {
        z[c] = t.z + used[c] * t.rows + start;
        for (std::size_t k = 0; k < problems; ++k) s[k][c] = step[k * t.cols + used[c]];
    }
    std::size_t i = 0;
    for (; i + 4 <= m; i += 4) {
        const Four a = four(z[0] + i), b = four(z[1] + i), c = four(z[2] + i), d = four(z[3] + i);
        for (std::size_t k = 0; k < problems; ++k) {
            double* to = eta + k * t.rows + i;
            put(to, four(to) + a * s[k][0] + b * s[k][1] + c * s[k][2] + d * s[k][3]);
        }
    }
    for (; i < m; ++i)
        for (std::size_t k = 0; k < problems; ++k)
            for (std::size_t c = 0; c < 4; ++c) eta[k * t.rows + i] += z[c][i] * s[k][c];
}

}  // namespace detail

// eta += first + step Z for the m rows from `start` on; only columns that some step uses.
ODDSMITH_CLONES static void panel_step(const Together& t, const std::vector<std::size_t>& used, std::size_t start,
                                       std::size_t m) {
    for (std::size_t k = 0; k < t.count; ++k)
        for (std::size_t i = 0; i < m; ++i) t.eta[k * t.rows + start + i] += t.first[k];
    std::size_t u = 0;
    for (; u + 4 <= used.size(); u += 4) {
        std::size_t k = 0;
        for (; k + detail::at_once <= t.count; k += detail::at_once)
            detail::eta_tile<detail::at_once>(t, used.data() + u, k, start, m);
        for (; k < t.count; ++k) detail::eta_tile<1>(t, used.data() + u, k, start, m);
    }
    for (; u < used.size(); ++u)
        for (std::size_t k = 0; k < t.count; ++k) {
            const double *a = t.z + used[u] * t.rows + start, s = t.step[k * t.cols + used[u]];
            double* eta = t.eta + k * t.rows + start;
#pragma omp simd
            for (std::size_t i = 0; i < m; ++i) eta[i] += a[i] * s;
        }
}

// out[k][c] += sum_i z[at[c]][i] r[k][i], of m rows; of columns 0, 1, ... if `at` is null.
#define ODDSMITH_PANEL_DOTS(T)                                                                                     \
    ODDSMITH_CLONES static void panel_dots(const T* z, const std::int64_t* at, std::size_t cols, std::size_t rows, \
                                           std::size_t m, const double* r, std::size_t count, double* out,         \
                                           std::size_t width) {                                                    \
        const auto column = [&](std::size_t c) { return z + (at ? static_cast<std::size_t>(at[c]) : c) * rows; };  \
        std::size_t c = 0;                                                                                         \
        for (; c + 4 <= cols; c += 4) {                                                                            \
            const T* some[] = {column(c), column(c + 1), column(c + 2), column(c + 3)};                            \
            detail::dots<4>(some, m, r, rows, count, out + c, width);                                              \
        }                                                                                                          \
        for (; c < cols; ++c) {                                                                                    \
            const T* one[] = {column(c)};                                                                          \
            detail::dots<1>(one, m, r, rows, count, out + c, width);                                               \
        }                                                                                                          \
    }
ODDSMITH_PANEL_DOTS(double)
ODDSMITH_PANEL_DOTS(float)
#undef ODDSMITH_PANEL_DOTS

// out[k][c] += sum_i z[at[c]][i] r[k][i]: the slopes of some of the columns that stand one after another.
inline void slopes_among(const float* z, const std::int64_t* at, std::size_t cols, std::size_t rows, const double* r,
                         std::size_t count, double* out, std::size_t threads) {
    constexpr std::size_t several = 32, stretch = 1024;  // columns that read the same stretch of r, which stays in cache
    in_parallel((cols + several - 1) / several, threads, [&](std::size_t part, std::size_t) {
        const std::size_t first = part * several, own = std::min(several, cols - first);
        for (std::size_t start = 0; start < rows; start += stretch)
            panel_dots(z + start, at + first, own, rows, std::min(stretch, rows - start), r + start, count, out + first,
                       cols);
    });
}

// eta += first + step Z; and there, with each problem's own weights, the sums of the losses and of the row_hessians, the
// row_gradients and the slopes. sums and slopes are added to, so they come in zeroed.
inline void step_together(const Together& t, std::size_t threads) {
    const Parts parts(t.rows, 512, 16);
    const std::size_t in_cache = (std::size_t{1} << 17) / std::max<std::size_t>(1, t.cols) / 64 * 64;
    const std::size_t panel = std::clamp<std::size_t>(in_cache, 64, 512), size = t.count * t.cols;
    std::vector<std::size_t> used;
    for (std::size_t j = 0; j < t.cols; ++j)
        for (std::size_t k = 0; k < t.count; ++k)
            if (t.step[k * t.cols + j] != 0.0) {
                used.push_back(j);
                break;
            }
    std::vector<double> slopes(parts.count * size), sums(parts.count * 2 * t.count);
    in_parallel(parts.count, threads, [&](std::size_t part, std::size_t) {
        std::vector<double> values(panel), h(panel);
        const std::size_t last = std::min(t.rows, (part + 1) * parts.rows_each);
        for (std::size_t start = part * parts.rows_each; start < last; start += panel) {
            const std::size_t m = std::min(panel, last - start);
            panel_step(t, used, start, m);
            for (std::size_t k = 0; k < t.count; ++k) {
                const std::size_t at = k * t.rows + start;
                double* own = sums.data() + 2 * (part * t.count + k);
                own[0] += logistic_panel(t.eta + at, t.target + start, t.weights + at, m, values.data(), t.r + at, h.data());
                own[1] += panel_sum(h.data(), m);
            }
            panel_dots(t.z + start, nullptr, t.cols, t.rows, m, t.r + start, t.count, slopes.data() + part * size, t.cols);
        }
    });
    for (std::size_t part = 0; part < parts.count; ++part) {
        for (std::size_t k = 0; k < size; ++k) t.slopes[k] += slopes[part * size + k];
        for (std::size_t k = 0; k < 2 * t.count; ++k) t.sums[k] += sums[part * 2 * t.count + k];
    }
}

}  // namespace oddsmith
