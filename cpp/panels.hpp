// A panel: a few hundred rows of X, small enough to stay in cache between its two readings.
// The verbs: eta = intercept + (x - centre) u;   g += r'(x - centre);   H += Z' diag(h) Z.
// Every difference is taken in double on the row itself: a correction afterwards would cost the digits of the mean.
#pragma once

#include <algorithm>
#include <cstddef>
#include <new>
#include <vector>

#include "lanes.hpp"

namespace oddsmith {

// Memory that begins on a cache line, so that no load of eight doubles crosses one.
template <class T>
struct LineAllocator {
    using value_type = T;
    LineAllocator() = default;
    template <class U>
    LineAllocator(const LineAllocator<U>&) {}
    T* allocate(std::size_t n) { return static_cast<T*>(::operator new(n * sizeof(T), std::align_val_t{64})); }
    void deallocate(T* p, std::size_t) { ::operator delete(p, std::align_val_t{64}); }
    bool operator==(const LineAllocator&) const { return true; }
};
using Buffer = std::vector<double, LineAllocator<double>>;

// X as the caller holds it: float or double, row-major (col_stride 1) or column-major (row_stride 1), never copied.
template <class T>
struct Dense {
    const T* data;
    std::size_t rows, cols;
    std::ptrdiff_t row_stride, col_stride;
    bool row_major() const { return col_stride == 1; }
};

namespace detail {

// Asks for a stretch of the next panel, while this one is read from cache: memory would stand idle. The processor does
// not see four rows side by side coming. Little at a time: of many lines at once most would wait for one another.
template <std::size_t count, class T>
ODDSMITH_INLINE void ask_for(const T* next) {
    const char* first = reinterpret_cast<const char*>(next);
    for (std::size_t b = 0; b < count * sizeof(T); b += 64) __builtin_prefetch(first + b, 0, 2);
}

// The same of a whole row.
template <class T>
ODDSMITH_INLINE void ask_for_row(const T* next, std::size_t cols) {
    for (std::size_t j = 0; j < cols; j += 64 / sizeof(T)) ask_for<1>(next + j);
}

// Rows so long that the processor does see them coming; to ask as well would be in its way.
constexpr std::size_t long_row = 8192;  // bytes

// How many rows ahead to ask, where rows are read once.
inline std::ptrdiff_t rows_ahead(std::size_t bytes_per_row) {
    return static_cast<std::ptrdiff_t>(1 + (std::size_t{1} << 14) / (1 + bytes_per_row));
}

// One row or four, four columns side by side. The last columns, where four do not divide p, are read together with some
// before them, of which `rest` makes nothing. Meanwhile two rows from `next` on are asked for.
template <std::ptrdiff_t count, bool asks = false, class T>
ODDSMITH_INLINE void eta_block(const T* a, std::ptrdiff_t stride, std::size_t p, const double* c, const double* u,
                               const double* rest, double* eta, const T* next = nullptr) {
    static_assert(count == 1 || count == 4);
    Four s[4] = {};
    const auto add = [&](std::size_t j, const double* slope) {
        const Four centre = four(c + j), by = four(slope);
#pragma GCC unroll 4
        for (std::ptrdiff_t k = 0; k < count; ++k) s[k] += (four(a + k * stride + j) - centre) * by;
    };
    for (std::size_t j = 0; j + 4 <= p; j += 4) {
        if constexpr (asks) ask_for<8>(next + 2 * j);
        add(j, u + j);
    }
    if (p % 4) add(p - 4, rest);
    const Four sums = sums_of(s[0], s[1], s[2], s[3]);
    if constexpr (count == 1) eta[0] += sums[0];
    else put(eta, four(eta) + sums);
}

template <bool asks, class T>
ODDSMITH_INLINE void eta_rows(const Dense<T>& x, std::size_t start, std::size_t m, const double* c, const double* u,
                              double* eta) {
    const std::size_t p = x.cols;
    const T* a = x.data + static_cast<std::ptrdiff_t>(start) * x.row_stride;
    if (p < 4) {
        for (std::size_t i = 0; i < m; ++i, a += x.row_stride)
            for (std::size_t j = 0; j < p; ++j) eta[i] += (a[j] - c[j]) * u[j];
        return;
    }
    double rest[4];
    for (std::size_t k = 0; k < 4; ++k) rest[k] = k < 4 - p % 4 ? 0.0 : u[p - 4 + k];
    std::size_t i = 0;
    const T* next = a + static_cast<std::ptrdiff_t>(m) * x.row_stride;
    for (; i + 4 <= m; i += 4, a += 4 * x.row_stride, next += 2 * x.row_stride)
        eta_block<4, asks>(a, x.row_stride, p, c, u, rest, eta + i, next);
    for (; i < m; ++i, a += x.row_stride) eta_block<1>(a, x.row_stride, p, c, u, rest, eta + i);
}

template <bool asks, class T>
ODDSMITH_INLINE void gradient_rows(const Dense<T>& x, std::size_t start, std::size_t m, const double* c,
                                   const double* r, double* g) {
    const std::size_t p = x.cols;
    const T* next = x.data + static_cast<std::ptrdiff_t>(start + m + m / 2) * x.row_stride;
    std::size_t i = 0;
    for (; i + 4 <= m; i += 4, next += 2 * x.row_stride) {
        const T* a = x.data + static_cast<std::ptrdiff_t>(start + i) * x.row_stride;
        const T *b = a + x.row_stride, *d = b + x.row_stride, *e = d + x.row_stride;
        const double r0 = r[i], r1 = r[i + 1], r2 = r[i + 2], r3 = r[i + 3];
        const auto add = [&](std::size_t first, std::size_t last) {
#pragma omp simd
            for (std::size_t j = first; j < last; ++j)
                g[j] += ((a[j] - c[j]) * r0 + (b[j] - c[j]) * r1) + ((d[j] - c[j]) * r2 + (e[j] - c[j]) * r3);
        };
        std::size_t j = 0;
        for (; asks && j + 8 <= p; j += 8) {
            ask_for<16>(next + 2 * j);
            add(j, j + 8);
        }
        if (asks && j < p) ask_for<16>(next + 2 * j);
        add(j, p);
    }
    for (; i < m; ++i) {
        const T* a = x.data + static_cast<std::ptrdiff_t>(start + i) * x.row_stride;
        const double r0 = r[i];
#pragma omp simd
        for (std::size_t j = 0; j < p; ++j) g[j] += (a[j] - c[j]) * r0;
    }
}

// Four columns at a time, of those whose coefficient is not zero: the others need not be read.
template <class T>
ODDSMITH_INLINE void eta_columns(const Dense<T>& x, std::size_t start, std::size_t m, const double* c,
                                 const double* u, double* eta) {
    std::size_t chosen[4], held = 0;
    const auto column = [&](std::size_t k) { return x.data + start + static_cast<std::ptrdiff_t>(k) * x.col_stride; };
    for (std::size_t j = 0; j < x.cols; ++j) {
        if (u[j] == 0.0) continue;
        chosen[held++] = j;
        if (held < 4) continue;
        held = 0;
        const T *a = column(chosen[0]), *b = column(chosen[1]), *d = column(chosen[2]), *e = column(j);
        const double c0 = c[chosen[0]], c1 = c[chosen[1]], c2 = c[chosen[2]], c3 = c[j];
        const double u0 = u[chosen[0]], u1 = u[chosen[1]], u2 = u[chosen[2]], u3 = u[j];
#pragma omp simd
        for (std::size_t i = 0; i < m; ++i)
            eta[i] += ((a[i] - c0) * u0 + (b[i] - c1) * u1) + ((d[i] - c2) * u2 + (e[i] - c3) * u3);
    }
    for (std::size_t k = 0; k < held; ++k) {
        const T* a = column(chosen[k]);
        const double c0 = c[chosen[k]], u0 = u[chosen[k]];
#pragma omp simd
        for (std::size_t i = 0; i < m; ++i) eta[i] += (a[i] - c0) * u0;
    }
}

template <class T>
ODDSMITH_INLINE void gradient_columns(const Dense<T>& x, std::size_t start, std::size_t m, const double* c,
                                      const double* r, double* g) {
    const std::size_t p = x.cols;
    std::size_t j = 0;
    for (; j + 4 <= p; j += 4) {
        const T* a = x.data + start + static_cast<std::ptrdiff_t>(j) * x.col_stride;
        const T *b = a + x.col_stride, *d = b + x.col_stride, *e = d + x.col_stride;
        const double c0 = c[j], c1 = c[j + 1], c2 = c[j + 2], c3 = c[j + 3];
        double s0 = 0, s1 = 0, s2 = 0, s3 = 0;
#pragma omp simd reduction(+ : s0, s1, s2, s3)
        for (std::size_t i = 0; i < m; ++i) {
            s0 += (a[i] - c0) * r[i];
            s1 += (b[i] - c1) * r[i];
            s2 += (d[i] - c2) * r[i];
            s3 += (e[i] - c3) * r[i];
        }
        g[j] += s0;
        g[j + 1] += s1;
        g[j + 2] += s2;
        g[j + 3] += s3;
    }
    for (; j < p; ++j) {
        const T* a = x.data + start + static_cast<std::ptrdiff_t>(j) * x.col_stride;
        const double c0 = c[j];
        double s = 0;
#pragma omp simd reduction(+ : s)
        for (std::size_t i = 0; i < m; ++i) s += (a[i] - c0) * r[i];
        g[j] += s;
    }
}

// Z = [1, (x - centre) / scale], row-major in double, its rows padded with zeros to `width`.
template <class T>
ODDSMITH_INLINE void pack(const Dense<T>& x, std::size_t start, std::size_t m, const double* c, const double* inverse,
                          std::size_t width, double* z) {
    const std::size_t p = x.cols;
    for (std::size_t i = 0; i < m; ++i) {
        double* row = z + i * width;
        row[0] = 1.0;
        std::fill(row + 1 + p, row + width, 0.0);
    }
    if (x.row_major()) {
        for (std::size_t i = 0; i < m; ++i) {
            const T* a = x.data + static_cast<std::ptrdiff_t>(start + i) * x.row_stride;
            double* row = z + i * width + 1;
#pragma omp simd
            for (std::size_t j = 0; j < p; ++j) row[j] = (a[j] - c[j]) * inverse[j];
        }
    } else {  // eight columns side by side, so that what is written lies side by side
        for (std::size_t first = 0; first < p; first += 8) {
            const std::size_t last = std::min(p, first + 8);
            const T* a = x.data + start;
            for (std::size_t i = 0; i < m; ++i)
                for (std::size_t j = first; j < last; ++j)
                    z[i * width + 1 + j] = (a[i + j * static_cast<std::size_t>(x.col_stride)] - c[j]) * inverse[j];
        }
    }
}

}  // namespace detail

#define ODDSMITH_PANEL_VERBS(T)                                                                                       \
    ODDSMITH_CLONES static void panel_eta(const Dense<T>& x, std::size_t start, std::size_t m, const double* c,       \
                                          const double* u, double* eta) {                                             \
        if (!x.row_major()) detail::eta_columns(x, start, m, c, u, eta);                                              \
        else if (x.cols * sizeof(T) < detail::long_row) detail::eta_rows<true>(x, start, m, c, u, eta);               \
        else detail::eta_rows<false>(x, start, m, c, u, eta);                                                         \
    }                                                                                                                 \
    ODDSMITH_CLONES static void panel_gradient(const Dense<T>& x, std::size_t start, std::size_t m, const double* c,  \
                                               const double* r, double* g) {                                          \
        if (!x.row_major()) detail::gradient_columns(x, start, m, c, r, g);                                           \
        else if (x.cols * sizeof(T) < detail::long_row) detail::gradient_rows<true>(x, start, m, c, r, g);            \
        else detail::gradient_rows<false>(x, start, m, c, r, g);                                                      \
    }                                                                                                                 \
    ODDSMITH_CLONES static void panel_pack(const Dense<T>& x, std::size_t start, std::size_t m, const double* c,      \
                                           const double* inverse, std::size_t width, double* z) {                     \
        detail::pack(x, start, m, c, inverse, width, z);                                                              \
    }
ODDSMITH_PANEL_VERBS(double)
ODDSMITH_PANEL_VERBS(float)
#undef ODDSMITH_PANEL_VERBS

// H += Z' diag(h) Z, upper triangle, by tiles of 4 x 8 that live in registers while the panel streams past.
// Returns max |z_i|^2 over the panel's rows of positive weight (w may be null), which the certificate needs.
constexpr std::size_t tile_rows = 4, tile_cols = 8;

// hz is scratch of m * tile_rows.
ODDSMITH_CLONES static double panel_gram(const double* z, double* hz, std::size_t m, std::size_t width,
                                         const double* h, const double* w, double* hessian) {
    double reach = 0.0;
    for (std::size_t i = 0; i < m; ++i) {
        double norm = 0.0;
#pragma omp simd reduction(+ : norm)
        for (std::size_t j = 0; j < width; ++j) norm += z[i * width + j] * z[i * width + j];
        reach = norm > reach && !(w && w[i] == 0.0) ? norm : reach;
    }
    for (std::size_t a = 0; a < width; a += tile_rows) {
        for (std::size_t i = 0; i < m; ++i) {
#pragma omp simd
            for (std::size_t s = 0; s < tile_rows; ++s) hz[i * tile_rows + s] = h[i] * z[i * width + a + s];
        }
        for (std::size_t b = a / tile_cols * tile_cols; b < width; b += tile_cols) {
            double tile[tile_rows][tile_cols] = {};
            const double *left = hz, *right = z + b;
            for (std::size_t i = 0; i < m; ++i, left += tile_rows, right += width) {
                for (std::size_t s = 0; s < tile_rows; ++s) {
#pragma omp simd
                    for (std::size_t t = 0; t < tile_cols; ++t) tile[s][t] += left[s] * right[t];
                }
            }
            for (std::size_t s = 0; s < tile_rows; ++s) {
#pragma omp simd
                for (std::size_t t = 0; t < tile_cols; ++t) hessian[(a + s) * width + b + t] += tile[s][t];
            }
        }
    }
    return reach;
}

}  // namespace oddsmith
