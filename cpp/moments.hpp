// Weighted mean and sum of squared deviations of every column, in one pass.
// All is shifted by the first row that has a weight, and parts merge by Chan, Golub and LeVeque (1983): means of 1e9 cost nothing.
#pragma once

#include "sweep.hpp"

namespace oddsmith {
namespace detail {

template <class T>
ODDSMITH_INLINE void moment_rows(const Dense<T>& x, std::size_t start, std::size_t m, const double* w,
                                 const double* shift, double* s1, double* s2) {
    const bool asks = x.cols * sizeof(T) < long_row;
    const std::ptrdiff_t ahead = rows_ahead(x.cols * sizeof(T)) * x.row_stride;
    std::size_t i = 0;
    for (; !w && i + 4 <= m; i += 4) {  // four rows at once: the sums are read and written a quarter as often
        const T* a = x.data + static_cast<std::ptrdiff_t>(start + i) * x.row_stride;
        const T *b = a + x.row_stride, *d = b + x.row_stride, *e = d + x.row_stride;
        const T* next = a + ahead;
        const auto add = [&](std::size_t first, std::size_t end) {
#pragma omp simd
            for (std::size_t j = first; j < end; ++j) {
                const double d0 = a[j] - shift[j], d1 = b[j] - shift[j], d2 = d[j] - shift[j], d3 = e[j] - shift[j];
                s1[j] += (d0 + d1) + (d2 + d3);
                s2[j] += (d0 * d0 + d1 * d1) + (d2 * d2 + d3 * d3);
            }
        };
        std::size_t j = 0;
        for (; asks && j + 8 <= x.cols; j += 8) {
            ask_for<32>(next + 4 * j);
            add(j, j + 8);
        }
        if (asks && j < x.cols) ask_for<32>(next + 4 * j);
        add(j, x.cols);
    }
    for (; i < m; ++i) {
        const T* a = x.data + static_cast<std::ptrdiff_t>(start + i) * x.row_stride;
        const double weight = w ? w[start + i] : 1.0;
#pragma omp simd
        for (std::size_t j = 0; j < x.cols; ++j) {
            const double d = a[j] - shift[j];
            s1[j] += weight * d;
            s2[j] += weight * d * d;
        }
    }
}

template <class T>
ODDSMITH_INLINE void moment_columns(const Dense<T>& x, std::size_t start, std::size_t m, const double* w,
                                    const double* shift, double* s1, double* s2) {
    for (std::size_t j = 0; j < x.cols; ++j) {
        const T* a = x.data + start + static_cast<std::ptrdiff_t>(j) * x.col_stride;
        const double c = shift[j];
        double t1 = 0, t2 = 0;
        if (w) {
#pragma omp simd reduction(+ : t1, t2)
            for (std::size_t i = 0; i < m; ++i) {
                const double d = a[i] - c;
                t1 += w[start + i] * d;
                t2 += w[start + i] * d * d;
            }
        } else {
#pragma omp simd reduction(+ : t1, t2)
            for (std::size_t i = 0; i < m; ++i) {
                const double d = a[i] - c;
                t1 += d;
                t2 += d * d;
            }
        }
        s1[j] += t1;
        s2[j] += t2;
    }
}

}  // namespace detail

#define ODDSMITH_PANEL_MOMENTS(T)                                                                               \
    ODDSMITH_CLONES static void panel_moments(const Dense<T>& x, std::size_t start, std::size_t m,              \
                                              const double* w, const double* shift, double* s1, double* s2) {   \
        x.row_major() ? detail::moment_rows(x, start, m, w, shift, s1, s2)                                      \
                      : detail::moment_columns(x, start, m, w, shift, s1, s2);                                  \
    }
ODDSMITH_PANEL_MOMENTS(double)
ODDSMITH_PANEL_MOMENTS(float)
#undef ODDSMITH_PANEL_MOMENTS

// Adds to mean[p] and deviation[p], which come in zeroed: the weighted mean and sum of squared deviations. Returns the
// sum of weights.
// A NaN or an infinity anywhere leaves a non-finite number in its column.
template <class T>
double moments(const Dense<T>& x, const double* weight, double* mean, double* deviation, std::size_t threads) {
    const std::size_t p = x.cols;
    const Parts parts(x.rows, std::clamp<std::size_t>((std::size_t{1} << 20) / std::max<std::size_t>(1, p), 64, 1024), 256);
    const std::size_t panel = x.row_major() ? panel_rows(std::max<std::size_t>(1, p) * sizeof(T)) : parts.rows_each;
    std::vector<double> shift(p), sums(parts.count * 2 * p), weights(parts.count);
    std::size_t origin = 0;
    while (weight && origin + 1 < x.rows && weight[origin] == 0.0) ++origin;
    for (std::size_t j = 0; j < p; ++j)
        shift[j] = x.data[static_cast<std::ptrdiff_t>(origin) * x.row_stride +
                          static_cast<std::ptrdiff_t>(j) * x.col_stride];
    in_parallel(parts.count, threads, [&](std::size_t k, std::size_t) {
        double *s1 = sums.data() + k * 2 * p, *s2 = s1 + p;
        const std::size_t first = k * parts.rows_each, last = std::min(x.rows, first + parts.rows_each);
        for (std::size_t start = first; start < last; start += panel)
            panel_moments(x, start, std::min(panel, last - start), weight, shift.data(), s1, s2);
        weights[k] = weight ? 0.0 : static_cast<double>(last - first);
        for (std::size_t i = first; weight && i < last; ++i) weights[k] += weight[i];
    });
    double seen = 0.0;
    for (std::size_t k = 0; k < parts.count; ++k) {
        const double *s1 = sums.data() + k * 2 * p, *s2 = s1 + p, w = weights[k];
        for (std::size_t j = 0; j < p; ++j) {
            if (w == 0.0) {  // a part of weight 0 counts for nothing, but must not hide a NaN
                deviation[j] += s2[j];
                continue;
            }
            const double gap = s1[j] / w - mean[j];
            deviation[j] += s2[j] - s1[j] * (s1[j] / w) + gap * gap * (seen * (w / (seen + w)));
            mean[j] += gap * (w / (seen + w));
        }
        seen += w;
    }
    for (std::size_t j = 0; j < p; ++j) mean[j] += shift[j];
    return seen;
}

}  // namespace oddsmith
