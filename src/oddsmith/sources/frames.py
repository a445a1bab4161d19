"""Data frames of any library, as Arrow: by the Arrow capsule, else by narwhals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from numbers import Number
from typing import Any

from oddsmith.errors import DataError
from oddsmith.schema import require
from oddsmith.sources.tables import Table, is_index


class Frame:
    """A data frame: pandas, polars, pyarrow, a dictionary of columns, or whatever exports itself to Arrow.

    Attributes
    ----------
    names : tuple of str
        Of the columns that have one, without white space around it, as in files.
    nameless : tuple of int
        Positions of the columns that have none.
    origin : str
    """

    origin = "the data frame"

    def __init__(self, frame: Any) -> None:
        arrow = _without_index(_to_arrow(frame))
        stripped = [name.strip() for name in arrow.column_names]
        self.names: tuple[str, ...] = tuple(filter(None, stripped))
        self.nameless = tuple(j for j, name in enumerate(stripped) if not name)
        name, count = max(Counter(self.names).items(), key=lambda item: item[1], default=("", 0))
        if count > 1:
            raise DataError("Two columns of the data frame have the same name", repr(name), "Give each its own.")
        self._arrow = arrow.rename_columns(stripped)

    def require(self, name: str) -> None:
        """Raise DataError unless there is a column of that name."""
        require(name, self.names, self.origin)

    def table(self, names: Sequence[str], *, text: Sequence[str], na: Sequence[str]) -> Table:
        """Some columns. Those in `text` need no other treatment here: a frame knows its types."""
        del text
        return Table(self._arrow.select(list(names)), self.origin, 0, tuple(na))


def is_frame(data: object) -> bool:
    """Whether this is a table with named columns, rather than an array or a path."""
    return (
        isinstance(data, Mapping)
        or hasattr(data, "__arrow_c_stream__")
        or hasattr(data, "__dataframe__")
        or (hasattr(data, "columns") and hasattr(data, "dtypes"))
    )


def _to_arrow(frame: Any) -> Any:
    import pyarrow as pa

    if isinstance(frame, pa.Table):
        return frame
    if isinstance(frame, Mapping):
        frame = {str(name): values for name, values in frame.items()}
    elif not hasattr(frame, "__arrow_c_stream__"):
        frame = _by_narwhals(frame)
    try:
        if hasattr(frame, "reset_index"):  # pandas: its index is no column, named or not
            frame = _without_sparse(frame.reset_index(drop=True))
        return pa.table(frame)
    except (pa.ArrowException, ValueError, TypeError) as error:
        raise _mixed(frame, str(error)) from None


def _by_narwhals(frame: Any) -> Any:
    kind = type(frame).__name__
    try:
        import narwhals as nw
    except ImportError:
        advice = "Install oddsmith[frames], or pass a frame of a later version of that library."
        raise DataError("The data frame does not export itself to Arrow", f"a {kind}", advice) from None
    try:
        return nw.from_native(frame, eager_only=True).to_arrow()
    except TypeError:
        lazy = hasattr(frame, "collect")
        advice = "Collect it first: frame.collect()." if lazy else "Pass a data frame, or the path of a file."
        raise DataError("This is no table", f"a {kind}", advice) from None


def _without_sparse(frame: Any) -> Any:
    """Pandas' sparse columns as others: Arrow has none."""
    sparse = {j: kind.subtype for j, kind in enumerate(frame.dtypes) if hasattr(kind, "fill_value")}
    return frame.astype({frame.columns[j]: kind for j, kind in sparse.items()}) if sparse else frame


def _without_index(table: Any) -> Any:
    """Without the nameless index of a pandas frame, which comes along as a column."""
    return table.select([j for j, name in enumerate(table.column_names) if not is_index(name)])


def _mixed(frame: Any, reason: str) -> DataError:
    """What is said of a frame that Arrow refuses: most often a column holds things of several kinds."""
    if isinstance(frame, Mapping):
        columns = {name: values for name, values in frame.items() if isinstance(values, Iterable)}
    else:
        columns = {name: frame.iloc[:, j] for j, name in enumerate(getattr(frame, "columns", ()))}
    for name, values in columns.items():
        cells = [(row, v) for row, v in enumerate(values) if v is not None and v == v]  # noqa: PLR0124  (NaN)
        odd = next(((row, v) for row, v in cells if _sort(v) is not _sort(cells[0][1])), None)
        if odd is not None:
            found = f"{odd[1]!r} in row {odd[0]} after {cells[0][1]!r} in row {cells[0][0]}"
            return DataError(f"Column {name!r} mixes values of several types", found, "Give it one type, or drop it.")
    return DataError("The data frame cannot be read", reason.splitlines()[0], "Give each column a name and one type.")


def _sort(value: Any) -> type:
    """What a value is: numbers of all types are one."""
    return next((kind for kind in (str, bool, Number) if isinstance(value, kind)), type(value))
