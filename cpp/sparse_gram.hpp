// Products of the columns of compressed rows (CSR). Most of the entries are in few columns, those that many rows store:
// these are laid out densely, a panel of rows at a time, and only the rare ones among each other are met one by one.
#pragma once

#include <algorithm>
#include <numeric>
#include <vector>

#include "panels.hpp"

namespace oddsmith {

// Every row's columns ascend, none twice. Index is int32 or int64, as the caller holds it; begin[0] need not be 0.
template <class T, class Index>
struct Csr {
    const T* data;
    const Index *columns, *begin;
    std::size_t rows, cols;
    std::size_t entries() const { return static_cast<std::size_t>(begin[rows] - begin[0]); }
};

namespace detail {

constexpr std::size_t crowd = 32;  // columns laid out densely
constexpr std::size_t gram_panel = 128, unit = 8, across = 16;
constexpr double crowded = 4.0;  // entries of a row among them, on average, that make it worth while

template <class Real>
struct Met {
    std::int32_t at, row;  // where the column stands, and the row in its panel
    Real value;
};

// A panel's rows of the crowd, and the same times h.
template <class Real>
struct Crowd {
    std::vector<Real, LineAllocator<Real>> rows, weighted;
    Crowd() : rows((gram_panel + 1) * crowd), weighted(gram_panel * crowd) {}
};

template <class Real>
ODDSMITH_INLINE void weigh(const Real* rows, std::size_t m, const double* h, Real* weighted) {
    for (std::size_t i = 0; i < m; ++i) {
        const auto hi = static_cast<Real>(h[i]);
#pragma omp simd
        for (std::size_t c = 0; c < crowd; ++c) weighted[i * crowd + c] = hi * rows[i * crowd + c];
    }
}

// Every rare entry times the crowd's entries of its row; rows of `strip` stand for the rare columns from `first` on.
template <class Real>
ODDSMITH_INLINE void meet(const Met<Real>* rare, std::size_t count, std::int32_t first, const Real* weighted,
                          Real* strip) {
    for (std::size_t e = 0; e < count; ++e) {
        const Real* with = weighted + static_cast<std::size_t>(rare[e].row) * crowd;
        Real* to = strip + static_cast<std::size_t>(rare[e].at - first) * crowd;
        const Real x = rare[e].value;
#pragma omp simd
        for (std::size_t c = 0; c < crowd; ++c) to[c] += x * with[c];
    }
}

// The crowd among itself: `unit` rows of its products, from row a on, over the m rows of a panel; upper triangle.
template <class Real>
ODDSMITH_INLINE void cross(const Real* rows, const Real* weighted, std::size_t m, std::size_t a, Real* out) {
    for (std::size_t b = a / across * across; b < crowd; b += across) {
        Real tile[unit][across] = {};
        for (std::size_t i = 0; i < m; ++i)
            for (std::size_t s = 0; s < unit; ++s) {
#pragma omp simd
                for (std::size_t c = 0; c < across; ++c)
                    tile[s][c] += weighted[i * crowd + a + s] * rows[i * crowd + b + c];
            }
        for (std::size_t s = 0; s < unit; ++s)
            for (std::size_t c = 0; c < across; ++c) out[s * crowd + b + c] += tile[s][c];
    }
}

#define ODDSMITH_CROWD(Real)                                                                                          \
    ODDSMITH_CLONES static void weigh_crowd(const Real* rows, std::size_t m, const double* h, Real* weighted) {       \
        weigh(rows, m, h, weighted);                                                                                  \
    }                                                                                                                 \
    ODDSMITH_CLONES static void meet_crowd(const Met<Real>* rare, std::size_t count, std::int32_t first,             \
                                           const Real* weighted, Real* strip) {                                       \
        meet(rare, count, first, weighted, strip);                                                                    \
    }                                                                                                                 \
    ODDSMITH_CLONES static void cross_crowd(const Real* rows, const Real* weighted, std::size_t m, std::size_t a,     \
                                            Real* out) {                                                              \
        cross(rows, weighted, m, a, out);                                                                             \
    }
ODDSMITH_CROWD(float)
ODDSMITH_CROWD(double)
#undef ODDSMITH_CROWD

// Which columns are the crowd, where the others stand, and how these are cut into shares of about the same work.
struct GramPlan {
    std::vector<std::int32_t> where;  // of each column: its place among the rare ones, -1 for none
    std::vector<std::uint8_t> slot;   // and among the crowd, `crowd` for none
    std::vector<std::size_t> members, cut;

    // Some rows tell. Where the first `known` places are done already, no other joins the crowd.
    template <class T, class Index>
    GramPlan(const Csr<T, Index>& x, const std::int64_t* place, std::size_t size, std::size_t known,
             std::size_t threads)
        : where(x.cols), slot(x.cols, crowd) {
        for (std::size_t j = 0; j < x.cols; ++j) where[j] = static_cast<std::int32_t>(place ? place[j] : j);
        std::vector<double> stored(size), work(size);
        const std::size_t step = 1 + x.rows / 4096;
        for (std::size_t i = 0; i < x.rows; i += step)
            for (Index k = x.begin[i]; k < x.begin[i + 1]; ++k)
                if (where[x.columns[k]] >= 0) ++stored[static_cast<std::size_t>(where[x.columns[k]])];
        choose(stored, known, crowded * static_cast<double>((x.rows + step - 1) / step));
        std::vector<std::uint8_t> among(size, crowd);
        for (std::size_t c = 0; c < members.size(); ++c) among[members[c]] = static_cast<std::uint8_t>(c);
        for (std::size_t j = 0; j < x.cols; ++j) {
            if (where[j] < 0) continue;
            slot[j] = among[static_cast<std::size_t>(where[j])];
            if (slot[j] < crowd) where[j] = -1;
        }
        for (std::size_t i = 0; i < x.rows && threads > 1; i += step) {
            double later = 4.0;  // what the crowd costs
            for (Index k = x.begin[i + 1]; k-- > x.begin[i];)
                if (where[x.columns[k]] >= 0) work[static_cast<std::size_t>(where[x.columns[k]])] += ++later;
        }
        const double total = std::accumulate(work.begin(), work.end(), 0.0);
        double seen = 0.0;
        cut.push_back(0);
        for (std::size_t a = 0; a < size && cut.size() < threads; ++a) {
            seen += work[a];
            if (seen * static_cast<double>(threads) >= total * static_cast<double>(cut.size())) cut.push_back(a + 1);
        }
        cut.push_back(size);
    }

   private:
    void choose(const std::vector<double>& stored, std::size_t known, double least) {
        std::vector<std::size_t> order(known > 0 ? known : stored.size());
        std::iota(order.begin(), order.end(), std::size_t{0});
        const std::size_t most = std::min(crowd, order.size());
        std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(most), order.end(),
                          [&](std::size_t a, std::size_t b) {
                              return stored[a] > stored[b] || (stored[a] == stored[b] && a < b);
                          });
        double sum = 0.0;
        for (std::size_t c = 0; c < most; ++c) sum += stored[order[c]];
        if (sum >= least) members.assign(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(most));
    }
};

}  // namespace detail

// out += X' diag(h) X among the columns j with place[j] >= 0, of `size` rows, `stride` apart, its upper triangle; but not
// among the first `known` places. place ascends over those columns; null stands for all. Each thread owns some rows of
// `out` and sums over all rows of X in order: no bit depends on how they are shared out, and no thread needs a matrix of
// its own.
template <class Real, class T, class Index>
void gram(const Csr<T, Index>& x, const std::int64_t* place, std::size_t size, std::size_t stride, const double* h,
          std::size_t known, Real* out, std::size_t threads) {
    using detail::crowd, detail::gram_panel, detail::unit;
    const detail::GramPlan plan(x, place, size, known, threads);
    const bool dense = !plan.members.empty();
    std::size_t longest = 0;
    for (std::size_t i = 0; i < x.rows; ++i)
        longest = std::max(longest, static_cast<std::size_t>(x.begin[i + 1] - x.begin[i]));
    const std::size_t shares = plan.cut.size() - 1;
    in_parallel(shares, threads, [&](std::size_t share, std::size_t) {
        const auto first = static_cast<std::int32_t>(plan.cut[share]), last = static_cast<std::int32_t>(plan.cut[share + 1]);
        const auto fresh = static_cast<std::int32_t>(known), from = std::max(first, fresh);
        std::vector<detail::Met<Real>> rare((dense ? gram_panel : 1) * (longest + 1));
        detail::Crowd<Real> seated;
        std::vector<Real, LineAllocator<Real>> inner(crowd * crowd);
        std::vector<Real, LineAllocator<Real>> strip(dense && last > from ? static_cast<std::size_t>(last - from) * crowd : 0);
        for (std::size_t start = 0; start < x.rows; start += gram_panel) {
            const std::size_t m = std::min(gram_panel, x.rows - start);
            std::size_t kept = 0;
            for (std::size_t i = 0; i < m; ++i) {
                const Index begin = x.begin[start + i], end = x.begin[start + i + 1];
                Real* seats = seated.rows.data() + i * crowd;  // one more, in the next row, is for all who have none
                if (dense) std::fill(seats, seats + crowd, Real{0});
                if (known > 0 && !place && (begin == end || plan.where[x.columns[end - 1]] < fresh)) continue;
                detail::Met<Real>* own = rare.data() + kept;
                std::size_t count = 0;
                for (Index k = begin; k < end; ++k) {
                    const auto j = x.columns[k];
                    const auto value = static_cast<Real>(x.data[k]);
                    seats[plan.slot[j]] = value;
                    own[count] = {plan.where[j], static_cast<std::int32_t>(i), value};
                    count += plan.where[j] >= first;
                }
                if (count == 0 || own[count - 1].at < fresh) continue;
                std::size_t later = 0;  // where the places that are not known begin
                while (own[later].at < fresh) ++later;
                std::size_t a = 0;
                for (; a < count && own[a].at < last; ++a) {
                    const Real hx = static_cast<Real>(h[start + i]) * own[a].value;
                    Real* row = out + static_cast<std::size_t>(own[a].at) * stride;
                    for (std::size_t b = std::max(a, later); b < count; ++b) row[own[b].at] += hx * own[b].value;
                }
                if (!dense) continue;
                for (std::size_t e = later; e < a; ++e) rare[kept++] = own[e];
            }
            if (!dense) continue;
            detail::weigh_crowd(seated.rows.data(), m, h + start, seated.weighted.data());
            detail::meet_crowd(rare.data(), kept, from, seated.weighted.data(), strip.data());
            for (std::size_t u = share; u * unit < crowd && known == 0; u += shares)
                detail::cross_crowd(seated.rows.data(), seated.weighted.data(), m, u * unit, inner.data() + u * unit * crowd);
        }
        const auto add = [&](std::size_t a, std::size_t b, Real value) {
            out[std::min(a, b) * stride + std::max(a, b)] += value;
        };
        const std::vector<std::size_t>& members = plan.members;
        for (std::size_t a = 0; a < strip.size() / crowd; ++a)
            for (std::size_t c = 0; c < members.size(); ++c)
                if (strip[a * crowd + c] != Real{0}) add(static_cast<std::size_t>(from) + a, members[c], strip[a * crowd + c]);
        for (std::size_t u = share; u * unit < members.size() && known == 0; u += shares)
            for (std::size_t a = u * unit; a < std::min(members.size(), (u + 1) * unit); ++a)
                for (std::size_t c = a; c < members.size(); ++c) add(members[a], members[c], inner[a * crowd + c]);
    });
}

}  // namespace oddsmith
