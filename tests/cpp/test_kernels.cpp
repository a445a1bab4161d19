// The kernels without Python, built by `make cpp` under sanitisers: every layout, dtype and order against plain loops
// in long double, and the same bits for any number of threads.
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <vector>

#include "codes.hpp"
#include "moments.hpp"
#include "sparse.hpp"

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
    std::printf(failures ? "%d failures\n" : "kernels: all agree\n", failures);
    return failures ? EXIT_FAILURE : EXIT_SUCCESS;
}
