// The quadratic models of several problems on the same rows: each has a Hessian of its own, in single precision, of which
// the intercept is eliminated.
#pragma once

#include "descent.hpp"

namespace oddsmith {

// out [size][size] = share * (the sum of some of the parts) - across border'; the parts are [room][room].
inline void reduced_hessian(const float* parts, std::size_t room, const std::int64_t* chosen, std::size_t count,
                            double share, const double* across, const double* border, std::size_t size, float* out) {
    std::vector<float> right(border, border + size);
    for (std::size_t a = 0; a < size; ++a) {
        float* row = out + a * size;
        for (std::size_t k = 0; k < count; ++k) {
            const float* part = parts + (static_cast<std::size_t>(chosen[k]) * room + a) * room;
            if (k == 0) std::copy(part, part + size, row);
            else add_multiple(part, 1.0, size, row);
        }
        const auto by = static_cast<float>(share), left = static_cast<float>(across[a]);
        for (std::size_t b = 0; b < size; ++b) row[b] = row[b] * by - left * right[b];
    }
}

// The steps to the minima of the models. All but `hessians`, `mass` and those of one number a problem: [count][size].
struct Models {
    const float* const* hessians;
    const double *across, *mass;  // what the intercept takes along when it is eliminated, and its own curvature
    const double *slopes, *start;  // of the loss, in the columns and in the intercept
    const double *beta, *thresholds, *curvature;
    double *step, *image, *first, *fall;  // of columns; what the Hessian makes of it; of the intercept; of the model
    std::size_t count, size;
};

// Each violation is brought down to a share of what it is at the beginning. step comes in as zeros.
inline void model_steps(const Models& m, double accuracy, std::size_t limit, std::size_t threads) {
    in_parallel(m.count, threads, [&](std::size_t k, std::size_t) {
        const std::size_t at = k * m.size;
        const double *b = m.beta + at, *t = m.thresholds + at, *c = m.curvature + at, *across = m.across + at;
        double *step = m.step + at, *image = m.image + at, worst = 0.0;
        std::vector<double> before(m.size);
        for (std::size_t j = 0; j < m.size; ++j) {
            image[j] = before[j] = m.slopes[at + j] - across[j] * m.start[k];
            worst = std::max(worst, violation(b[j], before[j] + c[j] * b[j], t[j]));
        }
        descend(Quadratic<float>{m.hessians[k], t, c, b, m.size}, accuracy * worst, limit, image, step);
        double change = -0.5 * m.start[k] * m.start[k] / m.mass[k], along = 0.0;
        for (std::size_t j = 0; j < m.size; ++j) {
            const double end = b[j] + step[j];
            change += 0.5 * (step[j] * (before[j] + image[j]) + c[j] * (end * end - b[j] * b[j])) +
                      t[j] * (std::fabs(end) - std::fabs(b[j]));
            along += across[j] * step[j];
            image[j] -= before[j];
        }
        m.first[k] = -m.start[k] / m.mass[k] - along;
        m.fall[k] = std::max(0.0, -change);
    });
}

// row += a' left[0] + b' left[1], for rows a and b that stand one after another.
ODDSMITH_CLONES static void add_two(const double* pair, const double* left, std::size_t size, float* row) {
    const double *a = pair, *b = pair + size, by = left[0], other = left[size];
#pragma omp simd
    for (std::size_t j = 0; j < size; ++j) row[j] += static_cast<float>(a[j] * by + b[j] * other);
}

// The BFGS update: each Hessian sends its step to this change of the slopes, and no longer to the image. None where the
// step has met too little of the curvature that was expected. step, image and change: [count][size].
inline void correct_models(float* const* hessians, const double* step, const double* image, const double* change,
                           std::size_t count, std::size_t size, double least, std::size_t threads) {
    constexpr std::size_t several = 64;  // rows at a time
    std::vector<double> added(2 * count * size), taken(2 * count * size);
    std::vector<char> fine(count);
    for (std::size_t k = 0; k < count; ++k) {
        double curved = 0.0, expected = 0.0;
        for (std::size_t j = k * size; j < (k + 1) * size; ++j) curved += step[j] * change[j], expected += step[j] * image[j];
        fine[k] = expected > 0.0 && curved > least * expected;
        for (std::size_t j = 0; j < size && fine[k]; ++j) {
            double *to = added.data() + 2 * k * size + j, *from = taken.data() + 2 * k * size + j;
            from[0] = to[0] = change[k * size + j] / std::sqrt(curved);
            from[size] = -(to[size] = image[k * size + j] / std::sqrt(expected));
        }
    }
    const std::size_t each = (size + several - 1) / several;
    in_parallel(count * each, threads, [&](std::size_t part, std::size_t) {
        const std::size_t k = part / each, first = part % each * several;
        if (!fine[k]) return;
        const double *left = taken.data() + 2 * k * size, *right = added.data() + 2 * k * size;
        for (std::size_t a = first; a < std::min(size, first + several); ++a)
            add_two(right, left + a, size, hessians[k] + a * size);
    });
}

}  // namespace oddsmith
