// A fused pass over rows of numbers and codes. A category is one int32 a row: the place of its level's coefficient, or
// -1 for none; it stands for columns of 0 and 1 that are never made. Numbers are centred on the row, as in panels.hpp;
// the columns of levels by rank-one terms, which cost them no digits: their means lie between 0 and 1.
// Vectors of coefficients have the intercept in front, so that a code of -1 points to the slot of the intercept: it
// holds 0 where it is read, and is overwritten where it was added to. No loop asks which rows have a coefficient.
#pragma once

#include <cstdint>

#include "sweep.hpp"

namespace oddsmith {

struct Codes {
    Dense<double> numbers;
    const std::int64_t* places;  // of the numbers' coefficients
    const std::int32_t* codes;   // of row i in category k: codes[k * stride + i]
    std::size_t categories;
    std::ptrdiff_t stride;
    std::size_t rows, cols;  // cols: coefficients, without the intercept

    const std::int32_t* category(std::size_t k, std::size_t start) const {
        return codes + static_cast<std::ptrdiff_t>(k) * stride + start;
    }
};

namespace detail {

// Centres and scales, those of the numbers apart. `shift` is the centre of levels, and 0 for numbers: these are
// centred on the row.
struct CodesView {
    std::vector<double> shift, inverse, number_centre, number_inverse;
    CodesView(const Codes& x, const View& view)
        : shift(view.centre, view.centre + x.cols), inverse(x.cols), number_centre(x.numbers.cols),
          number_inverse(x.numbers.cols) {
        for (std::size_t j = 0; j < x.cols; ++j) inverse[j] = 1.0 / view.scale[j];
        for (std::size_t j = 0; j < x.numbers.cols; ++j) {
            const auto place = static_cast<std::size_t>(x.places[j]);
            number_centre[j] = view.centre[place];
            number_inverse[j] = inverse[place];
            shift[place] = 0.0;
        }
    }
};

// What a part adds up. levels: a row for each slot, of sums of h (1, z) over its rows; pairs: sums of h over the rows
// that have both levels, the lower category's first.
struct CodesSums {
    double *gradient = nullptr, *numbers = nullptr, *levels = nullptr, *pairs = nullptr;
};

// Where these lie in what a part keeps. That is a few numbers a row at most, however many levels there are; at order 2
// as many parts as 64 MiB hold, but always two for two threads.
struct CodesLayout {
    std::size_t order, size, width, square, each;
    Parts parts;
    CodesLayout(const Codes& x, int order)
        : order(static_cast<std::size_t>(order)), size(1 + x.cols),
          width(order < 2 ? 0 : (1 + x.numbers.cols + tile_cols - 1) / tile_cols * tile_cols),
          square(order < 2 || x.categories < 2 ? 0 : size * size),
          each((order < 1 ? 0 : size) + width * width + size * width + square),
          parts(x.rows, std::max<std::size_t>(1024, size / 4),
                order < 2 ? 64 : std::clamp<std::size_t>((std::size_t{8} << 20) / each, 2, 16)) {}
    CodesSums at(double* kept) const {
        CodesSums out;
        if (order >= 1) out.gradient = kept;
        if (order >= 2) {
            out.numbers = kept + size;
            out.levels = out.numbers + width * width;
            out.pairs = square ? out.levels + size * width : nullptr;
        }
        return out;
    }
    // To what the first part keeps, what the others keep, in their order.
    void add(std::vector<double>& kept) const {
        for (std::size_t k = 1; k < parts.count; ++k)
            for (std::size_t j = 0; j < each; ++j) kept[j] += kept[k * each + j];
    }
};

// |(1, z)|^2 of a row with no levels, and what each level changes: its column is (1 - c) / s instead of -c / s.
struct CodesNorms {
    double base = 1.0;
    std::vector<double> change;
    explicit CodesNorms(const CodesView& view) : change(1 + view.shift.size()) {
        for (std::size_t j = 0; j < view.shift.size(); ++j) {
            const double c = view.shift[j], i = view.inverse[j];
            base += c * i * (c * i);
            change[1 + j] = (1.0 - 2.0 * c) * i * i;
        }
    }
};

ODDSMITH_CLONES static void codes_eta(const std::int32_t* code, std::size_t m, const double* u, double* eta) {
#pragma omp simd
    for (std::size_t i = 0; i < m; ++i) eta[i] += u[1 + static_cast<std::ptrdiff_t>(code[i])];
}

// The second-order sums of one panel in which a level takes part. Returns the largest |(1, z)|^2 of its rows of positive
// weight.
ODDSMITH_CLONES static double codes_levels(const Codes& x, std::size_t start, std::size_t m, std::size_t width,
                                           const double* z, const double* h, const double* w, const CodesNorms& norms,
                                           const CodesSums& sums) {
    const std::size_t size = 1 + x.cols;
    double reach = 0.0;
    for (std::size_t i = 0; i < m; ++i) {
        const double* row = z + i * width;
        double norm = norms.base;
        for (std::size_t j = 1; j <= x.numbers.cols; ++j) norm += row[j] * row[j];
        for (std::size_t a = 0; a < x.categories; ++a) {
            const auto slot = static_cast<std::size_t>(1 + static_cast<std::ptrdiff_t>(*x.category(a, start + i)));
            double* level = sums.levels + slot * width;
#pragma omp simd
            for (std::size_t j = 0; j < width; ++j) level[j] += h[i] * row[j];
            norm += norms.change[slot];
            for (std::size_t b = a + 1; b < x.categories; ++b)
                sums.pairs[slot * size + 1 + static_cast<std::ptrdiff_t>(*x.category(b, start + i))] += h[i];
        }
        reach = norm > reach && !(w && w[i] == 0.0) ? norm : reach;
    }
    return reach;
}

// All second-order sums of one panel; scratch is of 2 m width.
inline double codes_gram(const Codes& x, const CodesView& view, const CodesNorms& norms, std::size_t start,
                         std::size_t m, std::size_t width, const double* h, const double* w, double* scratch,
                         const CodesSums& sums) {
    panel_pack(x.numbers, start, m, view.number_centre.data(), view.number_inverse.data(), width, scratch);
    panel_gram(scratch, scratch + m * width, m, width, h, w, sums.numbers);
    return codes_levels(x, start, m, width, scratch, h, w, norms, sums);
}

// From the sums of all parts to the Hessian, which comes in zeroed.
inline void codes_hessian(const Codes& x, const CodesView& view, std::size_t width, const CodesSums& sums,
                          double* hessian) {
    const std::size_t d = x.numbers.cols, size = 1 + x.cols;
    const auto slot = [&](std::size_t j) { return j ? 1 + static_cast<std::size_t>(x.places[j - 1]) : 0; };
    const auto at = [&](std::size_t a, std::size_t b) -> double& {
        return hessian[std::min(a, b) * size + std::max(a, b)];
    };
    std::vector<char> number(size);
    for (std::size_t j = 0; j <= d; ++j) number[slot(j)] = 1;
    for (std::size_t j = 0; j <= d; ++j)
        for (std::size_t k = j; k <= d; ++k) at(slot(j), slot(k)) = sums.numbers[j * width + k];
    for (std::size_t a = 1; a < size; ++a) {
        if (number[a]) continue;
        for (std::size_t j = 0; j <= d; ++j) at(slot(j), a) = sums.levels[a * width + j];
        at(a, a) = sums.levels[a * width];
        for (std::size_t b = 1; sums.pairs && b < size; ++b) at(a, b) += sums.pairs[a * size + b];
    }
    // centre and scale the levels: numbers have a shift of 0, and are scaled already
    const std::vector<double> first(hessian, hessian + size);
    for (std::size_t a = 0; a < size; ++a) {
        const double ca = a ? view.shift[a - 1] : 0.0, ia = number[a] ? 1.0 : view.inverse[a - 1];
        for (std::size_t b = a; b < size; ++b) {
            const double cb = b ? view.shift[b - 1] : 0.0, ib = number[b] ? 1.0 : view.inverse[b - 1];
            const double centred = hessian[a * size + b] - ca * first[b] - cb * first[a] + ca * cb * first[0];
            hessian[a * size + b] = hessian[b * size + a] = centred * ia * ib;
        }
    }
}

// One part: its panels in order, each read twice while it is in cache.
template <class Loss>
Sums codes_part(const Codes& x, const CodesView& view, const CodesNorms& norms, const Rows& rows, const double* u,
                const double* number_u, double intercept, std::size_t first, std::size_t last, std::size_t panel,
                std::size_t width, double* scratch, const CodesSums& part) {
    double *eta = scratch, *v = eta + panel, *r = v + panel, *h = r + panel;
    double *g = h + panel, *packed = g + x.numbers.cols;
    std::fill(g, packed, 0.0);
    Sums sums;
    double total = 0.0;
    for (std::size_t start = first; start < last; start += panel) {
        const std::size_t m = std::min(panel, last - start);
        const double* w = rows.weight ? rows.weight + start : nullptr;
        for (std::size_t i = 0; i < m; ++i) eta[i] = intercept + (rows.offset ? rows.offset[start + i] : 0.0);
        panel_eta(x.numbers, start, m, view.number_centre.data(), number_u, eta);
        for (std::size_t k = 0; k < x.categories; ++k) codes_eta(x.category(k, start), m, u, eta);
        sums.value += Loss::panel(eta, rows.target + start, w, m, v, r, h);
        if (part.gradient) {
            total += panel_sum(r, m);
            panel_gradient(x.numbers, start, m, view.number_centre.data(), r, g);
            for (std::size_t k = 0; k < x.categories; ++k) {
                const std::int32_t* code = x.category(k, start);
                for (std::size_t i = 0; i < m; ++i) part.gradient[1 + static_cast<std::ptrdiff_t>(code[i])] += r[i];
            }
        }
        if (part.numbers)
            sums.reach = std::max(sums.reach, codes_gram(x, view, norms, start, m, width, h, w, packed, part));
    }
    if (part.gradient) {
        part.gradient[0] = total;
        for (std::size_t j = 0; j < x.numbers.cols; ++j) part.gradient[1 + x.places[j]] = g[j];
    }
    return sums;
}

inline std::size_t codes_panel(const Codes& x) { return panel_rows(8 * x.numbers.cols + 4 * x.categories + 1); }

}  // namespace detail

// [1, Z]' diag(h) [1, Z] for given h, into a matrix of (1 + cols)^2 that comes in zeroed.
inline void gram(const Codes& x, const View& standard, const double* h, double* out, std::size_t threads) {
    const detail::CodesLayout layout(x, 2);
    const Parts& parts = layout.parts;
    const std::size_t panel = detail::codes_panel(x), scratch = 2 * panel * layout.width;
    threads = std::min(threads, parts.count);
    const detail::CodesView view(x, standard);
    const detail::CodesNorms norms(view);
    std::vector<double> scratches(threads * scratch), kept(parts.count * layout.each);
    in_parallel(parts.count, threads, [&](std::size_t k, std::size_t worker) {
        const std::size_t last = std::min(x.rows, (k + 1) * parts.rows_each);
        for (std::size_t start = k * parts.rows_each; start < last; start += panel)
            detail::codes_gram(x, view, norms, start, std::min(panel, last - start), layout.width, h + start, nullptr,
                               scratches.data() + worker * scratch, layout.at(kept.data() + k * layout.each));
    });
    layout.add(kept);
    detail::codes_hessian(x, view, layout.width, layout.at(kept.data()), out);
}

// order 0: value; 1: and gradient; 2: and Hessian. The outputs come in zeroed, [1 + cols] and [(1 + cols)^2].
template <class Loss>
Sums sweep(const Codes& x, const View& standard, const Rows& rows, const double* beta, int order, double* gradient,
           double* hessian, std::size_t threads) {
    const std::size_t d = x.numbers.cols, n = x.rows, size = 1 + x.cols;
    const detail::CodesLayout layout(x, order);
    const Parts& parts = layout.parts;
    const std::size_t panel = detail::codes_panel(x);
    threads = std::min(threads, parts.count);

    const detail::CodesView view(x, standard);
    const detail::CodesNorms norms(view);
    std::vector<double> u(size), number_u(d);
    double base = beta[0];
    for (std::size_t j = 1; j < size; ++j) {
        u[j] = beta[j] * view.inverse[j - 1];
        base -= view.shift[j - 1] * u[j];
    }
    for (std::size_t j = 0; j < d; ++j) number_u[j] = u[1 + static_cast<std::size_t>(x.places[j])];

    const std::size_t scratch = panel * (4 + 2 * layout.width) + d;
    std::vector<double> scratches(threads * scratch), kept(parts.count * layout.each);
    std::vector<Sums> sums(parts.count);
    in_parallel(parts.count, threads, [&](std::size_t k, std::size_t worker) {
        sums[k] = detail::codes_part<Loss>(x, view, norms, rows, u.data(), number_u.data(), base, k * parts.rows_each,
                                           std::min(n, (k + 1) * parts.rows_each), panel, layout.width,
                                           scratches.data() + worker * scratch,
                                           layout.at(kept.data() + k * layout.each));
    });

    Sums total = sums[0];
    for (std::size_t k = 1; k < parts.count; ++k) {
        total.value += sums[k].value;
        total.reach = std::max(total.reach, sums[k].reach);
    }
    layout.add(kept);
    if (order >= 1) {
        gradient[0] = kept[0];
        for (std::size_t j = 1; j < size; ++j)
            gradient[j] = (kept[j] - view.shift[j - 1] * kept[0]) * view.inverse[j - 1];
    }
    if (order >= 2) detail::codes_hessian(x, view, layout.width, layout.at(kept.data()), hessian);
    return total;
}

}  // namespace oddsmith
