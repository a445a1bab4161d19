// One pass with several outputs: softmax of K classes, or K classes each against the rest, which share the panels.
#pragma once

#include "outputs.hpp"
#include "sweep.hpp"

namespace oddsmith {
namespace detail {

// log(1 + x) for x >= 0. Beyond 1, by the exponent of 1 + x: its fraction is exact.
ODDSMITH_INLINE double log1p_positive(double x) {
    const double t = 1.0 + x;
    const auto bits = std::bit_cast<std::uint64_t>(t);
    const double k = std::bit_cast<double>((bits >> 52) | 0x4330000000000000u) - (0x1p52 + 1023.0);
    const double f = std::bit_cast<double>((bits & 0x000fffffffffffffu) | 0x3ff0000000000000u) - 1.0;
    return log1p_unit(k > 0.0 ? f : x) + k * 0x1.62e42fefa39efp-1;
}

}  // namespace detail

// Softmax cross-entropy of rows with scores s[k][i] (stride m), class y[i]: fills value[i] and r[k][i] = q_k - [y = k],
// s[k][i] being left as q_k. With m_others = sum over k != top of exp(s_k - s_top), value = log(1 + m_others) + s_top - s_y,
// and q_y - 1 = -sum over k != y of q_k: no cancellation. top, best and others are scratch of m entries.
ODDSMITH_CLONES static void softmax_panel(double* s, const double* y, const double* w, std::size_t rows,
                                          std::size_t classes, std::size_t m, double* scratch, double* value,
                                          double* r) {
    double *top = scratch, *best = top + m, *others = best + m, *own = others + m;
    for (std::size_t i = 0; i < rows; ++i) top[i] = s[i], best[i] = others[i] = own[i] = value[i] = 0.0;
    for (std::size_t k = 0; k < classes; ++k) {
        const double* a = s + k * m;
        const double label = static_cast<double>(k);
#pragma omp simd
        for (std::size_t i = 0; i < rows; ++i) {
            best[i] = a[i] > top[i] ? label : best[i];
            top[i] = a[i] > top[i] ? a[i] : top[i];
            own[i] = y[i] == label ? a[i] : own[i];
            value[i] += a[i] - a[i];  // 0, but NaN where a score is not finite: it must not be hidden
        }
    }
    for (std::size_t k = 0; k < classes; ++k) {
        double* a = s + k * m;
        const double label = static_cast<double>(k);
#pragma omp simd
        for (std::size_t i = 0; i < rows; ++i) {
            const double e = exp_negative(top[i] - a[i]);
            others[i] += best[i] == label ? 0.0 : e;
            a[i] = e;
        }
    }
#pragma omp simd
    for (std::size_t i = 0; i < rows; ++i) {
        const double weight = w ? w[i] : 1.0;
        const double poison = value[i];
        value[i] = weight * (detail::log1p_positive(others[i]) + (top[i] - own[i]) + poison);
        others[i] = 1.0 / (1.0 + others[i]) + poison;
        own[i] = 0.0;
    }
    for (std::size_t k = 0; k < classes; ++k) {
        double *a = s + k * m, *b = r + k * m;
        const double label = static_cast<double>(k);
#pragma omp simd
        for (std::size_t i = 0; i < rows; ++i) {
            a[i] *= others[i];
            own[i] += y[i] == label ? 0.0 : a[i];
        }
#pragma omp simd
        for (std::size_t i = 0; i < rows; ++i) b[i] = a[i];
    }
    for (std::size_t k = 0; k < classes; ++k) {
        double* b = r + k * m;
        const double label = static_cast<double>(k);
#pragma omp simd
        for (std::size_t i = 0; i < rows; ++i) b[i] = (w ? w[i] : 1.0) * (y[i] == label ? -own[i] : b[i]);
    }
}

// h = w Q'(diag(q) - qq')Q, row by row, the lower triangle: (0, 0), (1, 0), (1, 1), ... Formed about the mean of Q under
// q, so that it is never negative. contrasts: Q, [classes][outputs]; root: scratch of classes * outputs lanes.
ODDSMITH_CLONES static void softmax_curvature(const double* q, const double* contrasts, std::size_t outputs,
                                              const double* w, std::size_t rows, std::size_t classes, std::size_t m,
                                              double* root, double* h) {
    for (std::size_t i = 0; i < rows; i += lanes) {
        const std::size_t filled = std::min(lanes, rows - i);
        for (std::size_t j = 0; j < outputs; ++j) {
            double mean[lanes] = {};
            for (std::size_t c = 0; c < classes; ++c)
                for (std::size_t l = 0; l < lanes; ++l) mean[l] += q[c * m + i + l] * contrasts[c * outputs + j];
            for (std::size_t c = 0; c < classes; ++c)
                for (std::size_t l = 0; l < lanes; ++l)
                    root[(j * classes + c) * lanes + l] = contrasts[c * outputs + j] - mean[l];
        }
        double* out = h + i;
        for (std::size_t j = 0; j < outputs; ++j) {
            for (std::size_t k = 0; k <= j; ++k, out += m) {
                double sum[lanes] = {};
                const double *a = root + j * classes * lanes, *b = root + k * classes * lanes;
                for (std::size_t c = 0; c < classes; ++c)
                    for (std::size_t l = 0; l < lanes; ++l)
                        sum[l] += q[c * m + i + l] * a[c * lanes + l] * b[c * lanes + l];
                for (std::size_t l = 0; l < filled; ++l) out[l] = w ? w[i + l] * sum[l] : sum[l];
            }
        }
    }
}

// The losses, as the pass sees them. `scores`: predictors of a row; `curvatures`: weights of its row Hessian; `values`.
struct Softmax {
    const double* contrasts;
    std::size_t classes, outputs;
    std::size_t scores() const { return classes; }
    std::size_t curvatures() const { return outputs * (outputs + 1) / 2; }
    std::size_t values() const { return 1; }
    std::size_t scratch(std::size_t m) const { return 5 * m + classes * outputs * lanes; }
    void panel(double* s, const double* y, const double* w, std::size_t rows, std::size_t m, double* scratch,
               double* sums, double* r, double* h) const {
        double* value = scratch + 4 * m;
        softmax_panel(s, y, w, rows, classes, m, scratch, value, r);
        for (std::size_t i = 0; i < rows; ++i) sums[0] += value[i];
        if (h) softmax_curvature(s, contrasts, outputs, w, rows, classes, m, scratch + 5 * m, h);
    }
};

struct OneVsRest {
    const double* chosen;  // the class of each output
    std::size_t count;
    std::size_t scores() const { return count; }
    std::size_t curvatures() const { return count; }
    std::size_t values() const { return count; }
    std::size_t scratch(std::size_t m) const { return 3 * m; }
    void panel(double* s, const double* y, const double* w, std::size_t rows, std::size_t m, double* scratch,
               double* sums, double* r, double* h) const {
        double *own = scratch, *value = own + m, *spare = value + m;
        for (std::size_t k = 0; k < count; ++k) {
            for (std::size_t i = 0; i < rows; ++i) own[i] = y[i] == chosen[k] ? 1.0 : 0.0;
            sums[k] += logistic_panel(s + k * m, own, w, rows, value, r + k * m, h ? h + k * m : spare);
        }
    }
};

// What a pass over several outputs is given and fills. beta, gradient: [scores][1 + p]; hessian: [curvatures][(1 + p)^2];
// value: [values]. All in standardised columns, intercept first; gradient and hessian may be null.
struct Outputs {
    const double* beta;
    double *value, *gradient, *hessian;
};

// Where a worker keeps a panel.
struct Bench {
    std::size_t panel, width;
    Buffer z, hz, turned, s, r, h, scratch;

    template <class Loss>
    Bench(const Loss& loss, std::size_t panel, std::size_t width, bool curved)
        : panel(panel), width(width), z(panel * width), hz(curved ? panel * tile_rows : 0), turned(lanes * width),
          s(panel * loss.scores()), r(panel * loss.scores()), h(curved ? panel * loss.curvatures() : 0),
          scratch(loss.scratch(panel)) {}
};

// One part. gradient: [scores][width]; hessian: [curvatures][width^2], upper triangles. Returns the reach.
template <class Loss, class T>
double sweep_part(const Dense<T>& x, const View& view, const Rows& rows, const Loss& loss, const double* u,
                  const double* inverse, std::size_t first, std::size_t last, Bench& bench, double* value,
                  double* gradient, double* hessian) {
    const std::size_t outputs = loss.scores(), m = bench.panel, width = bench.width;
    double *z = bench.z.data(), *s = bench.s.data(), *r = bench.r.data(), *h = hessian ? bench.h.data() : nullptr;
    double reach = 0.0;
    for (std::size_t start = first; start < last; start += m) {
        const std::size_t count = std::min(m, last - start), padded = (count + lanes - 1) / lanes * lanes;
        const double* w = rows.weight ? rows.weight + start : nullptr;
        panel_pack(x, start, count, view.centre, inverse, width, z);
        std::fill(z + count * width, z + padded * width, 0.0);
        for (std::size_t k = 0; k < outputs; ++k)
            for (std::size_t i = 0; i < padded; ++i)
                s[k * m + i] = rows.offset && i < count ? rows.offset[start + i] : 0.0;
        for (std::size_t i = 0; i < padded; i += lanes) {
            fetch_rows(x, start + m + i, std::min(start + m + i + lanes, last));
            panel_scores(z + i * width, 1 + x.cols, width, u, outputs, m, bench.turned.data(), s + i);
        }
        loss.panel(s, rows.target + start, w, count, m, bench.scratch.data(), value, r, h);
        if (gradient) panel_products(z, count, width, r, outputs, m, gradient);
        for (std::size_t k = 0; hessian && k < loss.curvatures(); ++k)
            reach = std::max(reach, panel_gram(z, bench.hz.data(), count, width, h + k * m, w,
                                               hessian + k * width * width));
    }
    return reach;
}

// order 0: values; 1: and gradients; 2: and Hessians. What is filled is added to, so it comes in zeroed. Returns the
// reach.
template <class Loss, class T>
double sweep_outputs(const Dense<T>& x, const View& view, const Rows& rows, const Loss& loss, const Outputs& out,
                     std::size_t threads) {
    const std::size_t p = x.cols, size = 1 + p, outputs = loss.scores();
    const std::size_t width = (size + tile_cols - 1) / tile_cols * tile_cols;
    const std::size_t pairs = out.hessian ? loss.curvatures() : 0, slopes = out.gradient ? outputs * width : 0;
    const std::size_t bytes = (width + 2 * outputs + pairs) * sizeof(double);  // of a row on the bench
    const std::size_t panel = std::clamp<std::size_t>((std::size_t{1} << 18) / bytes / lanes * lanes, lanes, 512);
    // each part of an order-2 pass keeps its Hessians: as many parts as 64 MiB hold, but always two for two threads
    const std::size_t most = pairs ? std::clamp<std::size_t>((std::size_t{8} << 20) / (pairs * width * width), 2, 16) : 64;
    const Parts parts(x.rows, 1024, most);
    threads = std::min(threads, parts.count);

    std::vector<double> inverse(p), u(size * outputs);
    for (std::size_t j = 0; j < p; ++j) inverse[j] = 1.0 / view.scale[j];
    for (std::size_t j = 0; j < size; ++j)
        for (std::size_t k = 0; k < outputs; ++k) u[j * outputs + k] = out.beta[k * size + j];
    std::vector<Bench> benches(threads, Bench(loss, panel, width, pairs > 0));
    std::vector<double> values(parts.count * loss.values()), reach(parts.count);
    Buffer gradients(parts.count * slopes), hessians(parts.count * pairs * width * width);
    in_parallel(parts.count, threads, [&](std::size_t k, std::size_t worker) {
        reach[k] = sweep_part(x, view, rows, loss, u.data(), inverse.data(), k * parts.rows_each,
                              std::min(x.rows, (k + 1) * parts.rows_each), benches[worker],
                              values.data() + k * loss.values(), slopes ? gradients.data() + k * slopes : nullptr,
                              pairs ? hessians.data() + k * pairs * width * width : nullptr);
    });

    for (std::size_t part = 0; part < parts.count; ++part) {
        for (std::size_t k = 0; k < loss.values(); ++k) out.value[k] += values[part * loss.values() + k];
        for (std::size_t k = 0; slopes && k < outputs; ++k)
            for (std::size_t j = 0; j < size; ++j)
                out.gradient[k * size + j] += gradients[part * slopes + k * width + j];
        for (std::size_t k = 0; k < pairs; ++k)
            for (std::size_t a = 0; a < size; ++a)
                for (std::size_t b = a; b < size; ++b)
                    out.hessian[(k * size + a) * size + b] += hessians[((part * pairs + k) * width + a) * width + b];
    }
    for (std::size_t k = 0; k < pairs; ++k)
        for (std::size_t a = 0; a < size; ++a)
            for (std::size_t b = 0; b < a; ++b)
                out.hessian[(k * size + a) * size + b] = out.hessian[(k * size + b) * size + a];
    return *std::max_element(reach.begin(), reach.end());
}

}  // namespace oddsmith
