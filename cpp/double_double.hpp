// Products with rows and sums over rows in double-double: a number is hi + lo, about 32 digits. Every rounding error of a
// product and of a sum is itself a double: fma gives the one, six additions the other (Ogita, Rump and Oishi 2005,
// "Accurate sum and dot product"). Contraction by the compiler cannot hurt: Boldo, Graillat and Muller (2017).
#pragma once

#include <cmath>
#include <cstddef>
#include <vector>

#include "sweep.hpp"

namespace oddsmith {

// A row-major matrix in double-double.
template <class Number>
struct Twofold {
    Number *hi, *lo;
    std::size_t cols;
};

namespace detail {

// hi + lo += x (a + b); lo collects what hi cannot hold, and is not normalised.
ODDSMITH_INLINE void add_product(double x, double a, double b, double& hi, double& lo) {
    const double product = x * a;
    const double error = std::fma(x, a, -product) + x * b;
    const double total = hi + product, of_product = total - hi;
    lo += error + ((hi - (total - of_product)) + (product - of_product));
    hi = total;
}

template <class T>
ODDSMITH_INLINE void scores(const Dense<T>& x, std::size_t first, std::size_t last, const Twofold<const double>& b,
                            const Twofold<double>& out) {
    const std::size_t k = b.cols;
    for (std::size_t i = first; i < last; ++i) {
        double *hi = out.hi + i * k, *lo = out.lo + i * k;
        const T* row = x.data + static_cast<std::ptrdiff_t>(i) * x.row_stride;
        for (std::size_t j = 0; j < x.cols; ++j) {
            const double entry = row[static_cast<std::ptrdiff_t>(j) * x.col_stride];
            const double *a = b.hi + j * k, *c = b.lo + j * k;
#pragma omp simd
            for (std::size_t m = 0; m < k; ++m) add_product(entry, a[m], c[m], hi[m], lo[m]);
        }
    }
}

template <class T>
ODDSMITH_INLINE void slopes(const Dense<T>& x, std::size_t first, std::size_t last, const Twofold<const double>& r,
                            double* hi, double* lo) {
    const std::size_t p = x.cols;
    for (std::size_t i = first; i < last; ++i) {
        const T* row = x.data + static_cast<std::ptrdiff_t>(i) * x.row_stride;
        for (std::size_t m = 0; m < r.cols; ++m) {
            const double a = r.hi[i * r.cols + m], c = r.lo[i * r.cols + m];
            double *h = hi + m * p, *l = lo + m * p;
            if (x.row_major()) {
#pragma omp simd
                for (std::size_t j = 0; j < p; ++j) add_product(row[j], a, c, h[j], l[j]);
            } else {
                for (std::size_t j = 0; j < p; ++j)
                    add_product(row[static_cast<std::ptrdiff_t>(j) * x.col_stride], a, c, h[j], l[j]);
            }
        }
    }
}

}  // namespace detail

#define ODDSMITH_TWOFOLD_VERBS(T)                                                                                     \
    ODDSMITH_CLONES static void panel_scores(const Dense<T>& x, std::size_t first, std::size_t last,                  \
                                             const Twofold<const double>& b, const Twofold<double>& out) {            \
        detail::scores(x, first, last, b, out);                                                                       \
    }                                                                                                                 \
    ODDSMITH_CLONES static void panel_slopes(const Dense<T>& x, std::size_t first, std::size_t last,                  \
                                             const Twofold<const double>& r, double* hi, double* lo) {                \
        detail::slopes(x, first, last, r, hi, lo);                                                                    \
    }
ODDSMITH_TWOFOLD_VERBS(double)
ODDSMITH_TWOFOLD_VERBS(float)
#undef ODDSMITH_TWOFOLD_VERBS

// out += x b, row by row.
template <class T>
void exact_scores(const Dense<T>& x, const Twofold<const double>& b, const Twofold<double>& out, std::size_t threads) {
    const Parts parts(x.rows, 1024, 256);
    in_parallel(parts.count, threads, [&](std::size_t k, std::size_t) {
        panel_scores(x, k * parts.rows_each, std::min(x.rows, (k + 1) * parts.rows_each), b, out);
    });
}

// out += r'x, of shape (columns of r, columns of x); parts are added in their order.
template <class T>
void exact_slopes(const Dense<T>& x, const Twofold<const double>& r, const Twofold<double>& out, std::size_t threads) {
    const Parts parts(x.rows, 1024, 64);
    const std::size_t size = r.cols * x.cols;
    std::vector<double> sums(parts.count * 2 * size);
    in_parallel(parts.count, threads, [&](std::size_t k, std::size_t) {
        double* own = sums.data() + k * 2 * size;
        panel_slopes(x, k * parts.rows_each, std::min(x.rows, (k + 1) * parts.rows_each), r, own, own + size);
    });
    for (std::size_t k = 0; k < parts.count; ++k) {
        const double *hi = sums.data() + k * 2 * size, *lo = hi + size;
        for (std::size_t j = 0; j < size; ++j) {
            detail::add_product(1.0, hi[j], lo[j], out.hi[j], out.lo[j]);
        }
    }
}

}  // namespace oddsmith
