// One pass over a block: parts of rows, panels within a part, partial sums added in the order of the parts.
// How the rows are cut depends on the data's shape alone, so any number of threads gives the same bits.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <system_error>
#include <thread>
#include <vector>

#include "panels.hpp"

namespace oddsmith {

// Calls work(part, worker) for 0 <= part < parts, worker < threads. std::thread and not a pool: safe after fork.
template <class Work>
void in_parallel(std::size_t parts, std::size_t threads, Work&& work) {
    std::atomic<std::size_t> next{0};
    const auto loop = [&](std::size_t worker) {
        for (std::size_t k = next++; k < parts; k = next++) work(k, worker);
    };
    std::vector<std::thread> others;
    others.reserve(threads);
    for (std::size_t worker = 1; worker < std::min(threads, parts); ++worker) {
        try {
            others.emplace_back(loop, worker);
        } catch (const std::system_error&) {
            break;  // the machine has no more threads to give: those that run share the parts
        }
    }
    loop(0);
    for (auto& thread : others) thread.join();
}

struct Parts {
    std::size_t count, rows_each;
    Parts(std::size_t rows, std::size_t at_least, std::size_t at_most) {
        count = std::clamp<std::size_t>(rows / at_least, 1, at_most);
        rows_each = (rows + count - 1) / count;
        rows_each = std::max<std::size_t>(1, (rows_each + 63) / 64) * 64;
        count = std::max<std::size_t>(1, (rows + rows_each - 1) / rows_each);
    }
};

inline std::size_t panel_rows(std::size_t bytes_per_row) {
    if (bytes_per_row > 8192) return std::clamp<std::size_t>((std::size_t{1} << 20) / bytes_per_row / 8 * 8, 8, 128);
    return std::clamp<std::size_t>((std::size_t{1} << 16) / bytes_per_row / 64 * 64, 64, 512);
}

// Of a pass that reads a panel only twice: it stays in the smallest cache, and the next one is asked for just in time.
inline std::size_t twice_read_rows(std::size_t bytes_per_row) {
    const std::size_t least = bytes_per_row < detail::long_row ? 8 : 4;
    return std::clamp<std::size_t>((std::size_t{1} << 14) / bytes_per_row / 8 * 8, least, 512);
}

constexpr std::size_t few_rows = 512;  // in one stretch of a column

// What a pass brings up. gradient: [1 + p]; hessian: [(1 + p)^2], both in standardised columns, intercept first.
struct Sums {
    double value = 0.0, reach = 0.0;
};

struct Rows {
    const double *target, *weight, *offset;  // weight and offset may be null
};

struct View {
    const double *centre, *scale;  // z = (x - centre) / scale
};

// Completes a symmetric matrix of which the upper triangle is known, a tile at a time: columns are read far apart.
template <class Real>
void mirror(Real* matrix, std::size_t size) {
    constexpr std::size_t tile = 32;
    for (std::size_t first = 0; first < size; first += tile)
        for (std::size_t across = 0; across <= first; across += tile)
            for (std::size_t a = first; a < std::min(size, first + tile); ++a)
                for (std::size_t b = across; b < std::min(a, across + tile); ++b)
                    matrix[a * size + b] = matrix[b * size + a];
}

// Whether there is a coefficient: at the null model eta is known without reading a row.
inline bool any_slope(const std::vector<double>& u) {
    return std::any_of(u.begin(), u.end(), [](double slope) { return slope != 0.0; });
}

// One part: its panels in order, each read twice while it is in cache. u may be null, where all slopes are 0.
template <class Loss, class T>
Sums sweep_part(const Dense<T>& x, const View& view, const Rows& rows, const double* u, const double* inverse,
                double intercept, std::size_t first, std::size_t last, std::size_t panel, std::size_t width,
                double* scratch, double* gradient, double* hessian) {
    double *eta = scratch, *v = eta + panel, *r = v + panel, *h = r + panel;
    double *z = h + panel, *hz = z + panel * width;
    Sums sums;
    for (std::size_t start = first; start < last; start += panel) {
        const std::size_t m = std::min(panel, last - start);
        for (std::size_t i = 0; i < m; ++i) eta[i] = intercept + (rows.offset ? rows.offset[start + i] : 0.0);
        if (u) panel_eta(x, start, m, view.centre, u, eta);
        sums.value += Loss::panel(eta, rows.target + start, rows.weight ? rows.weight + start : nullptr, m, v, r, h);
        if (gradient) {
            gradient[0] += panel_sum(r, m);
            panel_gradient(x, start, m, view.centre, r, gradient + 1);
        }
        if (hessian) {
            panel_pack(x, start, m, view.centre, inverse, width, z);
            const double* w = rows.weight ? rows.weight + start : nullptr;
            sums.reach = std::max(sums.reach, panel_gram(z, hz, m, width, h, w, hessian));
        }
    }
    return sums;
}

// order 0: value; 1: and gradient; 2: and Hessian. The outputs are added to, so they come in zeroed.
template <class Loss, class T>
Sums sweep(const Dense<T>& x, const View& view, const Rows& rows, const double* beta, int order, double* gradient,
           double* hessian, std::size_t threads) {
    const std::size_t p = x.cols, size = 1 + p;
    const std::size_t width = order < 2 ? 0 : (size + tile_cols - 1) / tile_cols * tile_cols;
    const std::size_t row_bytes = std::max<std::size_t>(1, p) * sizeof(T);
    const std::size_t in_cache = order < 2 && x.row_major() ? twice_read_rows(row_bytes) : panel_rows(row_bytes);
    // of many columns, each by itself, a few rows lie too far apart: rather a long stretch of each, read twice
    const bool long_stretches = order < 2 && !x.row_major() && in_cache < few_rows;
    const std::size_t panel = long_stretches ? few_rows : in_cache;
    // each part of an order-2 pass keeps a Hessian: as many parts as 64 MiB hold, but always two for two threads
    const std::size_t most = order < 2 ? 256 : std::clamp<std::size_t>((std::size_t{8} << 20) / (width * width), 2, 16);
    // a part is worth a thread by its work: the longer its rows, the fewer; but adding Hessians up is work as well
    const std::size_t least = order < 2      ? std::clamp<std::size_t>((std::size_t{1} << 20) / size, 128, 1024)
                              : size < 1000 ? 500
                                            : std::clamp<std::size_t>(x.rows / 2, 500, 1000);
    const Parts parts(x.rows, long_stretches ? few_rows : least, most);
    threads = std::min(threads, parts.count);

    std::vector<double> u(p), inverse(p);
    for (std::size_t j = 0; j < p; ++j) {
        inverse[j] = 1.0 / view.scale[j];
        u[j] = beta[1 + j] * inverse[j];
    }
    const bool any = any_slope(u);
    const std::size_t scratch = panel * (4 + 2 * width);
    Buffer scratches(threads * scratch);
    std::vector<double> gradients(order >= 1 ? parts.count * size : 0);
    Buffer hessians(order >= 2 ? parts.count * width * width : 0);
    std::vector<Sums> sums(parts.count);
    in_parallel(parts.count, threads, [&](std::size_t k, std::size_t worker) {
        sums[k] = sweep_part<Loss>(x, view, rows, any ? u.data() : nullptr, inverse.data(), beta[0], k * parts.rows_each,
                                   std::min(x.rows, (k + 1) * parts.rows_each), panel, width,
                                   scratches.data() + worker * scratch,
                                   order >= 1 ? gradients.data() + k * size : nullptr,
                                   order >= 2 ? hessians.data() + k * width * width : nullptr);
    });

    Sums total;
    for (std::size_t k = 0; k < parts.count; ++k) {
        total.value += sums[k].value;
        total.reach = std::max(total.reach, sums[k].reach);
        for (std::size_t j = 0; j < (order >= 1 ? size : 0); ++j) gradient[j] += gradients[k * size + j];
    }
    in_parallel(order >= 2 ? size : 0, size < 256 ? 1 : threads, [&](std::size_t a, std::size_t) {
        for (std::size_t k = 0; k < parts.count; ++k)
            for (std::size_t b = a; b < size; ++b) hessian[a * size + b] += hessians[(k * width + a) * width + b];
    });
    for (std::size_t j = 0; j < (order >= 1 ? p : 0); ++j) gradient[1 + j] *= inverse[j];
    if (order >= 2) mirror(hessian, size);
    return total;
}

}  // namespace oddsmith
