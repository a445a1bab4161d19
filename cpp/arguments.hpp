// What Python hands over, as the kernels want it, and checked: numbers in arrays that are never copied.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <optional>

#include "sparse.hpp"
#include "sweep.hpp"

namespace nb = nanobind;
using namespace nb::literals;

template <class T>
using Matrix = nb::ndarray<const T, nb::ndim<2>, nb::device::cpu>;
template <class T>
using Entries = nb::ndarray<const T, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using Vector = nb::ndarray<const double, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using Output = nb::ndarray<double, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using Places = nb::ndarray<const std::int64_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using CodeMatrix = nb::ndarray<const std::int32_t, nb::ndim<2>, nb::device::cpu>;
template <class T>
using Grid = nb::ndarray<T, nb::ndim<2>, nb::c_contig, nb::device::cpu>;
using OutputCube = nb::ndarray<double, nb::ndim<3>, nb::c_contig, nb::device::cpu>;
using OutputMatrix = Grid<double>;
template <class Index>
using Filled = nb::ndarray<Index, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using Rectangle = Grid<const double>;
using MaybeVector = std::optional<Vector>;
using MaybeOutput = std::optional<Output>;
using MaybeMatrix = std::optional<OutputMatrix>;
using MaybeCube = std::optional<OutputCube>;

// An argument that is taken as it is, or refused.
inline auto operator""_n(const char* name, std::size_t) { return nb::arg(name).noconvert(); }

inline void require(bool holds, const char* what) {
    if (!holds) throw nb::value_error(what);
}

template <class Shaped>
bool is(const Shaped& a, std::size_t rows, std::size_t cols) {
    return a.shape(0) == rows && a.shape(1) == cols;
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

inline const double* data_or_null(const MaybeVector& v, std::size_t rows) {
    if (!v) return nullptr;
    require(v->shape(0) == rows, "a row vector has the wrong length");
    return v->data();
}
