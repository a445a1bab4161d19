// The table of contents of the extension.
#include "arguments.hpp"
#include "chosen.hpp"
#include "codes.hpp"
#include "double_double.hpp"
#include "gather.hpp"
#include "module_paths.hpp"
#include "moments.hpp"
#include "newton.hpp"
#include "rough.hpp"
#include "select.hpp"
#include "slopes.hpp"
#include "softmax.hpp"

namespace {

// What every sweep is given besides X, checked against it.
template <class Loss, class X>
std::pair<double, double> sweep(const X& x, const Vector& centre, const Vector& scale, const Vector& target,
                                const MaybeVector& weight, const MaybeVector& offset, const Vector& beta,
                                MaybeOutput gradient, MaybeMatrix hessian, std::size_t threads) {
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
std::pair<double, double> sweep_dense(const Matrix<T>& x, const Vector& centre, const Vector& scale, const Vector& target,
                                      const MaybeVector& weight, const MaybeVector& offset, const Vector& beta,
                                      MaybeOutput gradient, MaybeMatrix hessian, std::size_t threads) {
    return sweep<Loss>(dense<T>(x), centre, scale, target, weight, offset, beta, gradient, hessian, threads);
}

template <class Loss, class T>
std::pair<double, double> sweep_chosen(const Matrix<T>& x, const Places& columns, const Vector& centre,
                                       const Vector& scale, const Vector& target, const MaybeVector& weight,
                                       const MaybeVector& offset, const Vector& beta, MaybeOutput gradient,
                                       MaybeMatrix hessian, std::size_t threads) {
    const auto view = dense<T>(x);
    for (std::size_t j = 0; j < columns.shape(0); ++j)
        require(columns.data()[j] >= 0 && static_cast<std::size_t>(columns.data()[j]) < view.cols, "no such column");
    const oddsmith::Chosen<T> chosen{view, columns.data(), view.rows, columns.shape(0)};
    return sweep<Loss>(chosen, centre, scale, target, weight, offset, beta, gradient, hessian, threads);
}

oddsmith::Codes coded(const Matrix<double>& numbers, const Places& places, const CodeMatrix& codes, std::size_t p) {
    const auto view = dense<double>(numbers);
    require(places.shape(0) == view.cols, "places needs one entry a column of numbers");
    for (std::size_t j = 0; j < view.cols; ++j)
        require(places.data()[j] >= 0 && static_cast<std::size_t>(places.data()[j]) < p, "a place is not a column");
    require(codes.shape(1) == view.rows && (codes.stride(1) == 1 || view.rows == 1), "codes needs one row a category");
    return {view, places.data(), codes.data(), codes.shape(0), codes.stride(0), view.rows, p};
}

template <class Loss>
std::pair<double, double> sweep_codes(const Matrix<double>& numbers, const Places& places, const CodeMatrix& codes,
                                      const Vector& centre, const Vector& scale, const Vector& target,
                                      const MaybeVector& weight, const MaybeVector& offset, const Vector& beta,
                                      MaybeOutput gradient, MaybeMatrix hessian, std::size_t threads) {
    return sweep<Loss>(coded(numbers, places, codes, centre.shape(0)), centre, scale, target, weight, offset, beta,
                       gradient, hessian, threads);
}

void gram_codes(const Matrix<double>& numbers, const Places& places, const CodeMatrix& codes, const Vector& centre,
                const Vector& scale, const Vector& h, OutputMatrix gram, std::size_t threads) {
    const std::size_t p = centre.shape(0);
    const auto x = coded(numbers, places, codes, p);
    require(scale.shape(0) == p, "centre and scale need one entry a column");
    require(h.shape(0) == x.rows, "h needs one entry a row");
    require(gram.shape(0) == p + 1 && gram.shape(1) == p + 1, "gram needs the shape (1 + p, 1 + p)");
    nb::gil_scoped_release release;
    oddsmith::gram(x, {centre.data(), scale.data()}, h.data(), gram.data(), std::max<std::size_t>(1, threads));
}

template <class Loss, class T>
std::tuple<std::size_t, std::size_t, double, double> newton_dense(
    const Matrix<T>& x, const Vector& centre, const Vector& scale, const Vector& target, const MaybeVector& weight,
    const MaybeVector& offset, const Vector& curvature, bool intercept, double total, double goal, double least,
    Output beta, OutputMatrix trace, Output gradient, OutputMatrix hessian, std::size_t threads) {
    const auto view = dense<T>(x);
    const std::size_t p = view.cols;
    require(centre.shape(0) == p && scale.shape(0) == p, "centre and scale need one entry a column");
    require(beta.shape(0) == p + 1 && curvature.shape(0) == p + 1, "beta and curvature need 1 + p entries");
    require(target.shape(0) == view.rows, "target needs one entry a row");
    require(trace.shape(0) > 0 && trace.shape(1) == 4, "trace needs four columns");
    require(gradient.shape(0) == p + 1 && hessian.shape(0) == p + 1 && hessian.shape(1) == p + 1,
            "gradient and hessian need 1 + p entries a side");
    const oddsmith::Rows rows{target.data(), data_or_null(weight, view.rows), data_or_null(offset, view.rows)};
    const oddsmith::View standard{centre.data(), scale.data()};
    nb::gil_scoped_release release;
    const auto run = oddsmith::newton<Loss>(view, standard, rows, {curvature.data(), total, intercept}, goal, least,
                                            trace.shape(0), beta.data(), gradient.data(), hessian.data(),
                                            std::max<std::size_t>(1, threads));
    double* line = trace.data();
    for (const auto& step : run.trace)
        for (const double entry : {step.passes, step.value, step.decrement, step.length}) *line++ = entry;
    return {run.trace.size(), run.passes, run.end.value, run.end.reach};
}

template <class Loss, class T, class Index>
std::pair<double, double> sweep_sparse(const Entries<T>& data, const Entries<Index>& columns,
                                       const Entries<Index>& begin, const Vector& centre, const Vector& scale,
                                       const Vector& target, const MaybeVector& weight, const MaybeVector& offset,
                                       const Vector& beta, MaybeOutput gradient, MaybeMatrix hessian,
                                       std::size_t threads) {
    return sweep<Loss>(csr(data, columns, begin, centre.shape(0)), centre, scale, target, weight, offset, beta,
                       gradient, hessian, threads);
}

// What a pass over several outputs needs, checked and run: the two functions below differ in the loss alone.
template <class Loss, class T>
double sweep_outputs_dense(const Matrix<T>& x, const Vector& centre, const Vector& scale, const Vector& target,
                           const MaybeVector& weight, const MaybeVector& offset, const Loss& loss,
                           const Rectangle& beta, Output value, MaybeMatrix gradient, MaybeCube hessian,
                           std::size_t threads) {
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
                               const MaybeVector& weight, const Rectangle& contrasts, const Rectangle& beta,
                               Output value, MaybeMatrix gradient, MaybeCube hessian, std::size_t threads) {
    const oddsmith::Softmax loss{contrasts.data(), contrasts.shape(0), contrasts.shape(1)};
    require(loss.classes > 1 && loss.classes - loss.outputs < 2, "contrasts need the shape (classes, classes - 1)");
    return sweep_outputs_dense(x, centre, scale, target, weight, std::nullopt, loss, beta, value, gradient, hessian,
                               threads);
}

template <class T>
double sweep_one_vs_rest_dense(const Matrix<T>& x, const Vector& centre, const Vector& scale, const Vector& target,
                               const MaybeVector& weight, const MaybeVector& offset, const Vector& chosen,
                               const Rectangle& beta, Output value, MaybeMatrix gradient, MaybeCube hessian,
                               std::size_t threads) {
    const oddsmith::OneVsRest loss{chosen.data(), chosen.shape(0)};
    return sweep_outputs_dense(x, centre, scale, target, weight, offset, loss, beta, value, gradient, hessian, threads);
}

template <class T>
double moments_dense(const Matrix<T>& x, const MaybeVector& weight, Output mean, Output deviation, std::size_t threads) {
    const auto view = dense<T>(x);
    require(mean.shape(0) == view.cols && deviation.shape(0) == view.cols, "mean and deviation: one entry a column");
    const double* w = data_or_null(weight, view.rows);
    nb::gil_scoped_release release;
    return oddsmith::moments(view, w, mean.data(), deviation.data(), std::max<std::size_t>(1, threads));
}

template <class T, class Index>
double moments_sparse(const Entries<T>& data, const Entries<Index>& columns, const Entries<Index>& begin,
                      const MaybeVector& weight, Output mean, Output deviation, std::size_t threads) {
    const auto x = csr(data, columns, begin, mean.shape(0));
    require(deviation.shape(0) == x.cols, "mean and deviation: one entry a column");
    const double* w = data_or_null(weight, x.rows);
    nb::gil_scoped_release release;
    return oddsmith::moments(x, w, mean.data(), deviation.data(), std::max<std::size_t>(1, threads));
}

template <class T, class Index>
void gram_sparse(const Entries<T>& data, const Entries<Index>& columns, const Entries<Index>& begin,
                 const Places& place, const Vector& h, OutputMatrix out, std::size_t threads) {
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
    oddsmith::gram(x, place.data(), out.shape(0), out.shape(0), h.data(), 0, out.data(),
                   std::max<std::size_t>(1, threads));
}

template <class Loss, class Design>
void rough(const Design& x, const Vector& centre, const Vector& scale, const Vector& target, const MaybeVector& weight,
           const MaybeVector& offset, const Vector& beta, std::size_t known, Grid<float> hessian, std::size_t threads) {
    const std::size_t p = x.cols;
    require(centre.shape(0) == p && scale.shape(0) == p && beta.shape(0) == p + 1 && target.shape(0) == x.rows &&
                hessian.shape(0) == p + 1 && hessian.shape(1) == p + 1 && known <= p + 1,
            "one entry a column, one more for beta and hessian; target: one a row");
    const oddsmith::Rows rows{target.data(), data_or_null(weight, x.rows), data_or_null(offset, x.rows)};
    nb::gil_scoped_release release;
    oddsmith::rough_hessian<Loss>(x, {centre.data(), scale.data()}, rows, beta.data(), known, hessian.data(),
                                  std::max<std::size_t>(1, threads));
}

template <class T>
void rough_logistic_dense(const Matrix<T>& x, const Vector& centre, const Vector& scale, const Vector& target,
                          const MaybeVector& weight, const MaybeVector& offset, const Vector& beta, std::size_t known,
                          Grid<float> hessian, std::size_t threads) {
    rough<oddsmith::Logistic>(dense<T>(x), centre, scale, target, weight, offset, beta, known, hessian, threads);
}

template <class T, class Index>
void rough_logistic_sparse(const Entries<T>& data, const Entries<Index>& columns, const Entries<Index>& begin,
                           const Vector& centre, const Vector& scale, const Vector& target, const MaybeVector& weight,
                           const MaybeVector& offset, const Vector& beta, std::size_t known, Grid<float> hessian,
                           std::size_t threads) {
    rough<oddsmith::Logistic>(csr(data, columns, begin, centre.shape(0)), centre, scale, target, weight, offset, beta,
                              known, hessian, threads);
}

template <class Index>
void count_sparse(const Entries<Index>& columns, const Entries<Index>& begin, const Places& place, Filled<Index> counts,
                  std::size_t threads) {
    const auto x = csr(columns, columns, begin, place.shape(0));
    require(counts.shape(0) == x.rows, "counts needs one entry a row");
    nb::gil_scoped_release release;
    oddsmith::count(x, place.data(), counts.data(), std::max<std::size_t>(1, threads));
}

template <class T, class Index>
void select_sparse(const Entries<T>& data, const Entries<Index>& columns, const Entries<Index>& begin,
                   const Places& place, const Entries<Index>& new_begin, Filled<Index> new_columns, Filled<T> new_data,
                   std::size_t threads) {
    const auto x = csr(data, columns, begin, place.shape(0));
    require(new_begin.shape(0) == x.rows + 1 && new_columns.shape(0) == new_data.shape(0) &&
                static_cast<std::size_t>(new_begin.data()[x.rows]) == new_data.shape(0),
            "what is filled does not belong together");
    threads = std::max<std::size_t>(1, threads);
    nb::gil_scoped_release release;
    oddsmith::select(x, place.data(), new_begin.data(), new_columns.data(), new_data.data(), threads);
}

template <class T>
std::size_t descend(const Grid<const T>& hessian, const Vector& thresholds, const Vector& curvature, const Vector& start,
                    double target, std::size_t limit, Output gradient, Output step) {
    const std::size_t m = gradient.shape(0);
    require(is(hessian, m, m), "hessian must be square");
    for (const auto& v : {thresholds, curvature, start, Vector(step)}) require(v.shape(0) == m, "one entry a coefficient");
    nb::gil_scoped_release release;
    const oddsmith::Quadratic<T> q{hessian.data(), thresholds.data(), curvature.data(), start.data(), m};
    return oddsmith::descend(q, target, limit, gradient.data(), step.data());
}

template <class T>
void add_products(const Grid<T>& hessian, const Rectangle& left, const Rectangle& right, std::size_t threads) {
    const std::size_t m = hessian.shape(0), count = left.shape(0);
    require(is(hessian, m, m) && is(left, count, m) && is(right, count, m), "left and right: rows as hessian has");
    nb::gil_scoped_release release;
    oddsmith::add_products(hessian.data(), left.data(), right.data(), count, m, std::max<std::size_t>(1, threads));
}

template <class T>
void gather_dense(const Matrix<T>& x, const Places& columns, const Grid<T>& out, std::size_t threads) {
    const auto view = dense<T>(x);
    require(out.shape(0) == columns.shape(0) && out.shape(1) == view.rows, "out needs a row for each column");
    for (std::size_t k = 0; k < columns.shape(0); ++k)
        require(columns.data()[k] >= 0 && columns.data()[k] < static_cast<std::int64_t>(view.cols), "no such column");
    nb::gil_scoped_release release;
    oddsmith::gather(view, columns.data(), columns.shape(0), out.data(), std::max<std::size_t>(1, threads));
}

// out += x b in double-double; of x' it is out += b'x. The two differ in shapes alone.
template <class T, bool Transposed>
void exact_product(const Matrix<T>& x, const Rectangle& hi, const Rectangle& lo, OutputMatrix out_hi,
                   OutputMatrix out_lo, std::size_t threads) {
    const auto view = dense<T>(x);
    const std::size_t inner = Transposed ? view.rows : view.cols, cols = hi.shape(1);
    const std::size_t rows = Transposed ? cols : view.rows, width = Transposed ? view.cols : cols;
    require(hi.shape(0) == inner && lo.shape(0) == inner && lo.shape(1) == cols, "hi and lo have the wrong shape");
    require(out_hi.shape(0) == rows && out_hi.shape(1) == width && out_lo.shape(0) == rows && out_lo.shape(1) == width,
            "out_hi and out_lo have the wrong shape");
    const oddsmith::Twofold<const double> in{hi.data(), lo.data(), cols};
    const oddsmith::Twofold<double> out{out_hi.data(), out_lo.data(), width};
    threads = std::max<std::size_t>(1, threads);
    nb::gil_scoped_release release;
    Transposed ? oddsmith::exact_slopes(view, in, out, threads) : oddsmith::exact_scores(view, in, out, threads);
}

template <class T>
void slopes_dense(const Matrix<T>& x, const Vector& centre, const Vector& scale, const Rectangle& r, OutputMatrix out,
                  std::size_t threads) {
    const auto view = dense<T>(x);
    const std::size_t p = view.cols, count = r.shape(0);
    require(centre.shape(0) == p && scale.shape(0) == p, "centre and scale need one entry a column");
    require(r.shape(1) == view.rows, "r needs one entry a row");
    require(out.shape(0) == count && out.shape(1) == p, "out has the wrong shape");
    nb::gil_scoped_release release;
    oddsmith::slopes(view, {centre.data(), scale.data()}, r.data(), count, out.data(), std::max<std::size_t>(1, threads));
}

template <class T>
void scores_dense(const Matrix<T>& x, const Vector& centre, const Vector& scale, const Vector& v, Output out,
                  std::size_t threads) {
    const auto view = dense<T>(x);
    const std::size_t p = view.cols;
    require(centre.shape(0) == p && scale.shape(0) == p && v.shape(0) == p, "one entry a column");
    require(out.shape(0) == view.rows, "out needs one entry a row");
    nb::gil_scoped_release release;
    oddsmith::scores(view, {centre.data(), scale.data()}, v.data(), out.data(), std::max<std::size_t>(1, threads));
}

template <class T, class Index>
void scores_sparse(const Entries<T>& data, const Entries<Index>& columns, const Entries<Index>& begin,
                   const Vector& centre, const Vector& scale, const Vector& v, Output out, std::size_t threads) {
    const auto x = csr(data, columns, begin, centre.shape(0));
    require(scale.shape(0) == x.cols && v.shape(0) == x.cols, "one entry a column");
    require(out.shape(0) == x.rows, "out needs one entry a row");
    nb::gil_scoped_release release;
    oddsmith::scores(x, {centre.data(), scale.data()}, v.data(), out.data(), std::max<std::size_t>(1, threads));
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
#define ODDSMITH_ROW_ARGUMENTS "centre"_n, "scale"_n, "target"_n, "weight"_n.none(), "offset"_n.none()
#define ODDSMITH_SWEEP_ARGUMENTS                                                                              \
    ODDSMITH_ROW_ARGUMENTS, "beta"_n, "gradient"_n.none(), "hessian"_n.none(), "threads"_a
#define ODDSMITH_EXACT_ARGUMENTS "x"_n, "hi"_n, "lo"_n, "out_hi"_n, "out_lo"_n, "threads"_a
#define ODDSMITH_DENSE_KERNELS(T)                                                                             \
    m.def("sweep_logistic_dense", &sweep_dense<oddsmith::Logistic, T>, "x"_n, ODDSMITH_SWEEP_ARGUMENTS);      \
    m.def("sweep_logistic_chosen", &sweep_chosen<oddsmith::Logistic, T>, "x"_n, "columns"_n,                  \
          ODDSMITH_SWEEP_ARGUMENTS);                                                                          \
    m.def("rough_logistic_dense", &rough_logistic_dense<T>, "x"_n, ODDSMITH_ROW_ARGUMENTS, "beta"_n,          \
          "known"_a, "hessian"_n, "threads"_a);                                                               \
    m.def("newton_logistic_dense", &newton_dense<oddsmith::Logistic, T>, "x"_n, ODDSMITH_ROW_ARGUMENTS,       \
          "curvature"_n, "intercept"_a, "total"_a, "goal"_a, "least"_a, "beta"_n, "trace"_n, "gradient"_n,    \
          "hessian"_n, "threads"_a);                                                                          \
    m.def("sweep_multinomial_dense", &sweep_multinomial_dense<T>, "x"_n, "centre"_n, "scale"_n, "target"_n,   \
          "weight"_n.none(), "contrasts"_n, "beta"_n, "value"_n, "gradient"_n.none(), "hessian"_n.none(),     \
          "threads"_a);                                                                                       \
    m.def("sweep_one_vs_rest_dense", &sweep_one_vs_rest_dense<T>, "x"_n, ODDSMITH_ROW_ARGUMENTS, "chosen"_n,  \
          "beta"_n, "value"_n, "gradient"_n.none(), "hessian"_n.none(), "threads"_a);                         \
    m.def("slopes_dense", &slopes_dense<T>, "x"_n, "centre"_n, "scale"_n, "r"_n, "out"_n, "threads"_a);       \
    m.def("scores_dense", &scores_dense<T>, "x"_n, "centre"_n, "scale"_n, "v"_n, "out"_n, "threads"_a);       \
    m.def("moments_dense", &moments_dense<T>, "x"_n, "weight"_n.none(), "mean"_n, "deviation"_n, "threads"_a); \
    m.def("gather_dense", &gather_dense<T>, "x"_n, "columns"_n, "out"_n, "threads"_a);                        \
    m.def("add_products", &add_products<T>, "hessian"_n, "left"_n, "right"_n, "threads"_a);                   \
    m.def("exact_scores_dense", &exact_product<T, false>, ODDSMITH_EXACT_ARGUMENTS);                          \
    m.def("exact_slopes_dense", &exact_product<T, true>, ODDSMITH_EXACT_ARGUMENTS)
    ODDSMITH_DENSE_KERNELS(double);
    ODDSMITH_DENSE_KERNELS(float);
    m.def("sweep_logistic_codes", &sweep_codes<oddsmith::Logistic>, "numbers"_n, "places"_n, "codes"_n,
          ODDSMITH_SWEEP_ARGUMENTS);
    m.def("gram_codes", &gram_codes, "numbers"_n, "places"_n, "codes"_n, "centre"_n, "scale"_n, "h"_n, "gram"_n,
          "threads"_a);
#define ODDSMITH_SPARSE_KERNELS(T, Index)                                                                     \
    m.def("sweep_logistic_sparse", &sweep_sparse<oddsmith::Logistic, T, Index>, "data"_n, "columns"_n,        \
          "begin"_n, ODDSMITH_SWEEP_ARGUMENTS);                                                               \
    m.def("rough_logistic_sparse", &rough_logistic_sparse<T, Index>, "data"_n, "columns"_n, "begin"_n,        \
          ODDSMITH_ROW_ARGUMENTS, "beta"_n, "known"_a, "hessian"_n, "threads"_a);                             \
    m.def("scores_sparse", &scores_sparse<T, Index>, "data"_n, "columns"_n, "begin"_n, "centre"_n, "scale"_n, \
          "v"_n, "out"_n, "threads"_a);                                                                       \
    m.def("moments_sparse", &moments_sparse<T, Index>, "data"_n, "columns"_n, "begin"_n, "weight"_n.none(),   \
          "mean"_n, "deviation"_n, "threads"_a);                                                              \
    m.def("gram_sparse", &gram_sparse<T, Index>, "data"_n, "columns"_n, "begin"_n, "place"_n, "h"_n, "out"_n, \
          "threads"_a);                                                                                       \
    m.def("select_sparse", &select_sparse<T, Index>, "data"_n, "columns"_n, "begin"_n, "place"_n,             \
          "new_begin"_n, "new_columns"_n, "new_data"_n, "threads"_a)
    ODDSMITH_SPARSE_KERNELS(double, std::int32_t);
    ODDSMITH_SPARSE_KERNELS(double, std::int64_t);
    ODDSMITH_SPARSE_KERNELS(float, std::int32_t);
    ODDSMITH_SPARSE_KERNELS(float, std::int64_t);
    m.def("count_sparse", &count_sparse<std::int32_t>, "columns"_n, "begin"_n, "place"_n, "counts"_n, "threads"_a);
    m.def("count_sparse", &count_sparse<std::int64_t>, "columns"_n, "begin"_n, "place"_n, "counts"_n, "threads"_a);
#define ODDSMITH_DESCEND_ARGUMENTS \
    "hessian"_n, "thresholds"_n, "curvature"_n, "start"_n, "target"_a, "limit"_a, "gradient"_n, "step"_n
    m.def("descend", &descend<double>, ODDSMITH_DESCEND_ARGUMENTS).def("descend", &descend<float>, ODDSMITH_DESCEND_ARGUMENTS);
    m.def("logistic_rows", &logistic_rows, "eta"_n, "target"_n, "value"_n, "gradient"_n, "hessian"_n);
    paths::define(m);
    m.def("simd_level", [] { return oddsmith::simd_level(); });
}
