// The quadratic model that a problem goes by: its Hessian in single precision, of which the intercept is eliminated, among
// those of the columns at hand that matter to the problem.
#pragma once

#include <cstdint>

#include "descent.hpp"

namespace oddsmith {

// Which columns a problem works on.
struct Within {
    const std::int64_t* places;
    std::size_t size;
};

// out [size][size] = share * (the sum of some of the parts) - across border', symmetric, of some places; parts are
// [room][room].
inline void reduced_hessian(const float* parts, std::size_t room, const std::int64_t* chosen, std::size_t count,
                            const Within& within, double share, const double* across, const double* border, float* out) {
    const auto by = static_cast<float>(share);
    const std::size_t size = within.size;
    std::vector<float> right(size);
    for (std::size_t b = 0; b < size; ++b) right[b] = static_cast<float>(border[within.places[b]]);
    for (std::size_t a = 0; a < size; ++a) {
        float* row = out + a * size;
        std::fill(row + a, row + size, 0.0f);
        for (std::size_t k = 0; k < count; ++k) {
            const float* part = parts + (static_cast<std::size_t>(chosen[k]) * room + within.places[a]) * room;
            for (std::size_t b = a; b < size; ++b) row[b] += part[within.places[b]];
        }
        const auto left = static_cast<float>(across[within.places[a]]);
        for (std::size_t b = a; b < size; ++b) row[b] = row[b] * by - left * right[b];
    }
    mirror(out, size);
}

// row += a' left[0] + b' left[1], for rows a and b that stand one after another.
ODDSMITH_CLONES static void add_two(const double* pair, const double* left, std::size_t size, float* row) {
    const double *a = pair, *b = pair + size, by = left[0], other = left[size];
#pragma omp simd
    for (std::size_t j = 0; j < size; ++j) row[j] += static_cast<float>(a[j] * by + b[j] * other);
}

// The BFGS update: a Hessian sends its step to this change of the slopes, and no longer to the image. None where the step
// has met too little of the curvature that was expected.
inline void correct_model(float* hessian, const std::vector<double>& step, const std::vector<double>& image,
                          const std::vector<double>& change, double least, std::size_t threads) {
    constexpr std::size_t several = 64;  // rows at a time
    const std::size_t size = step.size();
    double curved = 0.0, expected = 0.0;
    for (std::size_t j = 0; j < size; ++j) curved += step[j] * change[j], expected += step[j] * image[j];
    if (!(expected > 0.0 && curved > least * expected)) return;
    std::vector<double> added(2 * size), taken(2 * size);
    for (std::size_t j = 0; j < size; ++j) {
        added[j] = taken[j] = change[j] / std::sqrt(curved);
        added[size + j] = image[j] / std::sqrt(expected);
        taken[size + j] = -added[size + j];
    }
    in_parallel((size + several - 1) / several, threads, [&](std::size_t task, std::size_t) {
        for (std::size_t a = task * several; a < std::min(size, (task + 1) * several); ++a)
            add_two(added.data(), taken.data() + a, size, hessian + a * size);
    });
}

}  // namespace oddsmith
