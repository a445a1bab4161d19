// The table of contents of the extension, and the only file that includes nanobind.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>

#include <optional>

#include "moments.hpp"
#include "newton.hpp"
#include "softmax.hpp"

namespace nb = nanobind;
using namespace nb::literals;

namespace {

template <class T>
using Matrix = nb::ndarray<const T, nb::ndim<2>, nb::device::cpu>;
using Vector = nb::ndarray<const double, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using Output = nb::ndarray<double, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using Rectangle = nb::ndarray<const double, nb::ndim<2>, nb::c_contig, nb::device::cpu>;
using OutputCube = nb::ndarray<double, nb::ndim<3>, nb::c_contig, nb::device::cpu>;
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

const double* data_or_null(const std::optional<Vector>& v, std::size_t rows) {
    if (!v) return nullptr;
    require(v->shape(0) == rows, "a row vector has the wrong length");
    return v->data();
}

template <class Loss, class T>
std::pair<double, double> sweep_dense(const Matrix<T>& x, const Vector& centre, const Vector& scale,
                                      const Vector& target, const std::optional<Vector>& weight,
                                      const std::optional<Vector>& offset, const Vector& beta,
                                      std::optional<Output> gradient, std::optional<OutputMatrix> hessian,
                                      std::size_t threads) {
    const auto view = dense<T>(x);
    const std::size_t p = view.cols;
    require(centre.shape(0) == p && scale.shape(0) == p, "centre and scale need one entry a column");
    require(beta.shape(0) == p + 1, "beta needs the intercept and one entry a column");
    require(target.shape(0) == view.rows, "target needs one entry a row");
    require(!gradient || gradient->shape(0) == p + 1, "gradient has the wrong length");
    require(!hessian || (gradient && hessian->shape(0) == p + 1 && hessian->shape(1) == p + 1),
            "hessian needs a gradient and the shape (1 + p, 1 + p)");
    const oddsmith::Rows rows{target.data(), data_or_null(weight, view.rows), data_or_null(offset, view.rows)};
    const oddsmith::View standard{centre.data(), scale.data()};
    double *g = gradient ? gradient->data() : nullptr, *h = hessian ? hessian->data() : nullptr;
    nb::gil_scoped_release release;
    const auto sums = oddsmith::sweep<Loss>(view, standard, rows, beta.data(), h ? 2 : g ? 1 : 0, g, h,
                                            std::max<std::size_t>(1, threads));
    return {sums.value, sums.reach};
}

template <class Loss, class T>
std::pair<std::size_t, std::size_t> newton_dense(const Matrix<T>& x, const Vector& centre, const Vector& scale,
                                                 const Vector& target, const std::optional<Vector>& weight,
                                                 const std::optional<Vector>& offset, const Vector& curvature,
                                                 bool intercept, double total, double goal, double least, Output beta,
                                                 OutputMatrix trace, std::size_t threads) {
    const auto view = dense<T>(x);
    const std::size_t p = view.cols;
    require(centre.shape(0) == p && scale.shape(0) == p, "centre and scale need one entry a column");
    require(beta.shape(0) == p + 1 && curvature.shape(0) == p + 1, "beta and curvature need 1 + p entries");
    require(target.shape(0) == view.rows, "target needs one entry a row");
    require(trace.shape(0) > 0 && trace.shape(1) == 4, "trace needs four columns");
    const oddsmith::Rows rows{target.data(), data_or_null(weight, view.rows), data_or_null(offset, view.rows)};
    const oddsmith::View standard{centre.data(), scale.data()};
    nb::gil_scoped_release release;
    const auto run = oddsmith::newton<Loss>(view, standard, rows, {curvature.data(), total, intercept}, goal, least,
                                            trace.shape(0), beta.data(), std::max<std::size_t>(1, threads));
    double* line = trace.data();
    for (const auto& step : run.trace)
        for (const double entry : {step.passes, step.value, step.decrement, step.length}) *line++ = entry;
    return {run.trace.size(), run.passes};
}

// What a pass over several outputs needs, checked and run: the two functions below differ in the loss alone.
template <class Loss, class T>
double sweep_outputs_dense(const Matrix<T>& x, const Vector& centre, const Vector& scale, const Vector& target,
                           const std::optional<Vector>& weight, const std::optional<Vector>& offset, const Loss& loss,
                           const Rectangle& beta, Output value, std::optional<OutputMatrix> gradient,
                           std::optional<OutputCube> hessian, std::size_t threads) {
    const auto view = dense<T>(x);
    const std::size_t p = view.cols, outputs = loss.scores();
    require(centre.shape(0) == p && scale.shape(0) == p, "centre and scale need one entry a column");
    require(outputs > 0 && beta.shape(0) == outputs && beta.shape(1) == p + 1, "beta needs the shape (outputs, 1 + p)");
    require(target.shape(0) == view.rows, "target needs one entry a row");
    require(value.shape(0) == loss.values(), "value has the wrong length");
    require(!gradient || (gradient->shape(0) == outputs && gradient->shape(1) == p + 1), "gradient has the wrong shape");
    require(!hessian || (gradient && hessian->shape(0) == loss.curvatures() && hessian->shape(1) == p + 1 &&
                         hessian->shape(2) == p + 1),
            "hessian needs a gradient and the shape (pairs, 1 + p, 1 + p)");
    const oddsmith::Rows rows{target.data(), data_or_null(weight, view.rows), data_or_null(offset, view.rows)};
    const oddsmith::Outputs out{beta.data(), value.data(), gradient ? gradient->data() : nullptr,
                                hessian ? hessian->data() : nullptr};
    nb::gil_scoped_release release;
    return oddsmith::sweep_outputs(view, {centre.data(), scale.data()}, rows, loss, out,
                                   std::max<std::size_t>(1, threads));
}

template <class T>
double sweep_multinomial_dense(const Matrix<T>& x, const Vector& centre, const Vector& scale, const Vector& target,
                               const std::optional<Vector>& weight, const Rectangle& contrasts, const Rectangle& beta,
                               Output value, std::optional<OutputMatrix> gradient, std::optional<OutputCube> hessian,
                               std::size_t threads) {
    require(contrasts.shape(0) >= 2 && contrasts.shape(1) + 1 == contrasts.shape(0),
            "contrasts need the shape (classes, classes - 1)");
    const oddsmith::Softmax loss{contrasts.data(), contrasts.shape(0)};
    return sweep_outputs_dense(x, centre, scale, target, weight, std::nullopt, loss, beta, value, gradient, hessian,
                               threads);
}

template <class T>
double sweep_one_vs_rest_dense(const Matrix<T>& x, const Vector& centre, const Vector& scale, const Vector& target,
                               const std::optional<Vector>& weight, const std::optional<Vector>& offset,
                               const Vector& chosen, const Rectangle& beta, Output value,
                               std::optional<OutputMatrix> gradient, std::optional<OutputCube> hessian,
                               std::size_t threads) {
    const oddsmith::OneVsRest loss{chosen.data(), chosen.shape(0)};
    return sweep_outputs_dense(x, centre, scale, target, weight, offset, loss, beta, value, gradient, hessian, threads);
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
#define ODDSMITH_NEWTON_ARGUMENTS                                                                               \
    "x"_a.noconvert(), "centre"_a.noconvert(), "scale"_a.noconvert(), "target"_a.noconvert(),                   \
        "weight"_a.noconvert().none(), "offset"_a.noconvert().none(), "curvature"_a.noconvert(), "intercept"_a, \
        "total"_a, "goal"_a, "least"_a, "beta"_a.noconvert(), "trace"_a.noconvert(), "threads"_a
    m.def("newton_logistic_dense", &newton_dense<oddsmith::Logistic, double>, ODDSMITH_NEWTON_ARGUMENTS);
    m.def("newton_logistic_dense", &newton_dense<oddsmith::Logistic, float>, ODDSMITH_NEWTON_ARGUMENTS);
#define ODDSMITH_SWEEPS_OF_SEVERAL(T)                                                                            \
    m.def("sweep_multinomial_dense", &sweep_multinomial_dense<T>, "x"_a.noconvert(), "centre"_a.noconvert(),     \
          "scale"_a.noconvert(), "target"_a.noconvert(), "weight"_a.noconvert().none(),                          \
          "contrasts"_a.noconvert(), "beta"_a.noconvert(), "value"_a.noconvert(),                                \
          "gradient"_a.noconvert().none(), "hessian"_a.noconvert().none(), "threads"_a);                         \
    m.def("sweep_one_vs_rest_dense", &sweep_one_vs_rest_dense<T>, "x"_a.noconvert(), "centre"_a.noconvert(),     \
          "scale"_a.noconvert(), "target"_a.noconvert(), "weight"_a.noconvert().none(),                          \
          "offset"_a.noconvert().none(), "chosen"_a.noconvert(), "beta"_a.noconvert(), "value"_a.noconvert(),    \
          "gradient"_a.noconvert().none(), "hessian"_a.noconvert().none(), "threads"_a);
    ODDSMITH_SWEEPS_OF_SEVERAL(double)
    ODDSMITH_SWEEPS_OF_SEVERAL(float)
    m.def("moments_dense", &moments_dense<double>, "x"_a.noconvert(), "weight"_a.noconvert().none(),
          "mean"_a.noconvert(), "deviation"_a.noconvert(), "threads"_a);
    m.def("moments_dense", &moments_dense<float>, "x"_a.noconvert(), "weight"_a.noconvert().none(),
          "mean"_a.noconvert(), "deviation"_a.noconvert(), "threads"_a);
    m.def("logistic_rows", &logistic_rows, "eta"_a.noconvert(), "target"_a.noconvert(),
          "value"_a.noconvert(), "gradient"_a.noconvert(), "hessian"_a.noconvert());
    m.def("simd_level", [] { return oddsmith::simd_level(); });
}
