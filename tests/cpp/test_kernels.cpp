// The kernels without Python, built by `make cpp` under sanitisers: every layout, dtype and order against plain loops
// in long double, and the same bits for any number of threads.
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <vector>

#include "codes.hpp"
#include "double_double.hpp"
#include "moments.hpp"
#include "proximal.hpp"
#include "sparse.hpp"
#include "softmax.hpp"

using oddsmith::Dense;

namespace {

int failures = 0;

void expect(bool holds, const char* what, std::size_t n, std::size_t p) {
    if (holds) return;
    ++failures;
    std::printf("FAILED: %s (n = %zu, p = %zu)\n", what, n, p);
}

bool near(long double a, long double b, long double scale) {
    return std::fabs(static_cast<double>(a - b)) <= 1e-12 * static_cast<double>(scale);
}

template <class T>
void check(std::size_t n, std::size_t p, bool row_major, bool weighted) {
    std::mt19937_64 rng(n * 31 + p);
    std::normal_distribution<double> normal;
    std::vector<T> x(n * p);
    const auto at = [&](std::size_t i, std::size_t j) -> T& { return row_major ? x[i * p + j] : x[j * n + i]; };
    std::vector<double> y(n), w(n), o(n), c(p), s(p), beta(p + 1);
    for (std::size_t i = 0; i < n; ++i) {
        y[i] = normal(rng) > 0;
        w[i] = std::fabs(normal(rng));
        o[i] = normal(rng);
        for (std::size_t j = 0; j < p; ++j) at(i, j) = static_cast<T>(3.0 + normal(rng));
    }
    for (std::size_t j = 0; j < p; ++j) c[j] = 3.0 + 0.1 * normal(rng), s[j] = 0.5 + std::fabs(normal(rng));
    for (auto& b : beta) b = 0.3 * normal(rng);

    const Dense<T> view{x.data(), n, p, row_major ? static_cast<std::ptrdiff_t>(p) : 1,
                        row_major ? 1 : static_cast<std::ptrdiff_t>(n)};
    const oddsmith::Rows rows{y.data(), weighted ? w.data() : nullptr, weighted ? o.data() : nullptr};
    const std::size_t size = p + 1;
    std::vector<double> g(size), h(size * size), g2(size), h2(size * size);
    const auto one = oddsmith::sweep<oddsmith::Logistic>(view, {c.data(), s.data()}, rows, beta.data(), 2, g.data(),
                                                         h.data(), 1);
    const auto two = oddsmith::sweep<oddsmith::Logistic>(view, {c.data(), s.data()}, rows, beta.data(), 2, g2.data(),
                                                         h2.data(), 3);
    expect(one.value == two.value && one.reach == two.reach && g == g2 && h == h2, "bits by threads", n, p);

    long double value = 0, magnitude = 1;
    std::vector<long double> gradient(size), hessian(size * size);
    for (std::size_t i = 0; i < n; ++i) {
        std::vector<long double> z(size, 1.0L);
        long double eta = beta[0] + (weighted ? o[i] : 0.0);
        for (std::size_t j = 0; j < p; ++j) {
            z[j + 1] = (static_cast<long double>(at(i, j)) - c[j]) / s[j];
            eta += z[j + 1] * beta[j + 1];
        }
        const long double weight = weighted ? w[i] : 1.0, q = 1 / (1 + std::exp(-eta));
        value += weight * (std::log1p(std::exp(eta)) - y[i] * eta);
        for (std::size_t a = 0; a < size; ++a) {
            gradient[a] += weight * (q - y[i]) * z[a];
            magnitude = std::max(magnitude, std::fabs(gradient[a]));
            for (std::size_t b = 0; b < size; ++b) hessian[a * size + b] += weight * q * (1 - q) * z[a] * z[b];
        }
    }
    const long double scale = magnitude + static_cast<long double>(n) * 100;
    expect(near(one.value, value, scale), "value", n, p);
    for (std::size_t a = 0; a < size; ++a) expect(near(g[a], gradient[a], scale), "gradient", n, p);
    for (std::size_t a = 0; a < size * size; ++a) expect(near(h[a], hessian[a], scale), "hessian", n, p);

    std::vector<double> mean(p), deviation(p), mean2(p), deviation2(p);
    oddsmith::moments(view, rows.weight, mean.data(), deviation.data(), 1);
    oddsmith::moments(view, rows.weight, mean2.data(), deviation2.data(), 3);
    expect(mean == mean2 && deviation == deviation2, "bits of moments by threads", n, p);
    for (std::size_t j = 0; j < p; ++j) {
        long double total = 0, m = 0, d = 0;
        for (std::size_t i = 0; i < n; ++i) total += weighted ? w[i] : 1.0, m += (weighted ? w[i] : 1.0) * at(i, j);
        m /= total;
        for (std::size_t i = 0; i < n; ++i) d += (weighted ? w[i] : 1.0) * (at(i, j) - m) * (at(i, j) - m);
        expect(near(mean[j], m, 10) && near(deviation[j], d, n * 10), "moments", n, p);
    }
}

// Codes against the dense kernel on their columns of 0 and 1. Category k has levels at d + 3 k, ..., d + 3 k + 2.
void check_codes(std::size_t n, std::size_t d, std::size_t categories, bool weighted) {
    std::mt19937_64 rng(n * 31 + d);
    std::normal_distribution<double> normal;
    const std::size_t p = d + 3 * categories, size = 1 + p;
    std::vector<double> numbers(n * d), x(n * p), y(n), w(n), o(n), c(p), s(p), beta(size), given(n);
    std::vector<std::int64_t> places(d);
    std::vector<std::int32_t> codes(n * categories);
    for (std::size_t j = 0; j < d; ++j) places[j] = static_cast<std::int64_t>(d - 1 - j);
    for (std::size_t i = 0; i < n; ++i) {
        y[i] = normal(rng) > 0, w[i] = std::fabs(normal(rng)), o[i] = normal(rng), given[i] = std::fabs(normal(rng));
        for (std::size_t j = 0; j < d; ++j) numbers[j * n + i] = x[(d - 1 - j) * n + i] = 3.0 + normal(rng);
        for (std::size_t k = 0; k < categories; ++k) {
            const auto level = static_cast<std::int32_t>(rng() % 4) - 1;
            codes[k * n + i] = level < 0 ? -1 : static_cast<std::int32_t>(d + 3 * k) + level;
            if (level >= 0) x[static_cast<std::size_t>(codes[k * n + i]) * n + i] = 1.0;
        }
    }
    for (std::size_t j = 0; j < p; ++j) c[j] = 0.4 * normal(rng), s[j] = 0.5 + std::fabs(normal(rng));
    for (auto& b : beta) b = 0.3 * normal(rng);
    const auto stride = static_cast<std::ptrdiff_t>(n);
    const oddsmith::Codes coded{
        {numbers.data(), n, d, 1, stride}, places.data(), codes.data(), categories, stride, n, p};
    const Dense<double> dense{x.data(), n, p, 1, stride};
    const oddsmith::View view{c.data(), s.data()};
    const oddsmith::Rows rows{y.data(), weighted ? w.data() : nullptr, weighted ? o.data() : nullptr};
    std::vector<double> g(size), h(size * size), g2(size), h2(size * size), g3(size), h3(size * size);
    const auto one = oddsmith::sweep<oddsmith::Logistic>(coded, view, rows, beta.data(), 2, g.data(), h.data(), 1);
    const auto two = oddsmith::sweep<oddsmith::Logistic>(coded, view, rows, beta.data(), 2, g2.data(), h2.data(), 3);
    const auto hot = oddsmith::sweep<oddsmith::Logistic>(dense, view, rows, beta.data(), 2, g3.data(), h3.data(), 1);
    expect(one.value == two.value && one.reach == two.reach && g == g2 && h == h2, "bits of codes by threads", n, p);
    const long double scale = 100.0L * static_cast<long double>(n + 1);
    expect(near(one.value, hot.value, scale) && near(one.reach, hot.reach, scale), "value of codes", n, p);
    for (std::size_t a = 0; a < size; ++a) expect(near(g[a], g3[a], scale), "gradient of codes", n, p);
    for (std::size_t a = 0; a < size * size; ++a) expect(near(h[a], h3[a], scale), "hessian of codes", n, p);

    std::vector<double> gram(size * size), gram2(size * size);
    oddsmith::gram(coded, view, given.data(), gram.data(), 1);
    oddsmith::gram(coded, view, given.data(), gram2.data(), 3);
    expect(gram == gram2, "bits of gram by threads", n, p);
    for (std::size_t a = 0; a < p; ++a)
        for (std::size_t b = 0; b < p; ++b) {
            long double sum = 0;
            for (std::size_t i = 0; i < n; ++i)
                sum += static_cast<long double>(given[i]) * ((x[a * n + i] - c[a]) / s[a]) * ((x[b * n + i] - c[b]) / s[b]);
            expect(near(gram[(a + 1) * size + b + 1], sum, scale), "gram of codes", n, p);
        }
}

// Compressed rows with the same numbers as a dense matrix: the dense kernels, examined above, say what is right.
template <class T, class Index>
void check_compressed(std::size_t n, std::size_t p, bool weighted) {
    std::mt19937_64 rng(n * 37 + p);
    std::normal_distribution<double> normal;
    std::vector<T> x(n * p), data;
    std::vector<Index> columns, begin{0};
    for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t j = 0; j < p; ++j) {
            if (i % 5 == 0 || rng() % (2 + j) > 1) continue;
            data.push_back(x[i * p + j] = static_cast<T>(normal(rng)));
            columns.push_back(static_cast<Index>(j));
        }
        begin.push_back(static_cast<Index>(data.size()));
    }
    std::vector<double> y(n), w(n), o(n), c(p), s(p), beta(p + 1);
    for (std::size_t i = 0; i < n; ++i) y[i] = normal(rng) > 0, w[i] = i % 3, o[i] = normal(rng);
    for (std::size_t j = 0; j < p; ++j) c[j] = 0.1 * normal(rng), s[j] = 0.5 + std::fabs(normal(rng));
    for (auto& b : beta) b = 0.3 * normal(rng);
    const oddsmith::Csr<T, Index> sparse{data.data(), columns.data(), begin.data(), n, p};
    const Dense<T> dense{x.data(), n, p, static_cast<std::ptrdiff_t>(p), 1};
    const oddsmith::Rows rows{y.data(), weighted ? w.data() : nullptr, weighted ? o.data() : nullptr};
    const std::size_t size = p + 1;
    std::vector<double> g[4], h[4], mean[4], deviation[4];
    oddsmith::Sums sums[4];
    for (std::size_t k = 0; k < 4; ++k) {  // the dense kernel, then 1, 2 and 3 threads
        g[k].resize(size), h[k].resize(size * size), mean[k].resize(p), deviation[k].resize(p);
        const auto all = [&](const auto& rows_of_x) {
            sums[k] = oddsmith::sweep<oddsmith::Logistic>(rows_of_x, {c.data(), s.data()}, rows, beta.data(), 2,
                                                          g[k].data(), h[k].data(), std::max<std::size_t>(1, k));
            oddsmith::moments(rows_of_x, rows.weight, mean[k].data(), deviation[k].data(), std::max<std::size_t>(1, k));
        };
        k ? all(sparse) : all(dense);
    }
    const long double scale = static_cast<long double>(n) * 100;
    for (std::size_t k : {2, 3})
        expect(sums[k].value == sums[1].value && g[k] == g[1] && h[k] == h[1] && mean[k] == mean[1] &&
                   deviation[k] == deviation[1],
               "bits of compressed rows by threads", n, p);
    expect(near(sums[1].value, sums[0].value, scale) && near(sums[1].reach, sums[0].reach, scale), "value", n, p);
    for (std::size_t a = 0; a < size; ++a) expect(near(g[1][a], g[0][a], scale), "compressed gradient", n, p);
    for (std::size_t a = 0; a < size * size; ++a) expect(near(h[1][a], h[0][a], scale), "compressed hessian", n, p);
    for (std::size_t j = 0; j < p; ++j)
        expect(near(mean[1][j], mean[0][j], 10) && near(deviation[1][j], deviation[0][j], scale), "moments", n, p);
}

// Softmax, and each class against the rest: values, gradients and Hessians against plain loops.
template <class T>
void check_outputs(std::size_t n, std::size_t p, std::size_t K, bool row_major, bool weighted) {
    std::mt19937_64 rng(n * 31 + p * 7 + K);
    std::normal_distribution<double> normal;
    std::vector<T> x(n * p);
    const std::size_t size = p + 1, pairs = K * (K - 1) / 2;
    std::vector<double> y(n), w(n), c(p, 0.5), s(p, 2.0), beta(K * size), Q(K * (K - 1)), chosen(K);
    for (auto& v : x) v = static_cast<T>(normal(rng));
    for (auto& b : beta) b = 0.4 * normal(rng);
    for (std::size_t i = 0; i < n; ++i) y[i] = static_cast<double>(rng() % K), w[i] = static_cast<double>(rng() % 3);
    for (std::size_t k = 0; k < K; ++k) chosen[k] = static_cast<double>(k);
    for (std::size_t j = 0; j + 1 < K; ++j) {  // Helmert's contrasts
        const double norm = std::sqrt(static_cast<double>((j + 1) * (j + 2)));
        for (std::size_t k = 0; k <= j; ++k) Q[k * (K - 1) + j] = 1.0 / norm;
        Q[(j + 1) * (K - 1) + j] = -static_cast<double>(j + 1) / norm;
    }
    const Dense<T> view{x.data(), n, p, row_major ? static_cast<std::ptrdiff_t>(p) : 1,
                        row_major ? 1 : static_cast<std::ptrdiff_t>(n)};
    const oddsmith::Rows rows{y.data(), weighted ? w.data() : nullptr, nullptr};
    struct Found {
        std::vector<double> value, gradient, hessian;
        double reach = 0;
        bool operator==(const Found&) const = default;
    };
    const auto run = [&](const auto& loss, std::size_t threads) {
        Found f{std::vector<double>(loss.values()), std::vector<double>(K * size),
                std::vector<double>(loss.curvatures() * size * size)};
        f.reach = oddsmith::sweep_outputs(view, {c.data(), s.data()}, rows, loss,
                                          {beta.data(), f.value.data(), f.gradient.data(), f.hessian.data()}, threads);
        return f;
    };
    const oddsmith::Softmax softmax{Q.data(), K, K - 1};
    const oddsmith::OneVsRest each{chosen.data(), K};
    const auto joint = run(softmax, 1), apart = run(each, 1);
    expect(joint == run(softmax, 3) && apart == run(each, 3), "bits of several outputs by threads", n, p);

    long double value = 0, scale = static_cast<long double>(n) * 100 + 1;
    std::vector<long double> values(K), g(K * size), g1(K * size), h(pairs * size * size), h1(K * size * size);
    for (std::size_t i = 0; i < n; ++i) {
        const long double weight = weighted ? w[i] : 1.0;
        const auto label = static_cast<std::size_t>(y[i]);
        std::vector<long double> z(size, 1.0L), score(K), q(K);
        for (std::size_t j = 0; j < p; ++j)
            z[j + 1] = (static_cast<long double>(row_major ? x[i * p + j] : x[j * n + i]) - c[j]) / s[j];
        long double total = 0;
        for (std::size_t k = 0; k < K; ++k) {
            for (std::size_t j = 0; j < size; ++j) score[k] += z[j] * beta[k * size + j];
            total += std::exp(score[k]);
        }
        value += weight * (std::log(total) - score[label]);
        for (std::size_t k = 0; k < K; ++k) {
            q[k] = std::exp(score[k]) / total;
            const long double one = 1 / (1 + std::exp(-score[k])), own = k == label;
            values[k] += weight * (std::log1p(std::exp(score[k])) - own * score[k]);
            for (std::size_t a = 0; a < size; ++a) {
                g[k * size + a] += weight * (q[k] - own) * z[a];
                g1[k * size + a] += weight * (one - own) * z[a];
                for (std::size_t b = 0; b < size; ++b)
                    h1[(k * size + a) * size + b] += weight * one * (1 - one) * z[a] * z[b];
            }
        }
        for (std::size_t j = 0, at = 0; j + 1 < K; ++j)
            for (std::size_t l = 0; l <= j; ++l, ++at) {
                long double both = 0, left = 0, right = 0;
                for (std::size_t k = 0; k < K; ++k) {
                    both += q[k] * Q[k * (K - 1) + j] * Q[k * (K - 1) + l];
                    left += q[k] * Q[k * (K - 1) + j];
                    right += q[k] * Q[k * (K - 1) + l];
                }
                for (std::size_t a = 0; a < size; ++a)
                    for (std::size_t b = 0; b < size; ++b)
                        h[(at * size + a) * size + b] += weight * (both - left * right) * z[a] * z[b];
            }
    }
    expect(near(joint.value[0], value, scale), "value of softmax", n, p);
    for (std::size_t k = 0; k < K; ++k) expect(near(apart.value[k], values[k], scale), "value of a class", n, p);
    for (std::size_t a = 0; a < K * size; ++a)
        expect(near(joint.gradient[a], g[a], scale) && near(apart.gradient[a], g1[a], scale), "gradients", n, p);
    for (std::size_t a = 0; a < h.size(); ++a) expect(near(joint.hessian[a], h[a], scale), "hessian of softmax", n, p);
    for (std::size_t a = 0; a < h1.size(); ++a) expect(near(apart.hessian[a], h1[a], scale), "hessian of a class", n, p);
}

// Products in double-double: terms that cancel to 1e-17 of their size are told apart, and no bit depends on threads.
template <class T>
void check_exact(std::size_t n, std::size_t p, std::size_t k, bool row_major) {
    std::vector<T> x(n * p);
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<T>(1.0 + static_cast<double>(i % 7) / 8.0);
    const auto rows = static_cast<std::ptrdiff_t>(n), cols = static_cast<std::ptrdiff_t>(p);
    const Dense<T> view{x.data(), n, p, row_major ? cols : 1, row_major ? 1 : rows};
    const auto entry = [&](std::size_t i, std::size_t j) {
        return static_cast<long double>(x[row_major ? i * p + j : j * n + i]);
    };
    std::vector<double> b_hi(p * k), b_lo(p * k), r_hi(n * k), r_lo(n * k);
    for (std::size_t i = 0; i < p * k; ++i) b_hi[i] = i / k % 2 ? 1e16 : -1e16, b_lo[i] = 1e-3 * static_cast<double>(i);
    for (std::size_t i = 0; i < n * k; ++i) r_hi[i] = i / k % 2 ? 1e16 : -1e16, r_lo[i] = 1e-3 * static_cast<double>(i);
    std::vector<double> hi(n * k), lo(n * k), g_hi(k * p), g_lo(k * p), g3_hi(k * p), g3_lo(k * p);
    oddsmith::exact_scores(view, {b_hi.data(), b_lo.data(), k}, {hi.data(), lo.data(), k}, 2);
    oddsmith::exact_slopes(view, {r_hi.data(), r_lo.data(), k}, {g_hi.data(), g_lo.data(), p}, 1);
    oddsmith::exact_slopes(view, {r_hi.data(), r_lo.data(), k}, {g3_hi.data(), g3_lo.data(), p}, 3);
    expect(g_hi == g3_hi && g_lo == g3_lo, "bits of exact slopes", n, p);
    // the large parts are multiples of 1e16 / 8, exact in long double, and the small ones are added apart
    const auto small = [](long double total, double h, double l) { return static_cast<long double>(h) - total + l; };
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t m = 0; m < k; ++m) {
            long double large = 0, rest = 0;
            for (std::size_t j = 0; j < p; ++j) large += entry(i, j) * b_hi[j * k + m], rest += entry(i, j) * b_lo[j * k + m];
            expect(near(small(large, hi[i * k + m], lo[i * k + m]), rest, 1.0L + rest), "exact scores", n, p);
        }
    for (std::size_t m = 0; m < k; ++m)
        for (std::size_t j = 0; j < p; ++j) {
            long double large = 0, rest = 0;
            for (std::size_t i = 0; i < n; ++i) large += entry(i, j) * r_hi[i * k + m], rest += entry(i, j) * r_lo[i * k + m];
            expect(near(small(large, g_hi[m * p + j], g_lo[m * p + j]), rest, 1.0L + rest), "exact slopes", n, p);
        }
}

// Two problems on the same rows, of which the second lacks the first half: they end at optima, with the same bits by any
// number of threads.
void check_steps(std::size_t n, std::size_t p) {
    std::mt19937_64 rng(n * 7 + p);
    std::normal_distribution<double> normal;
    std::vector<double> z(p * n), y(n), weights(2 * n), across(p), thresholds(2 * p, 1.0), curvature(2 * p, 0.1);
    for (auto& v : z) v = normal(rng);
    for (std::size_t i = 0; i < n; ++i) y[i] = normal(rng) > 0, weights[i] = 1.0 / n, weights[n + i] = (i >= n / 2) / (n - n / 2.0);
    std::vector<std::int64_t> columns(p), places[2];
    for (std::size_t j = 0; j < p; ++j) {
        columns[j] = static_cast<std::int64_t>(p - 1 - j), places[0].push_back(static_cast<std::int64_t>(j));
        if (j % 2) places[1].push_back(static_cast<std::int64_t>(j));
    }
    std::vector<double> found[2];
    for (std::size_t threads : {1, 3}) {
        std::vector<double> eta(2 * n), r(2 * n), beta(2 * p), slopes(2 * p), numbers(12, 0.0);
        std::vector<float> hessians[2];
        std::vector<oddsmith::Problem> problems;
        for (std::size_t k = 0; k < 2; ++k) {
            const double *w = weights.data() + k * n;
            const std::size_t size = places[k].size();
            numbers[2 + k] = std::log(2.0), numbers[4 + k] = 0.25, numbers[10 + k] = INFINITY;
            for (std::size_t i = 0; i < n; ++i) r[k * n + i] = w[i] * (0.5 - y[i]);
            std::vector<double> own(p), same(p);
            const std::vector<float> rough(z.begin(), z.end());
            oddsmith::slopes_among(z.data(), places[0].data(), p, n, r.data() + k * n, 1, own.data(), threads);
            oddsmith::slopes_among(rough.data(), places[0].data(), p, n, r.data() + k * n, 1, same.data(), threads);
            for (std::size_t j = 0; j < p; ++j) {
                slopes[k * p + p - 1 - j] = own[j];
                expect(std::fabs(own[j] - same[j]) < 1e-6, "slopes in single precision", n, p);
            }
            hessians[k].resize(size * size);
            for (std::size_t a = 0; a < size; ++a)
                for (std::size_t b = 0; b < size; ++b)
                    for (std::size_t i = 0; i < n; ++i)
                        hessians[k][a * size + b] += static_cast<float>(0.25 * w[i] * z[places[k][a] * n + i] * z[places[k][b] * n + i]);
            double* number = numbers.data() + k;
            problems.push_back({hessians[k].data(), {places[k].data(), size}, across.data(), 0.25, w, eta.data() + k * n,
                                r.data() + k * n, beta.data() + k * p, slopes.data() + k * p, thresholds.data() + k * p,
                                curvature.data() + k * p, number, number + 2, number + 4, number + 6, number + 8,
                                number + 10, 1e-12});
        }
        std::int64_t outcomes[2];
        oddsmith::proximal_newton({z.data(), y.data(), columns.data(), n}, problems,
                                  {0.02, 0.1, 1000, 2.0, 1e9, 4.0, 1e-4, 1e-15, 0.1, 200, 30}, false, outcomes, threads);
        expect(outcomes[0] == oddsmith::done && outcomes[1] == oddsmith::done, "steps that end", n, p);
        for (std::size_t k = 0; k < 2; ++k)
            for (const std::int64_t place : places[k]) {
                const double b = beta[k * p + p - 1 - place], g = slopes[k * p + p - 1 - place] + 0.002 * b;
                expect(oddsmith::violation(b, g, 0.02) < 1e-4, "an optimum at the end of steps", n, p);
            }
        for (const auto* v : {&eta, &r, &beta, &slopes, &numbers}) found[threads > 1].insert(found[threads > 1].end(), v->begin(), v->end());
    }
    expect(found[0] == found[1], "bits of steps by threads", n, p);
}

}  // namespace

int main() {
    expect(oddsmith::simd_level() == 0, "built without clones, yet a level", 0, 0);
    for (std::size_t n : {1, 2, 3, 63, 64, 65, 1000, 5000})
        for (std::size_t p : {0, 1, 2, 3, 7, 8, 31})
            for (bool row_major : {true, false})
                for (bool weighted : {true, false}) {
                    check<double>(n, p, row_major, weighted);
                    check<float>(n, p, row_major, weighted);
                    check_compressed<double, std::int32_t>(n, p, weighted);
                    check_compressed<float, std::int64_t>(n, p, weighted);
                }
    for (std::size_t n : {1, 2, 65, 1000, 5000})
        for (std::size_t d : {0, 1, 3, 8})
            for (std::size_t categories : {0, 1, 2, 4})
                for (bool weighted : {true, false}) check_codes(n, d, categories, weighted);
    for (std::size_t n : {1, 2, 65, 3000})
        for (std::size_t p : {0, 1, 7, 8})
            for (bool row_major : {true, false}) {
                check_exact<double>(n, p, 1, row_major);
                check_exact<float>(n, p, 3, row_major);
            }
    for (std::size_t n : {2, 65, 1000, 1300})
        for (std::size_t p : {0, 1, 8, 17}) check_steps(n, p);
    for (std::size_t n : {1, 7, 8, 65, 3000})
        for (std::size_t p : {0, 1, 7, 8})
            for (std::size_t classes : {3, 4, 6, 11})
                for (bool row_major : {true, false}) {
                    check_outputs<double>(n, p, classes, row_major, classes % 2 == 0);
                    check_outputs<float>(n, p, classes, row_major, classes % 2 == 1);
                }
    std::printf(failures ? "%d failures\n" : "kernels: all agree\n", failures);
    return failures ? EXIT_FAILURE : EXIT_SUCCESS;
}
