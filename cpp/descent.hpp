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
    [[maybe_unused]] ODDSMITH_CLONES static void add_multiple(const From* row, double length, std::size_t m,       \
                                                              To* sum) {                                            \
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

// What some sweeps in a row have led to tells where they go: the combination of them, its weights adding up to 1, whose
// last changes cancel best. The gradient is affine, so it is combined alike. Taken where the objective falls by it
// (Bertrand and Massias, 2021, Anderson acceleration of coordinate descent).
template <class T>
class Extrapolation {
   public:
    static constexpr std::size_t depth = 5;
    explicit Extrapolation(const Quadratic<T>& q) : q(q) {}
    void forget() { kept = 0; }

    // After each sweep over the coefficients chosen.
    void look(const std::vector<std::size_t>& chosen, double* gradient, double* step) {
        if (chosen.size() <= depth) return;
        steps.resize((depth + 1) * q.size), gradients.resize((depth + 1) * q.size);
        std::copy(step, step + q.size, steps.data() + kept * q.size);
        std::copy(gradient, gradient + q.size, gradients.data() + kept * q.size);
        if (kept++ < depth) return;
        kept = 0;
        double weights[depth];
        if (!combine(chosen, weights)) return;
        end.assign(step, step + q.size), slope.assign(q.size, 0.0);
        for (const std::size_t j : chosen) end[j] = 0.0;
        for (std::size_t k = 0; k < depth; ++k) {
            const double *to = steps.data() + (k + 1) * q.size, *there = gradients.data() + (k + 1) * q.size;
            for (const std::size_t j : chosen) end[j] += weights[k] * to[j];
            for (std::size_t j = 0; j < q.size; ++j) slope[j] += weights[k] * there[j];
        }
        double change = 0.0;
        for (const std::size_t j : chosen) {
            const double from = q.start[j] + step[j], to = q.start[j] + end[j];
            change += 0.5 * ((end[j] - step[j]) * (gradient[j] + slope[j]) + q.curvature[j] * (to * to - from * from)) +
                      q.thresholds[j] * (std::fabs(to) - std::fabs(from));
        }
        if (!(change < 0.0)) return;
        std::copy(end.begin(), end.end(), step);
        std::copy(slope.begin(), slope.end(), gradient);
    }

   private:
    // The weights: G z = 1, scaled to add up to 1, for the products G of the changes, whose diagonal is lifted a little.
    bool combine(const std::vector<std::size_t>& chosen, double* z) const {
        double g[depth][depth] = {}, total = 0.0;
        for (std::size_t a = 0; a < depth; ++a)
            for (std::size_t b = 0; b <= a; ++b) {
                const double *one = steps.data() + a * q.size, *other = steps.data() + b * q.size;
                for (const std::size_t j : chosen) g[a][b] += (one[q.size + j] - one[j]) * (other[q.size + j] - other[j]);
            }
        for (std::size_t a = 0; a < depth; ++a) total += g[a][a];
        for (std::size_t a = 0; a < depth; ++a) {
            g[a][a] += 1e-10 * total;
            for (std::size_t b = 0; b <= a; ++b) {
                for (std::size_t c = 0; c < b; ++c) g[a][b] -= g[a][c] * g[b][c];
                if (b == a && !(g[a][a] > 0.0)) return false;
                g[a][b] = b == a ? std::sqrt(g[a][a]) : g[a][b] / g[b][b];
            }
            z[a] = 1.0;
            for (std::size_t c = 0; c < a; ++c) z[a] -= g[a][c] * z[c];
            z[a] /= g[a][a];
        }
        double sum = 0.0;
        for (std::size_t a = depth; a-- > 0; sum += z[a]) {
            for (std::size_t c = a + 1; c < depth; ++c) z[a] -= g[c][a] * z[c];
            z[a] /= g[a][a];
        }
        for (std::size_t a = 0; a < depth; ++a) z[a] /= sum;
        return std::isfinite(1.0 / sum);
    }

    const Quadratic<T>& q;
    std::size_t kept = 0;
    std::vector<double> steps, gradients, end, slope;
};

// All coefficients, then those that are not 0 until their violation is at most `target`, then all again; until a sweep
// over all finds nothing larger. Begins at `step`, where the quadratic's gradient is `gradient`. Returns the sweeps.
template <class T>
std::size_t descend(const Quadratic<T>& q, double target, std::size_t limit, double* gradient, double* step) {
    std::vector<std::size_t> all(q.size), active;
    for (std::size_t j = 0; j < q.size; ++j) all[j] = j;
    Extrapolation<T> extrapolation(q);
    std::size_t sweeps = 0;
    while (sweeps < limit) {
        ++sweeps;
        if (sweep(q, all, gradient, step) <= target) break;
        active.clear();
        for (const std::size_t j : all)
            if (q.start[j] + step[j] != 0.0) active.push_back(j);
        extrapolation.forget();
        while (sweeps < limit) {
            ++sweeps;
            if (sweep(q, active, gradient, step) <= target) break;
            extrapolation.look(active, gradient, step);
        }
    }
    return sweeps;
}

}  // namespace oddsmith
