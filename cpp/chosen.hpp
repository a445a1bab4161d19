// The pass over some columns of a dense X, which are gathered panel by panel: no copy of them is kept.
#pragma once

#include <cstdint>

#include "sweep.hpp"

namespace oddsmith {

template <class T>
struct Chosen {
    Dense<T> x;
    const std::int64_t* columns;
    std::size_t rows, cols;  // cols: of the columns chosen
};

// [1, (x - centre) / scale] of the columns chosen, row-major, padded with zeros to `width`.
#define ODDSMITH_PANEL_CHOOSE(T)                                                                                    \
    ODDSMITH_CLONES static void panel_choose(const Chosen<T>& x, std::size_t start, std::size_t m, const double* c, \
                                             const double* inverse, std::size_t width, double* z) {                 \
        const bool asks = x.x.row_major() && x.x.cols * sizeof(T) < detail::long_row;                               \
        const std::ptrdiff_t ahead = detail::rows_ahead(x.x.cols * sizeof(T)) * x.x.row_stride;                     \
        for (std::size_t i = 0; i < m; ++i) {                                                                       \
            const T* a = x.x.data + static_cast<std::ptrdiff_t>(start + i) * x.x.row_stride;                        \
            double* row = z + i * width;                                                                            \
            row[0] = 1.0;                                                                                           \
            if (asks) detail::ask_for_row(a + ahead, x.x.cols);                                                     \
            for (std::size_t j = 0; j < x.cols; ++j)                                                               \
                row[1 + j] = (a[x.columns[j] * x.x.col_stride] - c[j]) * inverse[j];                                \
            std::fill(row + 1 + x.cols, row + width, 0.0);                                                         \
        }                                                                                                           \
    }
ODDSMITH_PANEL_CHOOSE(double)
ODDSMITH_PANEL_CHOOSE(float)
#undef ODDSMITH_PANEL_CHOOSE

// eta += Z u, and g += Z'r, for packed rows.
ODDSMITH_CLONES static void packed_eta(const double* z, std::size_t m, std::size_t width, const double* u, double* eta) {
    for (std::size_t i = 0; i < m; ++i) {
        double s = 0.0;
#pragma omp simd reduction(+ : s)
        for (std::size_t j = 0; j < width; ++j) s += z[i * width + j] * u[j];
        eta[i] += s;
    }
}

ODDSMITH_CLONES static void packed_gradient(const double* z, std::size_t m, std::size_t width, const double* r,
                                            double* g) {
    for (std::size_t i = 0; i < m; ++i) {
#pragma omp simd
        for (std::size_t j = 0; j < width; ++j) g[j] += z[i * width + j] * r[i];
    }
}

// As the pass over all columns: order 0: value; 1: and gradient [1 + cols]; 2: and hessian [(1 + cols)^2].
template <class Loss, class T>
Sums sweep(const Chosen<T>& x, const View& view, const Rows& rows, const double* beta, int order, double* gradient,
           double* hessian, std::size_t threads) {
    const std::size_t size = 1 + x.cols, width = (size + tile_cols - 1) / tile_cols * tile_cols;
    const std::size_t panel = panel_rows(width * sizeof(double)), square = order < 2 ? 0 : width * width;
    const std::size_t most = order < 2 ? 256 : std::clamp<std::size_t>((std::size_t{8} << 20) / square, 2, 16);
    const Parts parts(x.rows, std::clamp<std::size_t>((std::size_t{1} << 18) / size, 128, 1024), most);
    threads = std::min(threads, parts.count);

    std::vector<double> inverse(x.cols), u(width);
    for (std::size_t j = 0; j < x.cols; ++j) inverse[j] = 1.0 / view.scale[j];
    std::copy(beta, beta + size, u.begin());
    const std::size_t scratch = panel * (4 + width + tile_rows);
    Buffer scratches(threads * scratch), gradients(parts.count * width), hessians(parts.count * square);
    std::vector<Sums> sums(parts.count);
    in_parallel(parts.count, threads, [&](std::size_t k, std::size_t worker) {
        double *z = scratches.data() + worker * scratch, *hz = z + panel * width;
        double *eta = hz + panel * tile_rows, *v = eta + panel, *r = v + panel, *h = r + panel;
        const std::size_t last = std::min(x.rows, (k + 1) * parts.rows_each);
        for (std::size_t start = k * parts.rows_each; start < last; start += panel) {
            const std::size_t m = std::min(panel, last - start);
            const double* w = rows.weight ? rows.weight + start : nullptr;
            for (std::size_t i = 0; i < m; ++i) eta[i] = rows.offset ? rows.offset[start + i] : 0.0;
            panel_choose(x, start, m, view.centre, inverse.data(), width, z);
            packed_eta(z, m, width, u.data(), eta);
            sums[k].value += Loss::panel(eta, rows.target + start, w, m, v, r, h);
            if (order >= 1) packed_gradient(z, m, width, r, gradients.data() + k * width);
            if (order >= 2)
                sums[k].reach = std::max(sums[k].reach, panel_gram(z, hz, m, width, h, w, hessians.data() + k * square));
        }
    });

    Sums total;
    for (std::size_t k = 0; k < parts.count; ++k) {
        total.value += sums[k].value;
        total.reach = std::max(total.reach, sums[k].reach);
        for (std::size_t j = 0; j < (order >= 1 ? size : 0); ++j) gradient[j] += gradients[k * width + j];
        for (std::size_t a = 0; a < (order >= 2 ? size : 0); ++a)
            for (std::size_t b = a; b < size; ++b) hessian[a * size + b] += hessians[k * square + a * width + b];
    }
    if (order >= 2) mirror(hessian, size);
    return total;
}

}  // namespace oddsmith
