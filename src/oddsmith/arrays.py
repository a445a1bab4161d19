"""Checks of arrays (dtype, shape, finiteness) and of settings that are one number. No mathematics."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from oddsmith.errors import DataError, SpecificationError

Array: TypeAlias = npt.NDArray[np.float64]
AnyArray: TypeAlias = npt.NDArray[Any]


def check_integer(value: Any, name: str, advice: str = "") -> None:
    """Refuse a setting that is not an integer >= 1; text for a number is not taken for one.

    Raises
    ------
    SpecificationError
    """
    if isinstance(value, bool) or not (isinstance(value, int | np.integer) and value >= 1):
        raise SpecificationError(f"{name} must be an integer >= 1", repr(value), _unquoted(value, advice))


def check_positive(value: Any, name: str, advice: str = "", *, finite: bool = True) -> None:
    """Refuse a setting that is not a number > 0; infinity too, if it is to be `finite`.

    Raises
    ------
    SpecificationError
    """
    if isinstance(value, bool) or not (
        isinstance(value, int | float | np.integer | np.floating) and value > 0 and (value < np.inf or not finite)
    ):
        raise SpecificationError(f"{name} must be a number > 0", repr(value), _unquoted(value, advice))


def _unquoted(value: Any, advice: str) -> str:
    return "That is text: leave out the quotes." if isinstance(value, str) else advice


def is_sparse(X: object) -> bool:
    """Whether X is a SciPy sparse matrix or array, without importing SciPy to find out."""
    return hasattr(X, "tocsr") and hasattr(X, "nnz")


def check_matrix(X: Any, name: str = "X") -> Any:
    """X as float32 or float64, two-dimensional, row- or column-major; copied only when it must be.

    It may have no columns: those of a model that has an intercept only.

    Raises
    ------
    DataError
        If X is not a two-dimensional table of real numbers with at least one row.
    """
    if is_sparse(X):
        return _check_sparse(X, name)
    try:
        array = np.asarray(X)
    except ValueError as error:
        raise DataError(f"{name} is not a table", str(error), "Give every row the same number of columns.") from None
    if array.dtype == object:
        array = _numbers_from_objects(array, name)
    if array.dtype.kind == "c":
        raise DataError(f"Complex data not supported in {name}", f"dtype {array.dtype}", "Pass real numbers.")
    if array.dtype.kind not in "fiub":
        raise DataError(f"{name} does not hold numbers", f"dtype {array.dtype}", "Encode text and dates as numbers.")
    if array.ndim != 2:
        raise DataError(
            f"{name} must be two-dimensional",
            f"{array.ndim} dimension(s), shape {array.shape}",
            "Reshape your data: X.reshape(-1, 1) for a single column, X.reshape(1, -1) for a single row.",
        )
    _check_rows(array.shape, name)
    if array.dtype not in (np.float32, np.float64):
        array = array.astype(np.float64)
    if not array.dtype.isnative:
        array = array.astype(array.dtype.newbyteorder("="))
    item = array.itemsize
    straight = array.strides[1] == item or array.strides[0] == item
    forward = array.strides[0] > 0 and array.strides[1] > 0
    return array if straight and forward and array.flags.aligned else np.ascontiguousarray(array)


def check_vector(v: Any, rows: int, name: str, *, minimum: float | None = None, first_row: int = 0) -> Array:
    """One finite float64 for each row; `first_row` is the number that messages give to the first.

    Raises
    ------
    DataError
        If the length is wrong, or an entry is not finite or below `minimum`.
    """
    try:
        array = np.asarray(v, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(f"{name} does not hold numbers", str(error), "Pass one number a row.") from None
    if array.ndim == 0:
        array = np.full(rows, float(array))
    if array.shape != (rows,):
        raise DataError(f"{name} must have one entry a row", f"shape {array.shape} for {rows} rows", "Match the rows.")
    bad = ~np.isfinite(array)
    if bad.any():
        row = int(np.argmax(bad))
        raise DataError(
            f"{name} must be finite", f"{array[row]} in row {row + first_row}", "Remove or replace such rows."
        )
    if minimum is not None and array.min(initial=minimum) < minimum:
        row = int(np.argmin(array))
        raise DataError(
            f"{name} must not be below {minimum:g}", f"{array[row]:g} in row {row + first_row}", "Correct that row."
        )
    return np.ascontiguousarray(array)


def first_not_finite(X: Any) -> tuple[int, int] | None:
    """Row and column of the first entry that is NaN or infinite, by panels; None if there is none."""
    if is_sparse(X):
        coo = X.tocoo()
        bad = np.flatnonzero(~np.isfinite(coo.data))
        return (int(coo.row[bad[0]]), int(coo.col[bad[0]])) if len(bad) else None
    for start in range(0, X.shape[0], 8192):
        bad_rows, bad_cols = np.nonzero(~np.isfinite(X[start : start + 8192]))
        if len(bad_rows):
            return start + int(bad_rows[0]), int(bad_cols[0])
    return None


def _check_rows(shape: tuple[int, ...], name: str) -> None:
    if shape[0] == 0:
        raise DataError(f"{name} has no rows", f"0 sample(s) (shape={shape}) while a minimum of 1 is required", "")


def _numbers_from_objects(array: AnyArray, name: str) -> Array:
    try:
        return array.astype(np.float64)
    except (TypeError, ValueError) as error:
        for index, value in np.ndenumerate(array):
            try:
                float(value)
            except (TypeError, ValueError):
                where = f"{value!r} in row {index[0]}" + (f", column {index[1]}" if len(index) > 1 else "")
                kind = TypeError if isinstance(error, TypeError) else ValueError
                raise _not_numbers(kind, name, where) from None
        raise DataError(f"{name} does not hold numbers", str(error), "Encode text as numbers.") from None


def _not_numbers(kind: type[Exception], name: str, where: str) -> Exception:
    parts = f"{name} does not hold numbers", where, "Each argument must be a string or a number that reads as one."
    if kind is TypeError:  # what Python, NumPy and scikit-learn raise for a value that is no number at all
        return TypeError(str(DataError(*parts)))
    return DataError(*parts)


def _check_sparse(X: Any, name: str) -> Any:
    if X.ndim != 2:
        raise DataError(f"{name} must be two-dimensional", f"{X.ndim} dimension(s)", "Reshape your data.")
    _check_rows(X.shape, name)
    if X.dtype.kind == "c":
        raise DataError(f"Complex data not supported in {name}", f"dtype {X.dtype}", "Pass real numbers.")
    if X.dtype.kind not in "fiub":
        raise DataError(f"{name} does not hold numbers", f"dtype {X.dtype}", "Encode text as numbers.")
    csr = X if X.format == "csr" else X.tocsr()
    try:
        csr.check_format(full_check=True)
    except ValueError as error:
        raise DataError(f"{name} is a damaged sparse matrix", str(error), "Build it again from its entries.") from None
    if not csr.has_canonical_format:  # an entry given in parts, or columns out of order
        csr = csr.copy()
        csr.sum_duplicates()
    return csr if csr.dtype in (np.float32, np.float64) else csr.astype(np.float64)
