// What paths use: kernels of several problems on the same rows.
#pragma once

#include "arguments.hpp"
#include "columns.hpp"
#include "gather.hpp"
#include "proximal.hpp"
#include "stored.hpp"

namespace paths {

using Cube = nb::ndarray<const float, nb::ndim<3>, nb::c_contig, nb::device::cpu>;
using Hessians = std::vector<Grid<float>>;
using Sets = std::vector<Places>;
using Vectors = std::vector<Vector>;

inline void require_places(const Places& places, std::size_t count) {
    for (std::size_t j = 0; j < places.shape(0); ++j)
        require(places.data()[j] >= 0 && static_cast<std::size_t>(places.data()[j]) < count, "no such column");
}

template <class T>
void standardise_dense(const Matrix<T>& x, const Places& columns, const Vector& centre, const Vector& scale,
                       const Places& taken, const MaybeMatrix& z, const Grid<float>& single, std::size_t at,
                       std::size_t threads) {
    const auto view = dense<T>(x);
    const std::size_t count = columns.shape(0), rows = single.shape(1);
    require(centre.shape(0) == view.cols && scale.shape(0) == view.cols, "centre and scale need one entry a column");
    require(at + taken.shape(0) <= rows && is(single, count, rows) && (!z || is(*z, count, rows)), "shapes");
    require_places(columns, view.cols);
    for (std::size_t i = 0; i < taken.shape(0); ++i)
        require(taken.data()[i] >= 0 && static_cast<std::size_t>(taken.data()[i]) < view.rows, "no such row");
    nb::gil_scoped_release release;
    oddsmith::standardise(view, columns.data(), count, centre.data(), scale.data(), taken.data(), taken.shape(0),
                          {z ? z->data() : nullptr, single.data(), rows}, at, std::max<std::size_t>(1, threads));
}

inline oddsmith::Stored stored(const Vector& data, const Entries<std::int32_t>& rows, const Places& begin,
                               const Places& columns) {
    const auto cols = static_cast<std::int64_t>(begin.shape(0)) - 1;
    require(cols >= 0 && rows.shape(0) == data.shape(0), "data, rows and begin do not belong together");
    require(begin.data()[0] == 0 && begin.data()[cols] == static_cast<std::int64_t>(data.shape(0)), "begin: all entries");
    require_places(columns, static_cast<std::size_t>(cols));
    return {data.data(), rows.data(), begin.data()};
}

inline void standardise_stored(const Vector& data, const Entries<std::int32_t>& rows, const Places& begin,
                               const Places& columns, const Vector& centre, const Vector& scale, const OutputMatrix& z,
                               const Grid<float>& single, std::size_t threads) {
    const auto x = stored(data, rows, begin, columns);
    const std::size_t count = columns.shape(0), cols = begin.shape(0) - 1;
    require(centre.shape(0) == cols && scale.shape(0) == cols, "centre and scale need one entry a column");
    require(z.shape(0) == count && is(single, count, z.shape(1)), "shapes");
    nb::gil_scoped_release release;
    oddsmith::standardise(x, columns.data(), count, centre.data(), scale.data(), z.data(), single.data(), z.shape(1),
                          std::max<std::size_t>(1, threads));
}

inline void slopes_stored(const Vector& data, const Entries<std::int32_t>& rows, const Places& begin,
                          const Places& columns, const Rectangle& r, const OutputMatrix& out, std::size_t threads) {
    const auto x = stored(data, rows, begin, columns);
    require(is(out, r.shape(1), columns.shape(0)), "shapes");
    nb::gil_scoped_release release;
    oddsmith::slopes(x, columns.data(), columns.shape(0), r.data(), r.shape(1), out.data(),
                     std::max<std::size_t>(1, threads));
}

template <class T>
void slopes_among(const Grid<const T>& z, const Places& columns, const Rectangle& r, const OutputMatrix& out,
                  std::size_t threads) {
    const std::size_t cols = columns.shape(0), count = r.shape(0);
    require(r.shape(1) == z.shape(1) && is(out, count, cols), "shapes");
    require_places(columns, z.shape(0));
    nb::gil_scoped_release release;
    oddsmith::slopes_among(z.data(), columns.data(), cols, z.shape(1), r.data(), count, out.data(),
                           std::max<std::size_t>(1, threads));
}

inline void reduced_hessian(const Cube& parts, const Places& chosen, const Places& within, double share,
                            const Vector& across, const Vector& border, const Grid<float>& out) {
    const std::size_t size = within.shape(0), room = parts.shape(1), cols = border.shape(0);
    require(parts.shape(2) == room && cols <= room && is(out, size, size) && across.shape(0) == cols, "shapes");
    for (std::size_t k = 0; k < chosen.shape(0); ++k)
        require(chosen.data()[k] >= 0 && static_cast<std::size_t>(chosen.data()[k]) < parts.shape(0), "no such part");
    require_places(within, cols);
    nb::gil_scoped_release release;
    oddsmith::reduced_hessian(parts.data(), room, chosen.data(), chosen.shape(0), {within.data(), size}, share,
                              across.data(), border.data(), out.data());
}

inline void proximal_newton(const Places& problems, const Hessians& hessians, const Sets& within, const Vectors& across,
                            const Vector& mass, const Rectangle& z, const Places& columns, const Vector& target,
                            const Rectangle& weights, const OutputMatrix& eta, const OutputMatrix& r,
                            const OutputMatrix& beta, const OutputMatrix& slopes, const Rectangle& thresholds,
                            const Rectangle& curvature, const OutputMatrix& numbers, const Vector& goal,
                            const Vector& rules, bool intercept, const Filled<std::int64_t>& outcomes,
                            std::size_t threads) {
    const std::size_t some = problems.shape(0), count = beta.shape(0), width = beta.shape(1);
    const std::size_t cols = z.shape(0), rows = z.shape(1);
    require(hessians.size() == some && within.size() == some && across.size() == some && mass.shape(0) == some &&
            outcomes.shape(0) == some, "one model a problem");
    require(columns.shape(0) == cols && target.shape(0) == rows, "shapes");
    for (const auto& v : {weights, Rectangle(eta), Rectangle(r)}) require(is(v, count, rows), "one entry a problem and row");
    for (const auto& v : {Rectangle(slopes), thresholds, curvature})
        require(is(v, count, width), "one entry a problem and column");
    require(is(numbers, 6, count) && goal.shape(0) == count && rules.shape(0) == 11, "numbers, goals and rules");
    require_places(columns, width), require_places(problems, count);
    for (std::size_t a = 1; a < some; ++a)
        require(problems.data()[a - 1] < problems.data()[a], "problems: ascending, none twice");
    std::vector<oddsmith::Problem> own;
    for (std::size_t a = 0; a < some; ++a) {
        const std::size_t size = within[a].shape(0);
        require(is(hessians[a], size, size) && across[a].shape(0) == cols, "one entry a column, or a pair of them");
        require_places(within[a], cols);
        const auto k = static_cast<std::size_t>(problems.data()[a]);
        double* n = numbers.data() + k;
        own.push_back({hessians[a].data(), {within[a].data(), size}, across[a].data(), mass.data()[a],
                       weights.data() + k * rows, eta.data() + k * rows, r.data() + k * rows, beta.data() + k * width,
                       slopes.data() + k * width, thresholds.data() + k * width, curvature.data() + k * width, n,
                       n + count, n + 2 * count, n + 3 * count, n + 4 * count, n + 5 * count, goal.data()[k]});
    }
    const double* u = rules.data();
    const oddsmith::Rules by{u[0], u[1], u[2], u[3], u[4], u[5], u[6], u[7], u[8], u[9], u[10]};
    nb::gil_scoped_release release;
    oddsmith::proximal_newton({z.data(), target.data(), columns.data(), rows}, own, by, intercept, outcomes.data(),
                              std::max<std::size_t>(1, threads));
}

inline void define(nb::module_& m) {
#define ODDSMITH_STANDARDISE_ARGUMENTS \
    "x"_n, "columns"_n, "centre"_n, "scale"_n, "taken"_n, "z"_n.none(), "single"_n, "at"_a, "threads"_a
    m.def("standardise_dense", &standardise_dense<double>, ODDSMITH_STANDARDISE_ARGUMENTS);
    m.def("standardise_dense", &standardise_dense<float>, ODDSMITH_STANDARDISE_ARGUMENTS);
    m.def("standardise_stored", &standardise_stored, "data"_n, "rows"_n, "begin"_n, "columns"_n, "centre"_n, "scale"_n,
          "z"_n, "single"_n, "threads"_a);
    m.def("slopes_stored", &slopes_stored, "data"_n, "rows"_n, "begin"_n, "columns"_n, "r"_n, "out"_n, "threads"_a);
    m.def("slopes_among", &slopes_among<double>, "z"_n, "columns"_n, "r"_n, "out"_n, "threads"_a);
    m.def("slopes_among", &slopes_among<float>, "z"_n, "columns"_n, "r"_n, "out"_n, "threads"_a);
    m.def("reduced_hessian", &reduced_hessian, "parts"_n, "chosen"_n, "within"_n, "share"_a, "across"_n, "border"_n, "out"_n);
    m.def("proximal_newton", &proximal_newton, "problems"_n, "hessians"_n, "within"_n, "across"_n, "mass"_n, "z"_n,
          "columns"_n, "target"_n, "weights"_n, "eta"_n, "r"_n, "beta"_n, "slopes"_n, "thresholds"_n, "curvature"_n,
          "numbers"_n, "goal"_n, "rules"_n, "intercept"_a, "outcomes"_n, "threads"_a);
}

}  // namespace paths
