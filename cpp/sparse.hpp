// Rows in compressed form (CSR). z = (x - centre) / scale is never made: the centre enters by rank-one terms, so that a
// pass costs what is stored.
#pragma once

#include <mutex>
#include <type_traits>

#include "sparse_gram.hpp"
#include "sweep.hpp"

namespace oddsmith {

namespace detail {

constexpr double cancelled = 1e-3;  // the share of a sum of squares below which a spread has lost digits

// A vector of all columns for each part: so few that adding them up costs little beside the pass itself.
inline Parts sparse_parts(std::size_t rows, std::size_t entries, std::size_t vector) {
    return Parts(rows, 64, std::clamp<std::size_t>(entries / (4 * std::max<std::size_t>(1, vector)), 2, 64));
}

template <class T, class Index>
ODDSMITH_INLINE void eta_stored(const Csr<T, Index>& x, std::size_t start, std::size_t m, const double* u,
                                double* eta) {
    for (std::size_t i = 0; i < m; ++i) {
        Index k = x.begin[start + i];
        const Index end = x.begin[start + i + 1];
        double s0 = 0, s1 = 0, s2 = 0, s3 = 0;
        for (; k + 4 <= end; k += 4) {
            s0 += x.data[k] * u[x.columns[k]];
            s1 += x.data[k + 1] * u[x.columns[k + 1]];
            s2 += x.data[k + 2] * u[x.columns[k + 2]];
            s3 += x.data[k + 3] * u[x.columns[k + 3]];
        }
        for (; k < end; ++k) s0 += x.data[k] * u[x.columns[k]];
        eta[i] += (s0 + s1) + (s2 + s3);
    }
}

template <class T, class Index>
ODDSMITH_INLINE void gradient_stored(const Csr<T, Index>& x, std::size_t start, std::size_t m, const double* r,
                                     double* g) {
    for (std::size_t i = 0; i < m; ++i) {
        const double ri = r[i];
        for (Index k = x.begin[start + i]; k < x.begin[start + i + 1]; ++k) g[x.columns[k]] += x.data[k] * ri;
    }
}

// Calls work(part, own) with a vector of zeros, and adds what it left there to `total`, one part after another in their
// order. A vector that was added serves again while it is in cache; a part that is done before its turn is laid aside,
// so that no thread waits for one that the machine has put to sleep.
template <class Work>
void add_in_order(std::size_t parts, std::size_t threads, std::vector<double>& total, Work&& work) {
    std::vector<std::vector<double>> done(parts), spare;
    std::size_t next = 0;
    bool adding = false;
    std::mutex lock;
    in_parallel(parts, threads, [&](std::size_t k, std::size_t) {
        std::vector<double> own;
        std::unique_lock hold(lock);
        if (!spare.empty()) {
            own.swap(spare.back());
            spare.pop_back();
        }
        hold.unlock();
        own.resize(total.size());
        work(k, own.data());
        hold.lock();
        done[k].swap(own);
        if (adding) return;  // the thread that is adding will take this part too
        adding = true;
        for (; next < parts && !done[next].empty(); ++next) {
            own.swap(done[next]);
            hold.unlock();
            for (std::size_t j = 0; j < total.size(); ++j) {
                total[j] += own[j];
                own[j] = 0.0;
            }
            hold.lock();
            spare.emplace_back().swap(own);
        }
        adding = false;
    });
}

// Of columns that nearly every row stores, and nearly the same number: shifted by their means.
template <class T, class Index>
void shifted_moments(const Csr<T, Index>& x, const double* weight, const std::vector<std::int32_t>& place,
                     const std::vector<double>& shift, double* mean, double* deviation, std::size_t threads) {
    const std::size_t count = shift.size();
    std::vector<double> sums(3 * count + 1);  // a column's weight, sum and sum of squares; then all weight
    const Parts parts = sparse_parts(x.rows, x.entries(), 3 * count);
    add_in_order(parts.count, threads, sums, [&](std::size_t k, double* own) {
        for (std::size_t i = k * parts.rows_each; i < std::min(x.rows, (k + 1) * parts.rows_each); ++i) {
            const double w = weight ? weight[i] : 1.0;
            own[3 * count] += w;
            for (Index e = x.begin[i]; e < x.begin[i + 1]; ++e) {
                if (place[x.columns[e]] < 0) continue;
                const auto at = static_cast<std::size_t>(place[x.columns[e]]);
                const double d = x.data[e] - shift[at];
                own[3 * at] += w;  // of a column that every row stores to the bits of all weight
                own[3 * at + 1] += w * d;
                own[3 * at + 2] += w * d * d;
            }
        }
    });
    for (std::size_t j = 0; j < place.size(); ++j) {
        if (place[j] < 0) continue;
        const auto at = static_cast<std::size_t>(place[j]);
        const double total = sums[3 * count], missing = total - sums[3 * at], c = shift[at];
        const double gap = (sums[3 * at + 1] - missing * c) / total;
        mean[j] += c + gap;
        deviation[j] += sums[3 * at + 2] + missing * c * c - gap * gap * total;
    }
}

}  // namespace detail

// One pass; see `sweep` and `rough_hessian` below.
template <class Loss, class Real, class T, class Index>
Sums pass_stored(const Csr<T, Index>& x, const View& view, const Rows& rows, const double* beta, int order,
                 double* gradient, Real* hessian, std::size_t known, std::size_t threads) {
    const std::size_t p = x.cols, size = 1 + p;
    const Parts parts = detail::sparse_parts(x.rows, x.entries(), p);
    constexpr std::size_t panel = 128;
    constexpr bool rough = std::is_same_v<Real, float>;  // then the Hessian is all that is wanted
    std::vector<double> u(p), inverse(p);
    double base = beta[0];
    for (std::size_t j = 0; j < p; ++j) {
        inverse[j] = 1.0 / view.scale[j];
        u[j] = beta[1 + j] * inverse[j];
        base -= view.centre[j] * u[j];
    }
    const bool any = any_slope(u);
    // X'r, then the sum of r; with a Hessian X'h and the sum of h as well
    const std::size_t vectors = static_cast<std::size_t>(order);
    std::vector<double> totals(vectors * size);
    std::vector<double> h(order < 2 ? 0 : x.rows);
    std::vector<Sums> partial(parts.count);
    double empty = 1.0;  // |(1, z)|^2 of a row that stores nothing
    for (std::size_t j = 0; j < p; ++j) empty += view.centre[j] * inverse[j] * (view.centre[j] * inverse[j]);
    detail::add_in_order(parts.count, threads, totals, [&](std::size_t k, double* g) {
        double eta[panel], v[panel], r[panel], own[panel];
        const std::size_t last = std::min(x.rows, (k + 1) * parts.rows_each);
        for (std::size_t start = k * parts.rows_each; start < last; start += panel) {
            const std::size_t m = std::min(panel, last - start);
            double* curvature = order < 2 ? own : h.data() + start;
            const double* w = rows.weight ? rows.weight + start : nullptr;
            for (std::size_t i = 0; i < m; ++i) eta[i] = base + (rows.offset ? rows.offset[start + i] : 0.0);
            if (any) detail::eta_stored(x, start, m, u.data(), eta);
            partial[k].value += Loss::panel(eta, rows.target + start, w, m, v, r, curvature);
            if (order < 1) continue;
            if (!rough) {
                detail::gradient_stored(x, start, m, r, g);
                g[p] += panel_sum(r, m);
            }
            if (order < 2) continue;
            detail::gradient_stored(x, start, m, curvature, g + size);
            g[size + p] += panel_sum(curvature, m);
            for (std::size_t i = 0; i < m && !rough; ++i) {
                double norm = empty;
                for (Index e = x.begin[start + i]; e < x.begin[start + i + 1]; ++e) {
                    const auto j = x.columns[e];
                    norm += x.data[e] * inverse[j] * ((x.data[e] - 2.0 * view.centre[j]) * inverse[j]);
                }
                if (norm > partial[k].reach && !(w && w[i] == 0.0)) partial[k].reach = norm;
            }
        }
    });
    Sums total;
    for (const Sums& part : partial) {
        total.value += part.value;
        total.reach = std::max(total.reach, part.reach);
    }
    if (order >= 1 && !rough) {
        gradient[0] += totals[p];
        for (std::size_t j = 0; j < p; ++j)
            gradient[1 + j] += (totals[j] - view.centre[j] * totals[p]) * inverse[j];
    }
    if (order >= 2) {
        const double *t = totals.data() + size, sum = t[p];
        const std::size_t before = known > 0 ? known - 1 : 0;  // columns: the intercept is the first
        gram(x, nullptr, p, size, h.data(), before, hessian + size + 1, threads);
        if (known == 0) hessian[0] += static_cast<Real>(sum);
        for (std::size_t a = 0; a < p; ++a) {
            const double ca = view.centre[a];
            if (a >= before) hessian[1 + a] += static_cast<Real>((t[a] - ca * sum) * inverse[a]);
            Real* row = hessian + (1 + a) * size + 1;
            for (std::size_t b = std::max(a, before); b < p; ++b) {
                const double cb = view.centre[b];
                row[b] = static_cast<Real>((row[b] - ca * t[b] - cb * t[a] + sum * ca * cb) * inverse[a] * inverse[b]);
            }
        }
        mirror(hessian, size);
    }
    return total;
}

// As `sweep` over dense rows. The Hessian, which has to come in as zeros, takes a second reading of X, with the row
// Hessians of the first.
template <class Loss, class T, class Index>
Sums sweep(const Csr<T, Index>& x, const View& view, const Rows& rows, const double* beta, int order, double* gradient,
           double* hessian, std::size_t threads) {
    return pass_stored<Loss>(x, view, rows, beta, order, gradient, hessian, 0, threads);
}

// As over dense rows.
template <class T, class Index>
void scores(const Csr<T, Index>& x, const View& view, const double* v, double* out, std::size_t threads) {
    std::vector<double> u(x.cols);
    double base = 0.0;
    for (std::size_t j = 0; j < x.cols; ++j) {
        u[j] = v[j] / view.scale[j];
        base -= view.centre[j] * u[j];
    }
    const Parts parts(x.rows, 1024, 256);
    in_parallel(parts.count, threads, [&](std::size_t k, std::size_t) {
        const std::size_t start = k * parts.rows_each, m = std::min(x.rows, start + parts.rows_each) - start;
        for (std::size_t i = 0; i < m; ++i) out[start + i] += base;
        detail::eta_stored(x, start, m, u.data(), out + start);
    });
}

// As over dense rows. Products are summed before they are centred: where a mean is many standard deviations, digits go.
template <class Loss, class T, class Index>
void rough_hessian(const Csr<T, Index>& x, const View& view, const Rows& rows, const double* beta, std::size_t known,
                   float* hessian, std::size_t threads) {
    const std::size_t size = 1 + x.cols;
    for (std::size_t a = 0; a < size; ++a)
        std::fill(hessian + a * size + (a < known ? known : 0), hessian + (a + 1) * size, 0.0f);
    pass_stored<Loss>(x, view, rows, beta, 2, nullptr, hessian, known, threads);
}

// As `moments` over dense rows, the entries that are not stored counted as zeros. A column whose sum of squares is nearly
// that of its mean is looked at again: a constant comes out as one.
template <class T, class Index>
double moments(const Csr<T, Index>& x, const double* weight, double* mean, double* deviation, std::size_t threads) {
    const std::size_t p = x.cols;
    const Parts parts = detail::sparse_parts(x.rows, x.entries(), 2 * p);
    std::vector<double> sums(2 * p + 1);  // a column's sum and sum of squares; then the total weight
    detail::add_in_order(parts.count, threads, sums, [&](std::size_t k, double* own) {
        for (std::size_t i = k * parts.rows_each; i < std::min(x.rows, (k + 1) * parts.rows_each); ++i) {
            const double w = weight ? weight[i] : 1.0;
            own[2 * p] += w;
            for (Index e = x.begin[i]; e < x.begin[i + 1]; ++e) {
                double* column = own + 2 * static_cast<std::size_t>(x.columns[e]);
                const double d = x.data[e];
                column[0] += w * d;
                column[1] += w * d * d;
            }
        }
    });
    const double total = sums[2 * p];
    std::vector<std::int32_t> again(p, -1);
    std::vector<double> shift;
    for (std::size_t j = 0; j < p; ++j) {
        const double m = total > 0.0 ? sums[2 * j] / total : 0.0, square = sums[2 * j + 1], rest = square - m * m * total;
        if (square != 0.0 && !(rest > detail::cancelled * square)) {
            again[j] = static_cast<std::int32_t>(shift.size());
            shift.push_back(m);
        } else {
            mean[j] += m, deviation[j] += rest;
        }
    }
    if (!shift.empty()) detail::shifted_moments(x, weight, again, shift, mean, deviation, threads);
    return total;
}

}  // namespace oddsmith
