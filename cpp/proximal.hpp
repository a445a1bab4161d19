// Proximal Newton steps of a problem, one of several on the same rows: by a model that it carries along, on the columns
// that matter to it, until it is done or the model no longer serves.
#pragma once

#include <limits>

#include "columns.hpp"
#include "models.hpp"

namespace oddsmith {

// What all problems share: columns at hand, standardised, one after another; and which column each is.
struct AtHand {
    const double *z, *target;
    const std::int64_t* columns;
    std::size_t rows;
};

// One of them. beta, slopes, thresholds and curvature have an entry for every column, the last two for alpha = 1.
struct Problem {
    float* hessian;  // [size][size]
    Within within;
    const double* across;  // of the columns at hand: what the intercept takes along when it is eliminated
    double mass;           // its own curvature when the Hessian was made
    const double* weights;
    double *eta, *r, *beta, *slopes;
    const double *thresholds, *curvature;
    double *first, *loss, *curved, *cost, *decrement, *left;  // one number each; of these cost is for alpha = 1
    double goal;
};

struct Rules {
    double alpha;
    double accuracy, sweeps;   // to which a model's violation is brought down, and in how many sweeps at most
    double stale, young;       // a model is stale when a decrement falls by less; but not before so many steps
    double sure, least_left;   // times what a step may leave; the least that it is taken to
    double floor, curved;      // of rounding; the least share of curvature that corrects a model
    double rounds, halves;     // at most
};

enum Outcome : std::int64_t { done, stale, stuck, nowhere };  // the last: stuck at the first step

class ProximalNewton {
   public:
    ProximalNewton(const AtHand& shared, const Problem& problem, const Rules& rules, bool intercept, std::size_t threads)
        : shared(shared), p(problem), rules(rules), size(p.within.size), threads(threads), intercept(intercept) {
        for (std::size_t j = 0; j < size; ++j) {
            const auto place = static_cast<std::size_t>(p.within.places[j]);
            const auto column = static_cast<std::size_t>(shared.columns[place]);
            z.push_back(shared.z + place * shared.rows), across.push_back(p.across[place]);
            b.push_back(p.beta[column]), slope.push_back(p.slopes[column]);
            t.push_back(rules.alpha * p.thresholds[column]), c.push_back(rules.alpha * p.curvature[column]);
        }
        start = intercept ? panel_sum(p.r, shared.rows) : 0.0;
    }

    Outcome go_on() {
        const Outcome outcome = steps();
        for (std::size_t j = 0; j < size; ++j) {
            const auto column = static_cast<std::size_t>(shared.columns[p.within.places[j]]);
            p.beta[column] = b[j], p.slopes[column] = slope[j];
        }
        *p.cost = penalty(0.0) / rules.alpha;
        return outcome;
    }

   private:
    Outcome steps() {
        double last = std::numeric_limits<double>::infinity();
        for (double age = 0.0; age < rules.rounds; ++age) {
            const double fall = minimise(), scale = std::fabs(*p.loss + penalty(0.0));
            *p.decrement = fall;
            if (std::isfinite(last)) *p.left = std::max(fall / last, rules.least_left);
            if (fall <= p.goal * scale || (fall <= rules.floor * scale && fall > 0.5 * last)) return done;
            if (fall > rules.stale * last && age >= rules.young) return stale;
            const double length = search();
            if (length == 0.0) return age > 0.0 ? stuck : nowhere;
            // what is left need not be looked at if the steps before tell; each time it is taken for twice as much
            const double leaves = rules.sure * *p.left * fall;
            if (length == 1.0 && leaves <= p.goal * std::fabs(*p.loss)) {
                *p.decrement = leaves, *p.left *= 2.0;
                return done;
            }
            last = fall;
        }
        return stale;
    }

    // The step to the model's minimum, and by how much it falls; as if the model were as flat as the loss has become since
    // it was made, which leaves farther to fall.
    double minimise() {
        std::vector<double> before = slope;
        double worst = 0.0;
        for (std::size_t j = 0; j < size; ++j) {
            before[j] -= across[j] * start;
            worst = std::max(worst, violation(b[j], before[j] + c[j] * b[j], t[j]));
        }
        step.assign(size, 0.0), image = before;
        descend(Quadratic<float>{p.hessian, t.data(), c.data(), b.data(), size}, rules.accuracy * worst,
                static_cast<std::size_t>(rules.sweeps), image.data(), step.data());
        double change = -0.5 * start * start / p.mass;
        first = -start / p.mass;
        for (std::size_t j = 0; j < size; ++j) {
            const double end = b[j] + step[j];
            change += 0.5 * (step[j] * (before[j] + image[j]) + c[j] * (end * end - b[j] * b[j])) +
                      t[j] * (std::fabs(end) - std::fabs(b[j]));
            first -= across[j] * step[j];
            image[j] -= before[j];
        }
        return std::max(0.0, -change) / std::min(1.0, *p.curved / p.mass);
    }

    // Take the step, halved until it descends, and correct the model by what it has shown. How long it was: 0 if none did.
    double search() {
        const double cost = penalty(0.0), value = *p.loss + cost, loss = *p.loss, bend = *p.curved, before = start;
        double along = start * first, length = 1.0;
        for (std::size_t j = 0; j < size; ++j) along += slope[j] * step[j];
        const std::vector<double> old = slope, eta(p.eta, p.eta + shared.rows), r(p.r, p.r + shared.rows);
        for (double halves = 0.0; halves < rules.halves; ++halves, length *= 0.5) {
            if (length < 1.0) std::copy(eta.begin(), eta.end(), p.eta);
            move(length);
            const double own = penalty(length);
            if (!(*p.loss + own <= value + 0.01 * (length * along + own - cost) + rules.floor * std::fabs(value))) continue;
            std::vector<double> change(size);
            for (std::size_t j = 0; j < size; ++j) {
                step[j] *= length, image[j] *= length, b[j] += step[j];
                change[j] = slope[j] - old[j] - across[j] * (start - before);
            }
            *p.first += length * first;
            correct_model(p.hessian, step, image, change, rules.curved, threads);
            return length;
        }
        std::copy(eta.begin(), eta.end(), p.eta), std::copy(r.begin(), r.end(), p.r);
        *p.loss = loss, *p.curved = bend, slope = old, start = before;
        return 0.0;
    }

    double penalty(double length) const {
        double sum = 0.0;
        for (std::size_t j = 0; j < size; ++j) {
            const double at = b[j] + (length > 0.0 ? length * step[j] : 0.0);
            sum += t[j] * std::fabs(at) + 0.5 * c[j] * at * at;
        }
        return sum;
    }

    // So far along the step: eta, r, the loss and its slopes are those of there. Rows that the problem has not are left.
    void move(double length) {
        const Parts parts(shared.rows, few_rows, 16);
        const std::size_t in_cache = (std::size_t{1} << 17) / std::max<std::size_t>(1, size) / 64 * 64;
        const std::size_t panel = std::clamp<std::size_t>(in_cache, 64, few_rows);
        std::vector<const double*> used;
        std::vector<double> by;
        for (std::size_t j = 0; j < size; ++j)
            if (step[j] != 0.0) used.push_back(z[j]), by.push_back(length * step[j]);
        std::vector<double> slopes(parts.count * size), sums(parts.count * 3);
        in_parallel(parts.count, threads, [&](std::size_t part, std::size_t) {
            std::vector<double> values(panel), h(panel);
            double* own = sums.data() + 3 * part;
            const std::size_t last = std::min(shared.rows, (part + 1) * parts.rows_each);
            for (std::size_t from = part * parts.rows_each; from < last; from += panel) {
                const std::size_t m = std::min(panel, last - from);
                const double* weights = p.weights + from;
                if (std::all_of(weights, weights + m, [](double w) { return w == 0.0; })) continue;
                add_columns(used, by.data(), length * first, from, m, p.eta + from);
                own[0] += logistic_panel(p.eta + from, shared.target + from, weights, m, values.data(), p.r + from, h.data());
                own[1] += panel_sum(h.data(), m);
                own[2] += panel_sum(p.r + from, m);
                dot_columns(z, p.r + from, from, m, slopes.data() + part * size);
            }
        });
        *p.loss = *p.curved = start = 0.0, slope.assign(size, 0.0);
        for (std::size_t part = 0; part < parts.count; ++part) {
            for (std::size_t j = 0; j < size; ++j) slope[j] += slopes[part * size + j];
            *p.loss += sums[3 * part], *p.curved += sums[3 * part + 1], start += sums[3 * part + 2];
        }
        if (!intercept) start = 0.0;
    }

    const AtHand& shared;
    const Problem& p;
    const Rules& rules;
    const std::size_t size, threads;
    const bool intercept;
    std::vector<const double*> z;
    std::vector<double> across, b, t, c, slope, step, image;
    double start, first = 0.0;  // the slope and the step of the intercept
};

// Each on a thread of its own; the threads that are left take part in it.
inline void proximal_newton(const AtHand& shared, const std::vector<Problem>& problems, const Rules& rules, bool intercept,
                            std::int64_t* outcomes, std::size_t threads) {
    const std::size_t each = std::max<std::size_t>(1, threads / std::max<std::size_t>(1, problems.size()));
    in_parallel(problems.size(), threads, [&](std::size_t k, std::size_t) {
        outcomes[k] = ProximalNewton(shared, problems[k], rules, intercept, each).go_on();
    });
}

}  // namespace oddsmith
