// Several problems on the same rows take a step each: the columns, which stand one after another, are read once for all.
#pragma once

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

// `columns` columns from z on against `problems` right-hand sides; out in rows of its own length.
template <std::size_t columns, std::size_t problems>
ODDSMITH_INLINE void dots_tile(const double* z, std::size_t rows, std::size_t m, const double* r, double* out,
                               std::size_t cols) {
    Four sum[problems][4] = {};
    std::size_t i = 0;
    for (; i + 4 <= m; i += 4)
        for (std::size_t c = 0; c < columns; ++c) {
            const Four a = four(z + c * rows + i);
            for (std::size_t k = 0; k < problems; ++k) sum[k][c] += a * four(r + k * rows + i);
        }
    for (std::size_t k = 0; k < problems; ++k) {
        double total[4];
        put(total, sums_of(sum[k][0], sum[k][1], sum[k][2], sum[k][3]));
        for (std::size_t c = 0; c < columns; ++c) {
            for (std::size_t j = i; j < m; ++j) total[c] += z[c * rows + j] * r[k * rows + j];
            out[k * cols + c] += total[c];
        }
    }
}

template <std::size_t columns>
ODDSMITH_INLINE void dots(const double* z, std::size_t rows, std::size_t m, const double* r, std::size_t count,
                          double* out, std::size_t cols) {
    std::size_t k = 0;
    for (; k + 2 <= count; k += 2) dots_tile<columns, 2>(z, rows, m, r + k * rows, out + k * cols, cols);
    if (k < count) dots_tile<columns, 1>(z, rows, m, r + k * rows, out + k * cols, cols);
}

}  // namespace detail

// eta += first + step Z for the m rows from `start` on; only columns that some step uses.
ODDSMITH_CLONES static void panel_step(const Together& t, const std::vector<std::size_t>& used, std::size_t start,
                                       std::size_t m) {
    const auto column = [&](std::size_t u) { return t.z + used[u] * t.rows + start; };
    for (std::size_t k = 0; k < t.count; ++k)
        for (std::size_t i = 0; i < m; ++i) t.eta[k * t.rows + start + i] += t.first[k];
    std::size_t u = 0;
    for (; u + 4 <= used.size(); u += 4) {
        const double *a = column(u), *b = column(u + 1), *c = column(u + 2), *d = column(u + 3);
        for (std::size_t k = 0; k < t.count; ++k) {
            const double* step = t.step + k * t.cols;
            const double s0 = step[used[u]], s1 = step[used[u + 1]], s2 = step[used[u + 2]], s3 = step[used[u + 3]];
            double* eta = t.eta + k * t.rows + start;
#pragma omp simd
            for (std::size_t i = 0; i < m; ++i) eta[i] += (a[i] * s0 + b[i] * s1) + (c[i] * s2 + d[i] * s3);
        }
    }
    for (; u < used.size(); ++u)
        for (std::size_t k = 0; k < t.count; ++k) {
            const double *a = column(u), s = t.step[k * t.cols + used[u]];
            double* eta = t.eta + k * t.rows + start;
#pragma omp simd
            for (std::size_t i = 0; i < m; ++i) eta[i] += a[i] * s;
        }
}

// out += r Z', of those rows.
ODDSMITH_CLONES static void panel_dots(const Together& t, std::size_t start, std::size_t m, double* out) {
    const double* r = t.r + start;
    std::size_t j = 0;
    for (; j + 4 <= t.cols; j += 4) detail::dots<4>(t.z + j * t.rows + start, t.rows, m, r, t.count, out + j, t.cols);
    for (; j < t.cols; ++j) detail::dots<1>(t.z + j * t.rows + start, t.rows, m, r, t.count, out + j, t.cols);
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
            panel_dots(t, start, m, slopes.data() + part * size);
        }
    });
    for (std::size_t part = 0; part < parts.count; ++part) {
        for (std::size_t k = 0; k < size; ++k) t.slopes[k] += slopes[part * size + k];
        for (std::size_t k = 0; k < 2 * t.count; ++k) t.sums[k] += sums[part * 2 * t.count + k];
    }
}

}  // namespace oddsmith
