"""Tables read for a fit, and rows read for a fitted model: files and data frames alike."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from oddsmith.arrays import AnyArray, Array, check_vector
from oddsmith.errors import DataError, SpecificationError
from oddsmith.schema import MISSING, Missing, Schema, Unseen, choice, shown
from oddsmith.sources.base import encode_target
from oddsmith.sources.encoding import rows_to_keep
from oddsmith.sources.files import open_file
from oddsmith.sources.frames import Frame, is_frame
from oddsmith.sources.kinds import Kinds, examine, to_numbers
from oddsmith.sources.memory import check_weight
from oddsmith.sources.table_source import Rows, TableSource
from oddsmith.sources.tables import Cells, Table


class Tabular(Protocol):
    """What a file and a data frame have in common."""

    @property
    def names(self) -> tuple[str, ...]: ...
    @property
    def nameless(self) -> tuple[int, ...]: ...
    @property
    def origin(self) -> str: ...
    def require(self, name: str) -> None: ...
    def table(self, names: Sequence[str], *, text: Sequence[str], na: Sequence[str]) -> Table: ...


def read(
    data: Any,
    *,
    target: str,
    positive: Any = None,
    weight: str | None = None,
    offset: str | None = None,
    columns: Collection[str] | None = None,
    drop: Collection[str] = (),
    category: Collection[str] = (),
    numeric: Collection[str] = (),
    reference: Mapping[str, str] | None = None,
    missing: Missing = "error",
    unseen: Unseen = "error",
    na: Collection[str] = MISSING,
    delimiter: str | None = None,
) -> TableSource:
    """Read a table: its kinds of columns, and a two-class target.

    A column of numbers is numeric; of true and false, boolean; of other text, a category. All of a column decides, not
    its head. A category has one coefficient for each level but the most frequent (treatment coding); under a penalty,
    one for each level.

    Parameters
    ----------
    data : path, binary stream or data frame
        CSV with a header, perhaps compressed (.gz), or Parquet; a frame of pandas, polars, pyarrow, or any other that
        has an Arrow capsule; a dictionary of columns.
    target : str
        Name of the column to predict: two labels of any type.
    positive : label, optional
        The class whose probability is modelled; the larger label by default.
    weight, offset : str, optional
        Names of the columns of frequency weights and of offsets (log-odds).
    columns : collection of str, optional
        The columns to use; all by default.
    drop : collection of str
        Columns not to use.
    category, numeric : collections of str
        Columns whose kind is not left to their looks, such as a category of numbers.
    reference : mapping of str to str, optional
        The reference level of some categories, by column; the most frequent by default.
    missing : {"error", "drop", "impute"}
        What to do about missing values: refuse them; leave out such rows; or replace them, a number by its mean with a
        column of 0 and 1 beside it that tells where, a category by a level of its own.
    unseen : {"error", "reference"}
        What a level does at prediction that is not there now: stops it, or counts as the reference level (where every
        level has a coefficient: as none of them).
    na : collection of str
        Texts that count as missing, besides the empty one, instead of the usual ones. One that is a number, such as
        "-999", however it is written, and in columns of numbers too.
    delimiter : str, optional
        Of a CSV; a comma by default, a tab for .tsv.

    Returns
    -------
    TableSource

    Raises
    ------
    DataError
        If the data cannot be read, the target has not two classes, or a column is empty, holds dates, infinities, or a
        mixture of numbers and text. The message names column and row (the first after a file's header is row 1; the
        first of a frame, row 0).
    SpecificationError
        If an argument has no meaning.

    Warns
    -----
    ColumnWarning
        If columns are left out: text that is different in most rows, like an identifier; a text that is always the
        same; columns without a name.
    """
    choice("missing", missing, Missing)
    choice("unseen", unseen, Unseen)
    opened = open_table(data, delimiter)
    for argument, given in (
        ("columns", columns),
        ("drop", drop),
        ("category", category),
        ("numeric", numeric),
        ("na", na),
    ):
        if isinstance(given, str):
            advice = f"Write [{given!r}]."
            raise SpecificationError(f"{argument} must be a list of names", f"the text {given!r}", advice)
    kinds = Kinds(_names(category), _names(numeric), {str(name): level for name, level in (reference or {}).items()})
    target, *others = roles = _names(name for name in (target, weight, offset) if name is not None)
    names = _features(opened, roles, None if columns is None else _names(columns), _names(drop), kinds)
    table = opened.table([*names, *roles], text=[target, *kinds.category], na=tuple(na))
    found = examine(table, names, kinds)
    extra = {name: to_numbers(table, name, table.cells(name)) for name in others}
    keep = _complete(table, found.cells | extra | {target: table.text(target)}, missing, required=roles)
    encoded, classes = encode_target(table.labels(target)[keep], positive, f"The target {target!r}")
    return TableSource.learn(
        Rows(
            table,
            found.cells,
            np.flatnonzero(keep),
            encoded,
            None if weight is None else weights_of(table, str(weight), extra[str(weight)].values, keep),
            None if offset is None else extra[str(offset)].values[keep],
        ),
        kinds,
        Schema((), target, None if offset is None else str(offset), missing, unseen, "reference", tuple(na)),
        classes,
        left_out=[*_nameless(opened), *found.left_out],
    )


def read_frame(
    X: Any, y: Any, *, sample_weight: Any = None, offset: Any = None, missing: Missing = "error",
    unseen: Unseen = "error",
) -> TableSource:  # fmt: skip
    """The columns of a data frame as `read` would have them, beside labels, weights and offsets of their own."""
    choice("missing", missing, Missing)
    choice("unseen", unseen, Unseen)
    frame = Frame(X)
    table = frame.table(frame.names, text=(), na=MISSING)
    if len(y) != table.rows:
        shapes = f"{table.rows} rows of X and {len(y)} of y"
        raise DataError("X and y have inconsistent numbers of samples", shapes, "Match them.")
    found = examine(table, frame.names, Kinds())
    keep = _complete(table, found.cells, missing)
    target, classes = encode_target(np.asarray(y)[keep], binary=False)
    weights = None if sample_weight is None else check_weight(sample_weight, table.rows, "sample_weight")[keep]
    offsets = None if offset is None else check_vector(offset, table.rows, "offset")[keep]
    return TableSource.learn(
        Rows(table, found.cells, np.flatnonzero(keep), target, weights, offsets),
        Kinds(),
        Schema((), missing=missing, unseen=unseen),
        classes,
        left_out=[*_nameless(frame), *found.left_out],
    )


def weights_of(table: Table, name: str, values: Array, keep: AnyArray) -> Array:
    """The weights of the rows that are kept, checked: a row that is left out may have none."""
    checked = check_weight(np.where(keep, values, 0.0), table.rows, f"column {name!r}", table.first_row)
    return checked[keep]


def open_table(data: Any, delimiter: str | None = None) -> Tabular:
    """A file or a data frame, its columns known and not yet read."""
    return Frame(data) if is_frame(data) else open_file(data, delimiter)


def _features(
    opened: Tabular,
    roles: Sequence[str],
    columns: Collection[str] | None,
    drop: Collection[str],
    kinds: Kinds,
) -> list[str]:
    """The columns to use, in the order of the table."""
    for name in (*roles, *(columns or ()), *drop, *kinds.named):
        opened.require(name)
    for name in roles:
        if roles.count(name) > 1 or name in kinds.named or name in (columns or ()):
            raise SpecificationError("A column has one role only", f"{name!r} was given two", "Name another column.")
    for name in {*kinds.category} & {*kinds.numeric}:
        raise SpecificationError("A column has one kind only", f"{name!r} was given two", "Choose one.")
    wanted = set(opened.names if columns is None else columns) - set(drop) - set(roles)
    for name in kinds.named:
        if name not in wanted:
            raise SpecificationError("A column that is not used was given a kind", repr(name), "Use it, or leave it.")
    if not wanted:
        raise DataError(f"{opened.origin} has no columns besides the target", shown(opened.names), "Add some.")
    return [name for name in opened.names if name in wanted]


def _complete(table: Table, cells: Mapping[str, Cells], missing: Missing, *, required: Sequence[str] = ()) -> AnyArray:
    """The rows to learn from."""
    advice = "Leave such rows out (missing='drop'; --missing drop), or impute the values (missing='impute')."
    keep = rows_to_keep(table, cells, missing, advice, required=required)
    if not keep.any():
        raise DataError("No row is without missing values", f"{table.rows} rows of {table.origin}", "Impute them.")
    return keep


def _names(given: Iterable[Any]) -> list[str]:
    """As text: Arrow makes text of the names of a data frame, whatever they are."""
    return [str(name) for name in given]


def _nameless(opened: Tabular) -> list[str]:
    return [f"column {j + 1} (it has no name)" for j in opened.nameless]
