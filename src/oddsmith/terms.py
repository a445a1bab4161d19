"""What a formula makes of a table: rows of numbers. The grammar, the transforms and their state are formulaic's.

A formula is code, and is run: never take one from a source that is not trusted.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

try:
    import pandas as pd
    from formulaic import Formula, ModelSpec, SimpleFormula
    from formulaic.errors import DataMismatchWarning, FormulaicError
    from formulaic.parser.types import Factor
    from formulaic.transforms import C
    from formulaic.utils.stateful_transforms import stateful_eval
    from formulaic.utils.variables import get_required_variables
except ImportError as error:
    raise ImportError("Formulas need formulaic. Install it with: pip install 'oddsmith[formula]'") from error

from oddsmith.arrays import AnyArray, Array, first_not_finite
from oddsmith.errors import DataError, SpecificationError
from oddsmith.schema import nearest, shown

WHOLE = 2.0**53  # whole numbers beyond it are no float64
TABLES = "Pass a pandas or polars data frame, a pyarrow table, or a dict of columns."


@dataclass(frozen=True, eq=False)
class Rows:
    """The complete rows of a table.

    Attributes
    ----------
    matrix : array of shape (rows, p)
        What the formula makes of them, without the intercept.
    weight, offset : arrays or None
    kept : array
        Where they stood in the table, from 0.
    index : pandas index
        Of the whole table.
    labels : array or None
        The response, if it was asked for.
    """

    matrix: Array
    weight: Array | None
    offset: Array | None
    kept: AnyArray
    index: pd.Index
    labels: AnyArray | None = None

    def placed(self, columns: Mapping[str, Array]) -> pd.DataFrame:
        """Numbers of these rows, as columns of the whole table; NaN in the other rows."""
        whole = pd.DataFrame(np.nan, index=self.index, columns=list(columns))
        whole.iloc[self.kept] = np.column_stack(list(columns.values()))
        return whole


@dataclass(frozen=True, eq=False)
class Terms:
    """The right-hand side of a formula, with what it learned from the rows of a fit.

    Attributes
    ----------
    response : str
        The left-hand side.
    spec : formulaic.ModelSpec
        The terms, and the state of their transforms.
    levels : mapping of str to array
        What every categorical factor has seen.
    """

    response: str
    spec: ModelSpec
    levels: Mapping[str, AnyArray]

    @classmethod
    def learned(
        cls, formula: str, table: pd.DataFrame, roles: Sequence[str], weight: Array | None, offset: Array | None
    ) -> tuple[Terms, Rows, pd.Series]:
        """The terms of a formula, the complete rows of the table, and the response there.

        `roles` are columns that a dot in the formula does not stand for.

        Raises
        ------
        SpecificationError
            If the formula cannot be read.
        DataError
            If it cannot be evaluated, or no row is complete.
        """
        response, spec = _parsed(formula, [name for name in table.columns if name not in roles])
        used = table[_used([response, *_factors(spec)], table)]
        kept = _complete(used, weight, offset)
        if len(kept) == 0:
            raise DataError("No row is complete", f"{len(table)} rows, values missing in each", "Leave columns out.")
        frame = _plain(used.iloc[kept])
        made, seen = _evaluated(spec, frame, {}, kept, table.columns)
        state = made.model_spec.encoder_state  # a formula may list levels: C(x, levels=[...])
        _require_known(seen, {name: state[name][1].get("categories", seen[name]) for name in seen}, kept)
        terms = cls(response.expr, made.model_spec, {name: values.unique() for name, values in seen.items()})
        weight, offset = (None if vector is None else vector[kept] for vector in (weight, offset))
        rows = Rows(terms._finite(made, kept), weight, offset, kept, table.index)
        return terms, rows, _response(response, frame, kept, table.columns)

    def rows(self, table: pd.DataFrame, offset: Array | None) -> Rows:
        """What the terms make of the complete rows of another table, by the state that they learned.

        Raises
        ------
        DataError
            If a column is not there, a level is new, or a number is not finite.
        """
        used = table[_used(_factors(self.spec), table)]
        kept = _complete(used, offset)
        matrix = np.empty((0, len(self.names)))
        if len(kept):
            made, _ = _evaluated(self.spec, _plain(used.iloc[kept]), self.levels, kept, table.columns)
            matrix = self._finite(made, kept)
        return Rows(matrix, None, None if offset is None else offset[kept], kept, table.index)

    @property
    def intercept(self) -> bool:
        """Whether there is one. It stands first, and is left out of `names` and of rows."""
        return any(term.degree == 0 for term in self.spec.formula)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns."""
        return tuple(map(str, self.spec.column_names[self.intercept :]))

    def _finite(self, made: Any, kept: AnyArray) -> Array:
        matrix: Array = np.asarray(made.__wrapped__, dtype=np.float64)[:, self.intercept :]
        where = first_not_finite(matrix)
        if where is not None:
            found = f"{self.names[where[1]]} is {matrix[where]} in row {kept[where[0]]}"
            raise DataError("The formula gives no finite number", found, "Correct that row, or change the formula.")
        return matrix


def as_table(data: Any) -> pd.DataFrame:
    """A table as a pandas data frame. A dict of single values is one row.

    Raises
    ------
    DataError
        If it is no table.
    """
    try:
        if hasattr(data, "to_pandas"):  # polars, pyarrow, and others that follow them
            data = data.to_pandas()
        elif isinstance(data, Mapping):
            single = bool(data) and all(np.ndim(value) == 0 for value in data.values())
            data = pd.DataFrame(dict(data), index=[0] if single else None)
        elif isinstance(data, np.ndarray) and data.dtype.names:
            data = pd.DataFrame(data)
    except ValueError as error:
        raise DataError("data is not a table", str(error), TABLES) from None
    if not isinstance(data, pd.DataFrame):
        advice = "Collect it first: data.collect()." if hasattr(data, "collect") else TABLES
        raise DataError("data is not a table", f"a {type(data).__name__}", advice)
    names = list(map(str, data.columns))
    return data if names == list(data.columns) else data.set_axis(names, axis=1)


def vector(given: Any, table: pd.DataFrame, what: str, *, minimum: float = -np.inf) -> Array | None:
    """A column named, or an array of one number a row; NaN where it is missing.

    Raises
    ------
    DataError
        If it is not there, has another length or index than the table, is not finite or below the minimum.
    """
    if given is None:
        return None
    if isinstance(given, str):
        what, given = f"{what} {given!r}", _column(table, given)
    elif isinstance(given, pd.Series) and not given.index.equals(table.index):
        raise DataError(f"{what} and data have different indices", "", "Pass an array if their order is the same.")
    try:
        values = pd.Series(given).to_numpy(dtype=np.float64, na_value=np.nan)
    except (TypeError, ValueError) as error:
        raise DataError(f"{what} does not hold numbers", str(error), "Name another column.") from None
    if len(values) != len(table):
        raise DataError(f"{what} must have one entry a row", f"{len(values)} for {len(table)} rows", "Match the rows.")
    bad = np.isinf(values) | (values < minimum)
    if bad.any():
        row = int(np.argmax(bad))
        wrong = f"{what} must be finite" + (f", and not below {minimum:g}" if np.isfinite(minimum) else "")
        raise DataError(wrong, f"{values[row]:g} in row {row}", "Correct that row.")
    return values


def _parsed(formula: str, available: Sequence[str]) -> tuple[Factor, ModelSpec]:
    """The response, and the terms on the right-hand side."""
    if not isinstance(formula, str):
        raise SpecificationError("The formula must be text", f"a {type(formula).__name__}", 'Write "y ~ x".')
    try:
        parsed = Formula(formula, _context={"__formulaic_variables_available__": available})
    except FormulaicError as error:
        found = " ".join(re.sub("\x1b\\[[0-9;]*m|[⧛⧚]", "", str(error)).split())
        raise SpecificationError("The formula cannot be read", found, 'Write, say, "y ~ age + C(sex)".') from None
    response, terms = getattr(parsed, "lhs", ()), getattr(parsed, "rhs", None)
    factors = [factor for term in response for factor in term.factors]
    if len(factors) != 1 or factors[0].eval_method is Factor.EvalMethod.LITERAL:
        found = f"{len(factors)} variables on the left" if len(factors) > 1 else f"{formula!r}"
        raise SpecificationError("A formula needs one response", found, 'Write it first, as in "y ~ x".')
    if not isinstance(terms, SimpleFormula):
        raise SpecificationError("The right-hand side must be of one part", f"{formula!r}", "Join terms with +.")
    if not len(terms):
        raise SpecificationError("There is nothing to fit", f"{formula!r}", "Add a term, or the intercept: 1.")
    return factors[0], ModelSpec.from_spec(terms, output="numpy", na_action="ignore")


def _factors(spec: ModelSpec) -> list[Factor]:
    factors = [factor for term in spec.formula for factor in term.factors]
    return [factor for factor in factors if factor.eval_method is not Factor.EvalMethod.LITERAL]


def _used(factors: Iterable[Factor], table: pd.DataFrame) -> list[str]:
    """The columns that factors take from a table."""
    context = _context(table.iloc[:0])
    found: set[str] = set()
    for factor in factors:
        if factor.eval_method is Factor.EvalMethod.LOOKUP:
            if _holds_dates(_column(table, factor.expr)):
                advice = f"Make numbers of them, say {{{factor.expr}.dt.year}}."
                raise DataError("A variable holds dates or times", repr(factor.expr), advice)
            found.add(factor.expr)
            continue
        try:
            variables = get_required_variables(factor.expr, context)
        except SyntaxError as error:
            raise SpecificationError("The formula cannot be read", f"{factor.expr}: {error.msg}") from None
        for name in (str(v) if str(v) in table.columns else str(v.root) for v in variables):
            if name in table.columns:
                _column(table, name)
                found.add(name)
    return sorted(found)


def _column(table: pd.DataFrame, name: str) -> pd.Series:
    names = list(table.columns)
    if names.count(name) > 1:
        raise DataError("Two columns have the same name", repr(name), "Give each its own.")
    if name not in names:
        advice = f"Name a column of the data{nearest(name, names)}."
        if "." in name and name.partition(".")[0] in names:
            advice = f"An expression stands in braces: {{{name}}}."
        raise DataError("A variable is not in the data", repr(name), advice)
    return table[name]


def _holds_dates(column: pd.Series) -> bool:
    kind = pd.api.types.infer_dtype(column)
    return "date" in kind or "time" in kind


def _complete(used: pd.DataFrame, *vectors: Array | None) -> AnyArray:
    """Where rows stand in which nothing is missing."""
    missing = used.isna().any(axis=1).to_numpy()
    for values in vectors:
        if values is not None:
            missing = missing | np.isnan(values)
    return np.flatnonzero(~missing)


def _plain(frame: pd.DataFrame) -> pd.DataFrame:
    """Complete rows as formulaic takes them: NumPy's numbers and booleans, categories that occur, or objects."""
    frame = frame.reset_index(drop=True)  # expressions align by index: labels that repeat would multiply rows
    return pd.DataFrame({name: _plain_column(frame[name]) for name in frame.columns}, index=frame.index)


def _plain_column(column: pd.Series) -> pd.Series:
    kind = pd.api.types
    if isinstance(column.dtype, pd.CategoricalDtype):
        return column.cat.remove_unused_categories()
    inferred = kind.infer_dtype(column) if column.dtype == object else ""
    if kind.is_bool_dtype(column.dtype) or inferred == "boolean":
        return column.astype(bool)
    if inferred in ("integer", "floating", "mixed-integer-float", "decimal"):
        return pd.to_numeric(column)
    if isinstance(column.dtype, np.dtype):
        return column
    if kind.is_numeric_dtype(column.dtype):
        return column.astype(np.int64 if column.dtype.kind == "i" else np.float64)
    return column if kind.is_datetime64_any_dtype(column.dtype) else column.astype(object)


def _as_float(column: pd.Series) -> pd.Series:
    """Numbers as float64, so that no power of a narrow one overflows; what is no number, or no float64, as it is."""
    kind = getattr(column.dtype, "kind", "O")
    fits = kind == "f" or (kind in "iu" and float(column.abs().max()) <= WHOLE)
    return column.astype(np.float64) if fits else column


def _categories(data: Any, *arguments: Any, **options: Any) -> Any:
    """C(), with levels 1, 2, ... for whole numbers: they are called the same whether or not some were missing."""
    return C(_whole(data), *arguments, **options)


def _whole(values: Any) -> Any:
    """Floats that are all whole as integers; anything else as it is."""
    kind = getattr(getattr(values, "dtype", None), "kind", "")
    return values.astype(np.int64) if kind == "f" and np.all(np.mod(values, 1.0) == 0.0) else values


def _context(frame: pd.DataFrame) -> Any:
    """What names in an expression mean: columns first, then transforms."""
    return ModelSpec.from_spec([]).get_materializer(frame, context={"C": _categories}).layered_context


def _evaluated(
    spec: ModelSpec, frame: pd.DataFrame, levels: Mapping[str, Any], kept: AnyArray, columns: Iterable[Any]
) -> tuple[Any, dict[str, pd.Series]]:
    """The matrix, with the spec that made it, and the values of the categorical factors: of these levels, if any."""
    numbers = pd.DataFrame({name: _as_float(frame[name]) for name in frame.columns}, index=frame.index)
    materializer = spec.get_materializer(numbers, context={"C": _categories})
    made, failure = None, None
    with warnings.catch_warnings(), np.errstate(all="ignore"):  # what is not finite is looked for, and told of
        for category in (DataMismatchWarning, DeprecationWarning):  # and so are levels that are not known
            warnings.simplefilter("ignore", category)
        try:
            made = materializer.get_model_matrix(spec)
            if np.iscomplexobj(made.__wrapped__):
                raise TypeError("complex numbers")
            np.asarray(made.__wrapped__, dtype=np.float64)
        except Exception as error:  # a formula is code: it may raise anything
            failure = error
    seen = {
        name: pd.Series(np.asarray(getattr(factor.values, "__wrapped__", factor.values)))
        for name, factor in materializer.factor_cache.items()
        if factor.metadata.kind is Factor.Kind.CATEGORICAL
    }
    _require_known(seen, levels, kept)
    if made is None or failure is not None:
        raise _failed(failure or ValueError("no matrix"), columns) from failure
    if made.shape[0] != len(frame):
        raise DataError("The formula makes other rows than the data have", f"{made.shape[0]} of {len(frame)}", "")
    return made, seen


def _failed(error: Exception, columns: Iterable[Any]) -> DataError:
    cause = error if isinstance(error, NameError) else error.__cause__
    if isinstance(cause, NameError) and cause.name:
        advice = f"Use columns and formulaic's transforms only{nearest(cause.name, list(columns))}."
        return DataError("A variable is neither in the data nor a transform", repr(cause.name), advice)
    advice = "Try the expression on the data by itself. Text that an expression makes stands in C(...)."
    return DataError("The formula cannot be evaluated on the data", f"{type(error).__name__}: {error}", advice)


def _require_known(seen: Mapping[str, pd.Series], levels: Mapping[str, Any], kept: AnyArray) -> None:
    for name in seen.keys() & levels.keys():
        values, known = seen[name], list(levels[name])
        unknown = ~values.isin(known).to_numpy()
        if unknown.any():
            row = int(np.argmax(unknown))
            level = values.iloc[row]
            level = level.item() if isinstance(level, np.generic) else level
            raise DataError(
                f"{name} has a level that the model does not know",
                f"{level!r} in row {kept[row]}; it knows {shown(list(map(str, dict.fromkeys(known))))}",
                "Correct or leave out such rows, or fit to data that have it.",
            )


def _response(factor: Factor, frame: pd.DataFrame, kept: AnyArray, columns: Iterable[Any]) -> pd.Series:
    """The labels that the left-hand side gives."""
    if factor.eval_method is Factor.EvalMethod.LOOKUP:
        labels: pd.Series = _whole(frame[factor.expr])
        return labels
    try:
        with np.errstate(all="ignore"):
            made = stateful_eval(factor.expr, _context(frame), None, None, None)
    except Exception as error:  # a formula is code: it may raise anything
        raise _failed(error, columns) from error
    values = pd.Series(_whole(getattr(made, "__wrapped__", made)))
    if len(values) != len(frame):
        raise DataError("The response must be one label a row", f"{len(values)} for {len(frame)} rows", "")
    if values.isna().any():
        row = kept[int(np.argmax(values.isna()))]
        raise DataError("The response is missing", f"{factor.expr} in row {row}", "Correct that row, or the formula.")
    return values
