// The quadratic models of several problems on the same rows: each has a Hessian of its own, in single precision, of which
// the intercept is eliminated, among those of the columns at hand that matter to it.
#pragma once

#include "descent.hpp"

namespace oddsmith {

// Which columns a problem works on.
struct Within {
    const std::int64_t* places;
    std::size_t size;
};

// out [size][size] = share * (the sum of some of the parts) - across border', of some places; parts are [room][room].
inline void reduced_hessian(const float* parts, std::size_t room, const std::int64_t* chosen, std::size_t count,
                            const Within& within, double share, const double* across, const double* border, float* out) {
    const auto by = static_cast<float>(share);
    std::vector<float> right(within.size);
    for (std::size_t b = 0; b < within.size; ++b) right[b] = static_cast<float>(border[within.places[b]]);
    for (std::size_t a = 0; a < within.size; ++a) {
        float* row = out + a * within.size;
        std::fill(row, row + within.size, 0.0f);
        for (std::size_t k = 0; k < count; ++k) {
            const float* part = parts + (static_cast<std::size_t>(chosen[k]) * room + within.places[a]) * room;
            for (std::size_t b = 0; b < within.size; ++b) row[b] += part[within.places[b]];
        }
        const auto left = static_cast<float>(across[within.places[a]]);
        for (std::size_t b = 0; b < within.size; ++b) row[b] = row[b] * by - left * right[b];
    }
}

// The steps to the minima of the models. [count][cols], but for what is one number a problem.
struct Models {
    const float* const* hessians;  // [size][size], of the columns that each problem works on
    const Within* within;
    const double *across, *mass;  // what the intercept takes along when it is eliminated, and its own curvature
    const double *slopes, *start;  // of the loss, in the columns and in the intercept
    const double *beta, *thresholds, *curvature;
    double *step, *image, *first, *fall;  // of columns; what the Hessian makes of it; of the intercept; of the model
    std::size_t count, cols;
};

// Each violation is brought down to a share of what it is at the beginning. step and image come in as zeros.
inline void model_steps(const Models& m, double accuracy, std::size_t limit, std::size_t threads) {
    in_parallel(m.count, threads, [&](std::size_t k, std::size_t) {
        const std::size_t at = k * m.cols, size = m.within[k].size;
        const auto gathered = [&](const double* from) {
            std::vector<double> own(size);
            for (std::size_t j = 0; j < size; ++j) own[j] = from[at + m.within[k].places[j]];
            return own;
        };
        const auto b = gathered(m.beta), t = gathered(m.thresholds), c = gathered(m.curvature), across = gathered(m.across);
        std::vector<double> before = gathered(m.slopes), step(size);
        double worst = 0.0;
        for (std::size_t j = 0; j < size; ++j) {
            before[j] -= across[j] * m.start[k];
            worst = std::max(worst, violation(b[j], before[j] + c[j] * b[j], t[j]));
        }
        std::vector<double> after = before;
        descend(Quadratic<float>{m.hessians[k], t.data(), c.data(), b.data(), size}, accuracy * worst, limit,
                after.data(), step.data());
        double change = -0.5 * m.start[k] * m.start[k] / m.mass[k], along = 0.0;
        for (std::size_t j = 0; j < size; ++j) {
            const double end = b[j] + step[j];
            change += 0.5 * (step[j] * (before[j] + after[j]) + c[j] * (end * end - b[j] * b[j])) +
                      t[j] * (std::fabs(end) - std::fabs(b[j]));
            along += across[j] * step[j];
            m.step[at + m.within[k].places[j]] = step[j];
            m.image[at + m.within[k].places[j]] = after[j] - before[j];
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
// step has met too little of the curvature that was expected. step, image and change: [count][cols].
inline void correct_models(float* const* hessians, const Within* within, const double* step, const double* image,
                           const double* change, std::size_t count, std::size_t cols, double least, std::size_t threads) {
    constexpr std::size_t several = 64;  // rows at a time
    std::vector<std::vector<double>> added(count), taken(count);
    std::vector<std::size_t> begin(1);  // of the stretches of rows of each problem
    for (std::size_t k = 0; k < count; ++k) {
        const std::size_t at = k * cols, size = within[k].size;
        double curved = 0.0, expected = 0.0;
        for (std::size_t j = 0; j < size; ++j) {
            const std::size_t place = at + within[k].places[j];
            curved += step[place] * change[place], expected += step[place] * image[place];
        }
        const bool fine = expected > 0.0 && curved > least * expected;
        begin.push_back(begin.back() + (fine ? (size + several - 1) / several : 0));
        if (!fine) continue;
        added[k].resize(2 * size), taken[k].resize(2 * size);
        for (std::size_t j = 0; j < size; ++j) {
            const std::size_t place = at + within[k].places[j];
            added[k][j] = taken[k][j] = change[place] / std::sqrt(curved);
            added[k][size + j] = image[place] / std::sqrt(expected);
            taken[k][size + j] = -added[k][size + j];
        }
    }
    in_parallel(begin.back(), threads, [&](std::size_t part, std::size_t) {
        const auto k = static_cast<std::size_t>(std::upper_bound(begin.begin(), begin.end(), part) - begin.begin()) - 1;
        const std::size_t size = within[k].size, first = (part - begin[k]) * several;
        for (std::size_t a = first; a < std::min(size, first + several); ++a)
            add_two(added[k].data(), taken[k].data() + a, size, hessians[k] + a * size);
    });
}

}  // namespace oddsmith
