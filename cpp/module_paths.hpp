// What paths use: kernels of several problems on the same rows.
#pragma once

#include "arguments.hpp"
#include "gather.hpp"
#include "models.hpp"
#include "stored.hpp"
#include "together.hpp"

namespace paths {

using Cube = nb::ndarray<const float, nb::ndim<3>, nb::c_contig, nb::device::cpu>;
using Hessians = std::vector<Grid<float>>;
using Sets = std::vector<Places>;

// The columns that each problem works on, and its Hessian among them.
inline std::pair<std::vector<float*>, std::vector<oddsmith::Within>> models(const Hessians& hessians, const Sets& within,
                                                                            std::size_t count, std::size_t cols) {
    require(hessians.size() == count && within.size() == count, "one Hessian a problem, and its places");
    std::pair<std::vector<float*>, std::vector<oddsmith::Within>> data;
    for (std::size_t k = 0; k < count; ++k) {
        const std::size_t size = within[k].shape(0);
        require(is(hessians[k], size, size), "Hessians: one entry a pair of columns");
        for (std::size_t j = 0; j < size; ++j)
            require(within[k].data()[j] >= 0 && static_cast<std::size_t>(within[k].data()[j]) < cols, "no such column");
        data.first.push_back(hessians[k].data());
        data.second.push_back({within[k].data(), size});
    }
    return data;
}

inline void logistic_step(const Rectangle& z, const Rectangle& step, const Vector& first, const Vector& target,
                          const Rectangle& weights, const OutputMatrix& eta, const OutputMatrix& r,
                          const OutputMatrix& sums, const OutputMatrix& slopes, std::size_t threads) {
    const std::size_t count = eta.shape(0), rows = eta.shape(1), cols = z.shape(0);
    require(is(z, cols, rows) && is(weights, count, rows) && is(r, count, rows) && target.shape(0) == rows &&
            is(step, count, cols) && is(slopes, count, cols) && is(sums, count, 2) && first.shape(0) == count, "shapes");
    nb::gil_scoped_release release;
    oddsmith::step_together({z.data(), step.data(), first.data(), target.data(), weights.data(), eta.data(), r.data(),
                             sums.data(), slopes.data(), count, rows, cols}, std::max<std::size_t>(1, threads));
}

template <class T>
void standardise_dense(const Matrix<T>& x, const Places& columns, const Vector& centre, const Vector& scale,
                       const Places& taken, const MaybeMatrix& z, const Grid<float>& single, std::size_t at,
                       std::size_t threads) {
    const auto view = dense<T>(x);
    const std::size_t count = columns.shape(0), rows = single.shape(1);
    require(centre.shape(0) == view.cols && scale.shape(0) == view.cols, "centre and scale need one entry a column");
    require(at + taken.shape(0) <= rows && is(single, count, rows) && (!z || is(*z, count, rows)), "shapes");
    for (std::size_t k = 0; k < count; ++k)
        require(columns.data()[k] >= 0 && static_cast<std::size_t>(columns.data()[k]) < view.cols, "no such column");
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
    for (std::size_t k = 0; k < columns.shape(0); ++k)
        require(columns.data()[k] >= 0 && columns.data()[k] < cols, "no such column");
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

inline void slopes_among(const Grid<const float>& z, const Places& columns, const Rectangle& r, const OutputMatrix& out,
                         std::size_t threads) {
    const std::size_t cols = columns.shape(0), count = r.shape(0);
    require(r.shape(1) == z.shape(1) && is(out, count, cols), "shapes");
    for (std::size_t c = 0; c < cols; ++c)
        require(columns.data()[c] >= 0 && static_cast<std::size_t>(columns.data()[c]) < z.shape(0), "no such column");
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
    for (std::size_t j = 0; j < size; ++j)
        require(within.data()[j] >= 0 && static_cast<std::size_t>(within.data()[j]) < cols, "no such column");
    nb::gil_scoped_release release;
    oddsmith::reduced_hessian(parts.data(), room, chosen.data(), chosen.shape(0), {within.data(), size}, share,
                              across.data(), border.data(), out.data());
}

inline void model_steps(const Hessians& hessians, const Sets& within, const Rectangle& across, const Vector& mass,
                        const Rectangle& slopes, const Vector& start, const Rectangle& beta,
                        const Rectangle& thresholds, const Rectangle& curvature, double accuracy, std::size_t limit,
                        const OutputMatrix& step, const OutputMatrix& image, const Output& first, const Output& fall,
                        std::size_t threads) {
    const std::size_t count = beta.shape(0), cols = beta.shape(1);
    const auto data = models(hessians, within, count, cols);
    for (const auto& v : {across, slopes, thresholds, curvature, Rectangle(step), Rectangle(image)})
        require(is(v, count, cols), "one entry a problem and column");
    for (const auto& v : {mass, start, Vector(first), Vector(fall)}) require(v.shape(0) == count, "one entry a problem");
    nb::gil_scoped_release release;
    oddsmith::model_steps({data.first.data(), data.second.data(), across.data(), mass.data(), slopes.data(),
                           start.data(), beta.data(), thresholds.data(), curvature.data(), step.data(), image.data(),
                           first.data(), fall.data(), count, cols}, accuracy, limit, std::max<std::size_t>(1, threads));
}

inline void correct_models(const Hessians& hessians, const Sets& within, const Rectangle& step, const Rectangle& image,
                           const Rectangle& change, double least, std::size_t threads) {
    const std::size_t count = step.shape(0), cols = step.shape(1);
    const auto data = models(hessians, within, count, cols);
    require(is(image, count, cols) && is(change, count, cols), "one entry a problem and column");
    nb::gil_scoped_release release;
    oddsmith::correct_models(data.first.data(), data.second.data(), step.data(), image.data(), change.data(), count,
                             cols, least, std::max<std::size_t>(1, threads));
}

inline void define(nb::module_& m) {
    m.def("logistic_step", &logistic_step, "z"_n, "step"_n, "first"_n, "target"_n, "weights"_n, "eta"_n, "r"_n,
          "sums"_n, "slopes"_n, "threads"_a);
#define ODDSMITH_STANDARDISE_ARGUMENTS \
    "x"_n, "columns"_n, "centre"_n, "scale"_n, "taken"_n, "z"_n.none(), "single"_n, "at"_a, "threads"_a
    m.def("standardise_dense", &standardise_dense<double>, ODDSMITH_STANDARDISE_ARGUMENTS);
    m.def("standardise_dense", &standardise_dense<float>, ODDSMITH_STANDARDISE_ARGUMENTS);
    m.def("standardise_stored", &standardise_stored, "data"_n, "rows"_n, "begin"_n, "columns"_n, "centre"_n, "scale"_n,
          "z"_n, "single"_n, "threads"_a);
    m.def("slopes_stored", &slopes_stored, "data"_n, "rows"_n, "begin"_n, "columns"_n, "r"_n, "out"_n, "threads"_a);
    m.def("slopes_among", &slopes_among, "z"_n, "columns"_n, "r"_n, "out"_n, "threads"_a);
    m.def("reduced_hessian", &reduced_hessian, "parts"_n, "chosen"_n, "within"_n, "share"_a, "across"_n, "border"_n, "out"_n);
    m.def("model_steps", &model_steps, "hessians"_n, "within"_n, "across"_n, "mass"_n, "slopes"_n, "start"_n, "beta"_n,
          "thresholds"_n, "curvature"_n, "accuracy"_a, "limit"_a, "step"_n, "image"_n, "first"_n, "fall"_n,
          "threads"_a);
    m.def("correct_models", &correct_models, "hessians"_n, "within"_n, "step"_n, "image"_n, "change"_n, "least"_a, "threads"_a);
}

}  // namespace paths
