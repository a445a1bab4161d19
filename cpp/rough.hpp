// The Hessian of a loss with products in single precision, in half the time: a metric for steps, never what decides.
#pragma once

#include "sweep.hpp"

namespace oddsmith {

constexpr std::size_t rough_rows = 8, rough_cols = 16;

// H += Z' diag(h) Z, lower triangle of tiles from row `first` on, which is where H begins; of a packed panel. hz is
// scratch of m * rough_rows.
ODDSMITH_CLONES static void rough_gram(const float* z, float* hz, std::size_t m, std::size_t width, const float* h,
                                       std::size_t first, float* hessian) {
    first = first / rough_rows * rough_rows;
    for (std::size_t a = first; a < width; a += rough_rows) {
        for (std::size_t i = 0; i < m; ++i) {
#pragma omp simd
            for (std::size_t s = 0; s < rough_rows; ++s) hz[i * rough_rows + s] = h[i] * z[i * width + a + s];
        }
        for (std::size_t b = 0; b <= a; b += rough_cols) {
            float tile[rough_rows][rough_cols] = {};
            const float *left = hz, *right = z + b;
            for (std::size_t i = 0; i < m; ++i, left += rough_rows, right += width) {
                for (std::size_t s = 0; s < rough_rows; ++s) {
#pragma omp simd
                    for (std::size_t t = 0; t < rough_cols; ++t) tile[s][t] += left[s] * right[t];
                }
            }
            for (std::size_t s = 0; s < rough_rows; ++s) {
#pragma omp simd
                for (std::size_t t = 0; t < rough_cols; ++t) hessian[(a - first + s) * width + b + t] += tile[s][t];
            }
        }
    }
}

// Z = [1, (x - centre) / scale] in single precision, row-major, its rows padded with zeros to `width`.
#define ODDSMITH_ROUGH_PACK(T)                                                                                     \
    ODDSMITH_CLONES static void rough_pack(const Dense<T>& x, std::size_t start, std::size_t m, const double* c,  \
                                           const double* inverse, std::size_t width, float* z) {                  \
        for (std::size_t i = 0; i < m; ++i) {                                                                        \
            z[i * width] = 1.0f;                                                                                     \
            std::fill(z + i * width + 1 + x.cols, z + (i + 1) * width, 0.0f);                                        \
        }                                                                                                            \
        const auto row = static_cast<std::size_t>(x.row_stride), col = static_cast<std::size_t>(x.col_stride);       \
        const std::size_t step = x.row_major() ? x.cols : 16;                                      \
        for (std::size_t first = 0; first < x.cols; first += step)                                                   \
            for (std::size_t i = 0; i < m; ++i) {                                                                    \
                const T* a = x.data + (start + i) * row;                                                             \
                float* to = z + i * width + 1;                                                                       \
                for (std::size_t j = first; j < std::min(x.cols, first + step); ++j)                                 \
                    to[j] = static_cast<float>((a[j * col] - c[j]) * inverse[j]);                                    \
            }                                                                                                        \
    }
ODDSMITH_ROUGH_PACK(double)
ODDSMITH_ROUGH_PACK(float)
#undef ODDSMITH_ROUGH_PACK

// Fills hessian [(1 + p)^2], in standardised columns, intercept first; but for its first rows and columns, if asked.
template <class Loss, class T>
void rough_hessian(const Dense<T>& x, const View& view, const Rows& rows, const double* beta, std::size_t known,
                   float* hessian, std::size_t threads) {
    const std::size_t p = x.cols, size = 1 + p, width = (size + rough_cols - 1) / rough_cols * rough_cols;
    const std::size_t panel = std::clamp<std::size_t>((std::size_t{1} << 17) / width / 64 * 64, 64, 256);
    const std::size_t square = (width - known / rough_rows * rough_rows) * width;  // of the rows that are asked for
    const std::size_t most = std::clamp<std::size_t>((std::size_t{1} << 20) / square, 2, 8);
    const Parts parts(x.rows, 500, most);
    threads = std::min(threads, parts.count);
    std::vector<double> u(p), inverse(p);
    for (std::size_t j = 0; j < p; ++j) inverse[j] = 1.0 / view.scale[j], u[j] = beta[1 + j] * inverse[j];

    using Floats = std::vector<float, LineAllocator<float>>;
    Floats hessians(parts.count * square), singles(threads * panel * (width + rough_rows + 1));
    Buffer doubles(threads * panel * 4);
    in_parallel(parts.count, threads, [&](std::size_t k, std::size_t worker) {
        double *eta = doubles.data() + worker * panel * 4, *v = eta + panel, *r = v + panel, *h = r + panel;
        float* fz = singles.data() + worker * panel * (width + rough_rows + 1);
        float *hz = fz + panel * width, *fh = hz + panel * rough_rows;
        const std::size_t last = std::min(x.rows, (k + 1) * parts.rows_each);
        for (std::size_t start = k * parts.rows_each; start < last; start += panel) {
            const std::size_t m = std::min(panel, last - start);
            for (std::size_t i = 0; i < m; ++i) eta[i] = beta[0] + (rows.offset ? rows.offset[start + i] : 0.0);
            panel_eta(x, start, m, view.centre, u.data(), eta);
            Loss::panel(eta, rows.target + start, rows.weight ? rows.weight + start : nullptr, m, v, r, h);
            rough_pack(x, start, m, view.centre, inverse.data(), width, fz);
            for (std::size_t i = 0; i < m; ++i) fh[i] = static_cast<float>(h[i]);
            rough_gram(fz, hz, m, width, fh, known, hessians.data() + k * square);
        }
    });
    const float* lower = hessians.data() - known / rough_rows * rough_rows * width;
    constexpr std::size_t tile = 32;  // what is written across lies far apart
    in_parallel((size - known + tile - 1) / tile, threads, [&](std::size_t strip, std::size_t) {
        const std::size_t a = known + strip * tile;
        for (std::size_t b = 0; b < std::min(size, a + tile); b += tile)
            for (std::size_t i = a; i < std::min(size, a + tile); ++i)
                for (std::size_t j = b; j < std::min(i + 1, b + tile); ++j) {
                    double sum = 0.0;
                    for (std::size_t k = 0; k < parts.count; ++k) sum += lower[k * square + i * width + j];
                    hessian[i * size + j] = hessian[j * size + i] = static_cast<float>(sum);
                }
    });
}

}  // namespace oddsmith
