// What one row contributes, as a function of its linear predictor eta: value, row_gradient, row_hessian.
// Written as plain loops over a panel so that the compiler vectorises them.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

// One binary serves every x86-64 machine: the loader picks the widest clone that the processor has.
#if !defined(ODDSMITH_NO_CLONES) && defined(__x86_64__) && defined(__linux__) && defined(__GNUC__) && !defined(__clang__)
#define ODDSMITH_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#define ODDSMITH_LEVEL(target_name) __attribute__((target(target_name)))
#else
#define ODDSMITH_CLONES
#endif
#if defined(__GNUC__)
#define ODDSMITH_INLINE inline __attribute__((always_inline))
#else
#define ODDSMITH_INLINE inline
#endif

namespace oddsmith {

// The x86-64 level of the clones that run here: 4, 3, or 1 for the default; 0 where nothing was cloned. The loader
// picks among these three as it picks among the clones, so the answer cannot differ from what is done.
#ifdef ODDSMITH_LEVEL
ODDSMITH_LEVEL("arch=x86-64-v4") inline int simd_level() { return 4; }
ODDSMITH_LEVEL("arch=x86-64-v3") inline int simd_level() { return 3; }
ODDSMITH_LEVEL("default") inline int simd_level() { return 1; }
#else
inline int simd_level() { return 0; }
#endif

// exp(-a) for a >= 0, error under 1 ulp: a = k ln2 - r with |r| <= ln2 / 2, then a Taylor polynomial of degree 13.
// Above 708 the result is held at exp(-708), the smallest normal scale, so that no denormal slows the loop.
ODDSMITH_INLINE double exp_negative(double a) {
    constexpr double round = 0x1.8p52;  // adding it rounds to an integer and leaves that integer in the low bits
    a = a < 708.0 ? a : 708.0;
    const double shifted = a * -1.4426950408889634 + round;
    const double k = shifted - round;
    double r = -a - k * 0x1.62e42fefa3800p-1;  // ln2 in two parts: the first has trailing zeros, so k times it is exact
    r -= k * 0x1.ef35793c76730p-45;
    double s = 1.0 / 6227020800.0;
    s = s * r + 1.0 / 479001600.0;
    s = s * r + 1.0 / 39916800.0;
    s = s * r + 1.0 / 3628800.0;
    s = s * r + 1.0 / 362880.0;
    s = s * r + 1.0 / 40320.0;
    s = s * r + 1.0 / 5040.0;
    s = s * r + 1.0 / 720.0;
    s = s * r + 1.0 / 120.0;
    s = s * r + 1.0 / 24.0;
    s = s * r + 1.0 / 6.0;
    s = s * r + 0.5;
    s = s * r * r + r + 1.0;
    const auto bits = std::bit_cast<std::uint64_t>(shifted) << 52;
    return std::bit_cast<double>(std::bit_cast<std::uint64_t>(s) + bits);
}

// log(1 + e) for 0 <= e <= 1: 2 artanh(t), t = e / (2 + e) <= 1/3, by its odd series. No cancellation at small e.
ODDSMITH_INLINE double log1p_unit(double e) {
    const double t = e / (2.0 + e);
    const double q = t * t;
    double s = 1.0 / 31.0;
    s = s * q + 1.0 / 29.0;
    s = s * q + 1.0 / 27.0;
    s = s * q + 1.0 / 25.0;
    s = s * q + 1.0 / 23.0;
    s = s * q + 1.0 / 21.0;
    s = s * q + 1.0 / 19.0;
    s = s * q + 1.0 / 17.0;
    s = s * q + 1.0 / 15.0;
    s = s * q + 1.0 / 13.0;
    s = s * q + 1.0 / 11.0;
    s = s * q + 1.0 / 9.0;
    s = s * q + 1.0 / 7.0;
    s = s * q + 1.0 / 5.0;
    s = s * q + 1.0 / 3.0;
    return 2.0 * t + 2.0 * t * (s * q);
}

// Binary cross-entropy of the logit link, y in [0, 1]. With e = exp(-|eta|):
//   value        = log(1 + e) + |eta| (eta > 0 ? 1 - y : y)
//   row_gradient = sigmoid(eta) - y          row_hessian = e / (1 + e)^2
// each form free of cancellation and of overflow. The weight multiplies all three.
template <bool Weighted>
static ODDSMITH_INLINE double logistic_loop(const double* eta, const double* y, const double* w, std::size_t m,
                                            double* values, double* gradient, double* hessian) {
    double sum = 0.0;
#pragma omp simd reduction(+ : sum)
    for (std::size_t i = 0; i < m; ++i) {
        const double a = eta[i] < 0.0 ? -eta[i] : eta[i];
        const bool up = eta[i] > 0.0;
        const double miss = up ? 1.0 - y[i] : y[i];
        const double e = exp_negative(a);
        const double near = e / (1.0 + e);  // the probability of the side that eta speaks against
        const double g = up ? miss - near : near - miss;
        const double weight = Weighted ? w[i] : 1.0;
        const double poison = eta[i] - eta[i];  // 0, but NaN where eta is not finite: it must not be hidden
        const double value = weight * (log1p_unit(e) + miss * a + poison);
        sum += value;
        values[i] = value;
        gradient[i] = weight * (g + poison);
        hessian[i] = weight * (near / (1.0 + e));
    }
    return sum;
}

// Fills the three vectors for m rows and returns the sum of the values; w may be null.
ODDSMITH_CLONES static double logistic_panel(const double* eta, const double* y, const double* w, std::size_t m,
                                             double* values, double* gradient, double* hessian) {
    return w ? logistic_loop<true>(eta, y, w, m, values, gradient, hessian)
             : logistic_loop<false>(eta, y, w, m, values, gradient, hessian);
}

// The intercept's slope: a sum one after the other would wait for each addition.
ODDSMITH_CLONES static double panel_sum(const double* r, std::size_t m) {
    double sum = 0.0;
#pragma omp simd reduction(+ : sum)
    for (std::size_t i = 0; i < m; ++i) sum += r[i];
    return sum;
}

// A loss, as the sweep sees it. Another loss is another struct with the same `panel`.
struct Logistic {
    static double panel(const double* eta, const double* y, const double* w, std::size_t m, double* values,
                        double* gradient, double* hessian) {
        return logistic_panel(eta, y, w, m, values, gradient, hessian);
    }
};

}  // namespace oddsmith
