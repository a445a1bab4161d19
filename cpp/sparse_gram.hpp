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
    bool ascends;  // all columns are taken: the last of a row stands last

    // Some rows tell. Where the first `known` places are done already, no other joins the crowd.
    template <class T, class Index>
    GramPlan(const Csr<T, Index>& x, const std::int64_t* place, std::size_t size, std::size_t known,
             std::size_t threads)
        : where(x.cols), slot(x.cols, crowd), ascends(place == nullptr) {
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

// What one thread adds up: some rows of the products of rare columns with each other and with the crowd, and of those
// of the crowd with itself.
template <class Real, class T, class Index>
class GramShare {
   public:
    GramShare(const Csr<T, Index>& x, const GramPlan& plan, std::size_t share, std::size_t known, std::size_t longest)
        : x(x), plan(plan), share(share), shares(plan.cut.size() - 1), dense(!plan.members.empty()),
          first(static_cast<std::int32_t>(plan.cut[share])), last(static_cast<std::int32_t>(plan.cut[share + 1])),
          fresh(static_cast<std::int32_t>(known)), from(std::max(first, fresh)),
          rare((dense ? gram_panel : 1) * (longest + 1)), inner(crowd * crowd),
          strip(dense && last > from ? static_cast<std::size_t>(last - from) * crowd : 0) {}

    // A panel of m rows.
    void add(std::size_t start, std::size_t m, const double* h, std::size_t stride, Real* out) {
        std::size_t kept = 0;
        for (std::size_t i = 0; i < m; ++i) {
            if (dense) std::fill_n(seated.rows.data() + i * crowd, crowd, Real{0});
            Met<Real>* own = rare.data() + kept;
            const std::size_t count = collect(start + i, i, own), later = first_fresh(own, count);
            std::size_t a = 0;
            for (; a < count && later < count && own[a].at < last; ++a) {
                const Real hx = static_cast<Real>(h[start + i]) * own[a].value;
                Real* row = out + static_cast<std::size_t>(own[a].at) * stride;
                for (std::size_t b = std::max(a, later); b < count; ++b) row[own[b].at] += hx * own[b].value;
            }
            for (std::size_t e = later; dense && e < a; ++e) rare[kept++] = own[e];
        }
        if (!dense) return;
        weigh_crowd(seated.rows.data(), m, h + start, seated.weighted.data());
        meet_crowd(rare.data(), kept, from, seated.weighted.data(), strip.data());
        for (std::size_t a = share * unit; a < crowd && fresh == 0; a += shares * unit)
            cross_crowd(seated.rows.data(), seated.weighted.data(), m, a, inner.data() + a * crowd);
    }

    // What was kept here meanwhile.
    void finish(std::size_t stride, Real* out) const {
        const auto put = [&](std::size_t a, std::size_t b, Real value) {
            out[std::min(a, b) * stride + std::max(a, b)] += value;
        };
        const std::vector<std::size_t>& seats = plan.members;
        for (std::size_t a = 0; a < strip.size() / crowd; ++a)
            for (std::size_t c = 0; c < seats.size(); ++c)
                if (strip[a * crowd + c] != Real{0})
                    put(static_cast<std::size_t>(from) + a, seats[c], strip[a * crowd + c]);
        for (std::size_t first_row = share * unit; first_row < seats.size() && fresh == 0; first_row += shares * unit)
            for (std::size_t a = first_row; a < std::min(seats.size(), first_row + unit); ++a)
                for (std::size_t c = a; c < seats.size(); ++c) put(seats[a], seats[c], inner[a * crowd + c]);
    }

   private:
    // The rare columns of a row that are not before this share's first, ascending; the crowd takes its seats. None, if
    // the row stores nothing fresh.
    ODDSMITH_INLINE std::size_t collect(std::size_t row, std::size_t i, Met<Real>* own) {
        const Index begin = x.begin[row], end = x.begin[row + 1];
        if (fresh > 0 && plan.ascends && (begin == end || plan.where[x.columns[end - 1]] < fresh)) return 0;
        Real* seats = seated.rows.data() + i * crowd;  // one more, in the next row, is for all who have none
        const std::int32_t *where = plan.where.data(), least = first;
        const std::uint8_t* slot = plan.slot.data();
        std::size_t count = 0;
        for (Index k = begin; k < end; ++k) {
            const auto j = x.columns[k];
            const auto value = static_cast<Real>(x.data[k]);
            const std::int32_t at = where[j];
            seats[slot[j]] = value;
            own[count] = {at, static_cast<std::int32_t>(i), value};
            count += at >= least;
        }
        return count;
    }

    ODDSMITH_INLINE std::size_t first_fresh(const Met<Real>* own, std::size_t count) const {
        std::size_t later = 0;
        while (fresh > 0 && later < count && own[later].at < fresh) ++later;
        return later;
    }

    const Csr<T, Index>& x;
    const GramPlan& plan;
    std::size_t share, shares;
    bool dense;
    std::int32_t first, last, fresh, from;  // this share's places; those that are not known; both
    std::vector<Met<Real>> rare;
    Crowd<Real> seated;
    std::vector<Real, LineAllocator<Real>> inner, strip;
};

}  // namespace detail

// out += X' diag(h) X among the columns j with place[j] >= 0, of `size` rows, `stride` apart, its upper triangle; but
// not among the first `known` places. place ascends over those columns; null stands for all. Each thread owns some rows
// of `out` and sums over all rows of X in order: no bit depends on how they are shared out, and none has a matrix of its
// own.
template <class Real, class T, class Index>
void gram(const Csr<T, Index>& x, const std::int64_t* place, std::size_t size, std::size_t stride, const double* h,
          std::size_t known, Real* out, std::size_t threads) {
    const detail::GramPlan plan(x, place, size, known, threads);
    std::size_t longest = 0;
    for (std::size_t i = 0; i < x.rows; ++i)
        longest = std::max(longest, static_cast<std::size_t>(x.begin[i + 1] - x.begin[i]));
    in_parallel(plan.cut.size() - 1, threads, [&](std::size_t share, std::size_t) {
        detail::GramShare<Real, T, Index> own(x, plan, share, known, longest);
        for (std::size_t start = 0; start < x.rows; start += detail::gram_panel)
            own.add(start, std::min(detail::gram_panel, x.rows - start), h, stride, out);
        own.finish(stride, out);
    });
}

}  // namespace oddsmith
