// Newton's method for small problems, where a step in Python would cost more than its pass. It goes near the optimum and
// no further, and looks at what is there: what is reported of the solution is found from that, in Python.
#pragma once

#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

#include "sweep.hpp"

namespace oddsmith {

// The weighted mean loss plus sum_j curvature_j b_j^2 / 2; without an intercept its coefficient is held.
struct Mean {
    const double* curvature;
    double weight;
    bool intercept;
};

// A line of the trace: as many passes so far, value and decrement there, and the length of the step that led there.
struct NewtonStep {
    double passes, value, decrement, length;
};

struct NewtonRun {
    std::vector<NewtonStep> trace;
    std::size_t passes;
    Sums end;  // of the loss alone, where it ended
};

// d = -H^-1 g by Cholesky on a unit diagonal; false where H is not safely positive definite. Overwrites h.
inline bool newton_direction(double* h, const double* g, std::size_t size, double* d) {
    constexpr double least_pivot = 1e-8;
    std::vector<double> scale(size);
    for (std::size_t j = 0; j < size; ++j) {
        if (!(h[j * size + j] > 1e-290)) return false;  // rows that count for nothing leave more than 0
        scale[j] = 1.0 / std::sqrt(h[j * size + j]);
        d[j] = -g[j] * scale[j];
    }
    for (std::size_t a = 0; a < size; ++a)  // lower triangle, row by row
        for (std::size_t b = 0; b <= a; ++b) {
            double s = h[a * size + b] * scale[a] * scale[b];
            for (std::size_t k = 0; k < b; ++k) s -= h[a * size + k] * h[b * size + k];
            if (a == b && !(s > least_pivot)) return false;
            h[a * size + b] = a == b ? std::sqrt(s) : s / h[b * size + b];
        }
    for (std::size_t a = 0; a < size; ++a) {
        for (std::size_t k = 0; k < a; ++k) d[a] -= h[a * size + k] * d[k];
        d[a] /= h[a * size + a];
    }
    for (std::size_t a = size; a-- > 0;) {
        for (std::size_t k = a + 1; k < size; ++k) d[a] -= h[k * size + a] * d[k];
        d[a] /= h[a * size + a];
    }
    for (std::size_t j = 0; j < size; ++j) d[j] *= scale[j];
    return true;
}

template <class Loss, class T>
double mean_objective(const Dense<T>& x, const View& view, const Rows& rows, const Mean& mean,
                      const std::vector<double>& beta, int order, std::vector<double>& g, std::vector<double>& h,
                      std::size_t threads) {
    const std::size_t size = beta.size();
    std::fill(g.begin(), g.end(), 0.0);
    if (order > 1) std::fill(h.begin(), h.end(), 0.0);
    double value = sweep<Loss>(x, view, rows, beta.data(), order, g.data(), h.data(), threads).value / mean.weight;
    for (std::size_t j = 0; j < size; ++j) {
        value += 0.5 * mean.curvature[j] * beta[j] * beta[j];
        g[j] = g[j] / mean.weight + mean.curvature[j] * beta[j];
        for (std::size_t k = 0; order > 1 && k < size; ++k) h[j * size + k] /= mean.weight;
        if (order > 1) h[j * size + j] += mean.curvature[j];
    }
    if (!mean.intercept) {
        g[0] = 0.0;
        for (std::size_t j = 0; order > 1 && j < size; ++j) h[j] = h[j * size] = j == 0 ? 1.0 : 0.0;
    }
    return value;
}

// Steps until one begins at a relative decrement below goal; that one is taken. Ends before that where H is near singular,
// no step descends, the value falls below `least` or limit passes are made. One pass more adds to gradient and hessian.
template <class Loss, class T>
NewtonRun newton(const Dense<T>& x, const View& view, const Rows& rows, const Mean& mean, double goal, double least,
                 std::size_t limit, double* beta, double* gradient, double* hessian, std::size_t threads) {
    const std::size_t size = 1 + x.cols;
    std::vector<double> at(beta, beta + size), next(size), d(size), g(size), h(size * size);
    std::vector<NewtonStep> trace;
    const auto evaluate = [&](const std::vector<double>& b, int order) {
        return mean_objective<Loss>(x, view, rows, mean, b, order, g, h, threads);
    };
    const auto move = [&](double length) {
        for (std::size_t j = 0; j < size; ++j) next[j] = at[j] + length * d[j];
    };
    double value = evaluate(at, 2), length = 1.0;
    std::size_t passes = 1;
    while (passes < limit && value > least && newton_direction(h.data(), g.data(), size, d.data())) {
        double decrement = 0.0;
        for (std::size_t j = 0; j < size; ++j) decrement -= 0.5 * g[j] * d[j];
        if (!std::isfinite(decrement)) break;
        trace.push_back({static_cast<double>(passes), value, decrement, length});
        move(1.0);
        if (decrement <= goal * std::fabs(value)) {
            at = next;
            break;
        }
        const double allowance = 1e-14 * std::fabs(value);
        const auto descends = [&](double new_value, double t) {
            return new_value <= value - 2e-4 * t * decrement + allowance;
        };
        length = 1.0;
        double tried = evaluate(next, 2);
        ++passes;
        const bool full = descends(tried, 1.0);
        while (!descends(tried, length) && length > 1e-3 && passes < limit) {
            length *= 0.5;
            move(length);
            tried = evaluate(next, 0);
            ++passes;
        }
        if (!descends(tried, length) || (!full && passes >= limit)) break;
        at = next;
        if (!full) {
            tried = evaluate(at, 2);
            ++passes;
        }
        value = tried;
    }
    std::copy(at.begin(), at.end(), beta);
    const auto end = sweep<Loss>(x, view, rows, beta, 2, gradient, hessian, threads);
    return {std::move(trace), passes + 1, end};
}

}  // namespace oddsmith
