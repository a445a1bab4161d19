// The table of contents of the extension, and the only file that includes nanobind.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>

#include <optional>

#include "moments.hpp"
#include "sparse.hpp"

namespace nb = nanobind;
using namespace nb::literals;

namespace {

template <class T>
using Matrix = nb::ndarray<const T, nb::ndim<2>, nb::device::cpu>;
template <class T>
using Entries = nb::ndarray<const T, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using Vector = nb::ndarray<const double, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using Output = nb::ndarray<double, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using OutputMatrix = nb::ndarray<double, nb::ndim<2>, nb::c_contig, nb::device::cpu>;

void require(bool holds, const char* what) {
    if (!holds) throw nb::value_error(what);
}

template <class T>
oddsmith::Dense<T> dense(const Matrix<T>& x) {
    require(x.shape(0) > 0, "x has no rows");
    // a dimension of one element may carry any stride: give it the one of its layout
    std::ptrdiff_t row = x.stride(0), col = x.stride(1);
    if (x.shape(1) <= 1 && col != 1 && row != 1) col = 1;
    if (x.shape(0) == 1 && col != 1) row = 1;
    require(row == 1 || col == 1, "x is neither row-major nor column-major");
    return {x.data(), x.shape(0), x.shape(1), row, col};
}

template <class T, class Index>
oddsmith::Csr<T, Index> csr(const Entries<T>& data, const Entries<Index>& columns, const Entries<Index>& begin,
                            std::size_t cols) {
    require(begin.shape(0) > 1, "x has no rows");
    const std::size_t rows = begin.shape(0) - 1, entries = data.shape(0);
    require(begin.data()[0] >= 0 && static_cast<std::size_t>(begin.data()[rows]) <= entries && columns.shape(0) == entries,
            "data, columns and begin do not belong together");
    return {data.data(), columns.data(), begin.data(), rows, cols};
}

const double* data_or_null(const std::optional<Vector>& v, std::size_t rows) {
    if (!v) return nullptr;
    require(v->shape(0) == rows, "a row vector has the wrong length");
    return v->data();
}

// What every sweep is given besides X, checked against it.
template <class Loss, class X>
std::pair<double, double> sweep(const X& x, const Vector& centre, const Vector& scale, const Vector& target,
                                const std::optional<Vector>& weight, const std::optional<Vector>& offset,
                                const Vector& beta, std::optional<Output> gradient,
                                std::optional<OutputMatrix> hessian, std::size_t threads) {
    const std::size_t p = x.cols;
    require(centre.shape(0) == p && scale.shape(0) == p, "centre and scale need one entry a column");
    require(beta.shape(0) == p + 1, "beta needs the intercept and one entry a column");
    require(target.shape(0) == x.rows, "target needs one entry a row");
    require(!gradient || gradient->shape(0) == p + 1, "gradient has the wrong length");
    require(!hessian || (gradient && hessian->shape(0) == p + 1 && hessian->shape(1) == p + 1),
            "hessian needs a gradient and the shape (1 + p, 1 + p)");
    const oddsmith::Rows rows{target.data(), data_or_null(weight, x.rows), data_or_null(offset, x.rows)};
    const oddsmith::View standard{centre.data(), scale.data()};
    double *g = gradient ? gradient->data() : nullptr, *h = hessian ? hessian->data() : nullptr;
    nb::gil_scoped_release release;
    const auto sums = oddsmith::sweep<Loss>(x, standard, rows, beta.data(), h ? 2 : g ? 1 : 0, g, h,
                                            std::max<std::size_t>(1, threads));
    return {sums.value, sums.reach};
}

template <class Loss, class T>
std::pair<double, double> sweep_dense(const Matrix<T>& x, const Vector& centre, const Vector& scale,
                                      const Vector& target, const std::optional<Vector>& weight,
                                      const std::optional<Vector>& offset, const Vector& beta,
                                      std::optional<Output> gradient, std::optional<OutputMatrix> hessian,
                                      std::size_t threads) {
    return sweep<Loss>(dense<T>(x), centre, scale, target, weight, offset, beta, gradient, hessian, threads);
}

template <class Loss, class T, class Index>
std::pair<double, double> sweep_sparse(const Entries<T>& data, const Entries<Index>& columns,
                                       const Entries<Index>& begin, const Vector& centre, const Vector& scale,
                                       const Vector& target, const std::optional<Vector>& weight,
                                       const std::optional<Vector>& offset, const Vector& beta,
                                       std::optional<Output> gradient, std::optional<OutputMatrix> hessian,
                                       std::size_t threads) {
    return sweep<Loss>(csr(data, columns, begin, centre.shape(0)), centre, scale, target, weight, offset, beta,
                       gradient, hessian, threads);
}

template <class T>
double moments_dense(const Matrix<T>& x, const std::optional<Vector>& weight, Output mean, Output deviation,
                     std::size_t threads) {
    const auto view = dense<T>(x);
    require(mean.shape(0) == view.cols && deviation.shape(0) == view.cols, "mean and deviation: one entry a column");
    const double* w = data_or_null(weight, view.rows);
    nb::gil_scoped_release release;
    return oddsmith::moments(view, w, mean.data(), deviation.data(), std::max<std::size_t>(1, threads));
}

template <class T, class Index>
double moments_sparse(const Entries<T>& data, const Entries<Index>& columns, const Entries<Index>& begin,
                      const std::optional<Vector>& weight, Output mean, Output deviation, std::size_t threads) {
    const auto x = csr(data, columns, begin, mean.shape(0));
    require(deviation.shape(0) == x.cols, "mean and deviation: one entry a column");
    const double* w = data_or_null(weight, x.rows);
    nb::gil_scoped_release release;
    return oddsmith::moments(x, w, mean.data(), deviation.data(), std::max<std::size_t>(1, threads));
}

template <class T, class Index>
void gram_sparse(const Entries<T>& data, const Entries<Index>& columns, const Entries<Index>& begin,
                 const nb::ndarray<const std::int64_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>& place,
                 const Vector& h, OutputMatrix out, std::size_t threads) {
    const auto x = csr(data, columns, begin, place.shape(0));
    require(h.shape(0) == x.rows, "h needs one entry a row");
    require(out.shape(0) == out.shape(1), "out must be square");
    std::int64_t before = -1;
    for (std::size_t j = 0; j < x.cols; ++j) {
        const std::int64_t at = place.data()[j];
        if (at < 0) continue;
        require(at > before && at < static_cast<std::int64_t>(out.shape(0)), "place must ascend, within out");
        before = at;
    }
    nb::gil_scoped_release release;
    oddsmith::gram(x, place.data(), out.shape(0), h.data(), out.data(), std::max<std::size_t>(1, threads));
}

void logistic_rows(const Vector& eta, const Vector& target, Output value, Output gradient, Output hessian) {
    const std::size_t m = eta.shape(0);
    require(target.shape(0) == m && value.shape(0) == m && gradient.shape(0) == m && hessian.shape(0) == m,
            "one entry a row");
    nb::gil_scoped_release release;
    oddsmith::Logistic::panel(eta.data(), target.data(), nullptr, m, value.data(), gradient.data(), hessian.data());
}

}  // namespace

NB_MODULE(_kernels, m) {
    m.doc() = "Compiled kernels of oddsmith: numbers in, numbers out. Their NumPy twins are in oddsmith._reference.";
#define ODDSMITH_SWEEP_ARGUMENTS                                                                                \
    "x"_a.noconvert(), "centre"_a.noconvert(), "scale"_a.noconvert(), "target"_a.noconvert(),                   \
        "weight"_a.noconvert().none(), "offset"_a.noconvert().none(), "beta"_a.noconvert(),                     \
        "gradient"_a.noconvert().none(), "hessian"_a.noconvert().none(), "threads"_a
    m.def("sweep_logistic_dense", &sweep_dense<oddsmith::Logistic, double>, ODDSMITH_SWEEP_ARGUMENTS);
    m.def("sweep_logistic_dense", &sweep_dense<oddsmith::Logistic, float>, ODDSMITH_SWEEP_ARGUMENTS);
#define ODDSMITH_SPARSE_KERNELS(T, Index)                                                                       \
    m.def("sweep_logistic_sparse", &sweep_sparse<oddsmith::Logistic, T, Index>, "data"_a.noconvert(),           \
          "columns"_a.noconvert(), "begin"_a.noconvert(), "centre"_a.noconvert(), "scale"_a.noconvert(),        \
          "target"_a.noconvert(), "weight"_a.noconvert().none(), "offset"_a.noconvert().none(),                 \
          "beta"_a.noconvert(), "gradient"_a.noconvert().none(), "hessian"_a.noconvert().none(), "threads"_a);  \
    m.def("moments_sparse", &moments_sparse<T, Index>, "data"_a.noconvert(), "columns"_a.noconvert(),           \
          "begin"_a.noconvert(), "weight"_a.noconvert().none(), "mean"_a.noconvert(),                           \
          "deviation"_a.noconvert(), "threads"_a);                                                              \
    m.def("gram_sparse", &gram_sparse<T, Index>, "data"_a.noconvert(), "columns"_a.noconvert(),                 \
          "begin"_a.noconvert(), "place"_a.noconvert(), "h"_a.noconvert(), "out"_a.noconvert(), "threads"_a)
    ODDSMITH_SPARSE_KERNELS(double, std::int32_t);
    ODDSMITH_SPARSE_KERNELS(double, std::int64_t);
    ODDSMITH_SPARSE_KERNELS(float, std::int32_t);
    ODDSMITH_SPARSE_KERNELS(float, std::int64_t);
#undef ODDSMITH_SPARSE_KERNELS
    m.def("moments_dense", &moments_dense<double>, "x"_a.noconvert(), "weight"_a.noconvert().none(),
          "mean"_a.noconvert(), "deviation"_a.noconvert(), "threads"_a);
    m.def("moments_dense", &moments_dense<float>, "x"_a.noconvert(), "weight"_a.noconvert().none(),
          "mean"_a.noconvert(), "deviation"_a.noconvert(), "threads"_a);
    m.def("logistic_rows", &logistic_rows, "eta"_a.noconvert(), "target"_a.noconvert(),
          "value"_a.noconvert(), "gradient"_a.noconvert(), "hessian"_a.noconvert());
    m.def("simd_level", [] { return oddsmith::simd_level(); });
}
