// Coordinate descent: one coefficient after another is put where the objective is least along it; and what corrects the
// quadratic that it works on.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "sweep.hpp"

namespace oddsmith {

// Minimised over d: g'd + d'Hd / 2 + sum of thresholds_j |b_j + d_j| + curvature_j (b_j + d_j)^2 / 2, with b = start.
// H may be held in single precision, which is half as much to read.
template <class T>
struct Quadratic {
    const T* hessian;
    const double *thresholds, *curvature, *start;
    std::size_t size;
};

#define ODDSMITH_ADD_MULTIPLE(From, To)                                                                            \
    ODDSMITH_CLONES static void add_multiple(const From* row, double length, std::size_t m, To* sum) {            \
        const To by = static_cast<To>(length);                                                                    \
        _Pragma("omp simd") for (std::size_t k = 0; k < m; ++k) sum[k] += static_cast<To>(row[k]) * by;           \
    }
ODDSMITH_ADD_MULTIPLE(double, double)
ODDSMITH_ADD_MULTIPLE(float, double)
ODDSMITH_ADD_MULTIPLE(double, float)
ODDSMITH_ADD_MULTIPLE(float, float)
#undef ODDSMITH_ADD_MULTIPLE

// hessian += left'right, whose rows are few.
template <class T>
void add_products(T* hessian, const double* left, const double* right, std::size_t count, std::size_t size,
                  std::size_t threads) {
    const Parts parts(size, 64, 64);
    in_parallel(parts.count, threads, [&](std::size_t part, std::size_t) {
        for (std::size_t a = part * parts.rows_each; a < std::min(size, (part + 1) * parts.rows_each); ++a)
            for (std::size_t k = 0; k < count; ++k)
                add_multiple(right + k * size, left[k * size + a], size, hessian + a * size);
    });
}

// How far a slope is from what a threshold allows it where the coefficient is b.
inline double violation(double b, double slope, double threshold) {
    return b != 0.0 ? std::fabs(slope + std::copysign(threshold, b)) : std::max(std::fabs(slope) - threshold, 0.0);
}

// One sweep; the largest violation that it met. A coefficient without curvature stays where it is.
template <class T>
double sweep(const Quadratic<T>& q, const std::vector<std::size_t>& chosen, double* gradient, double* step) {
    double worst = 0.0;
    for (const std::size_t j : chosen) {
        const T* row = q.hessian + j * q.size;
        const double b = q.start[j] + step[j], bend = row[j] + q.curvature[j], t = q.thresholds[j];
        const double slope = gradient[j] + q.curvature[j] * b;
        const double size = violation(b, slope, t);
        worst = std::max(worst, size);
        if (size == 0.0 || !(bend > 0.0)) continue;
        const double free = bend * b - slope;
        const double next = std::copysign(std::max(std::fabs(free) - t, 0.0) / bend, free);
        add_multiple(row, next - b, q.size, gradient);
        step[j] = next - q.start[j];
    }
    return worst;
}

// All coefficients, then those that are not 0 until their violation is at most `target`, then all again; until a sweep
// over all finds nothing larger. Begins at `step`, where the quadratic's gradient is `gradient`. Returns the sweeps.
template <class T>
std::size_t descend(const Quadratic<T>& q, double target, std::size_t limit, double* gradient, double* step) {
    std::vector<std::size_t> all(q.size), active;
    for (std::size_t j = 0; j < q.size; ++j) all[j] = j;
    std::size_t sweeps = 0;
    while (sweeps < limit) {
        ++sweeps;
        if (sweep(q, all, gradient, step) <= target) break;
        active.clear();
        for (const std::size_t j : all)
            if (q.start[j] + step[j] != 0.0) active.push_back(j);
        while (sweeps < limit) {
            ++sweeps;
            if (sweep(q, active, gradient, step) <= target) break;
        }
    }
    return sweeps;
}

}  // namespace oddsmith
