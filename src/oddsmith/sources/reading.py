"""Tables read for a fit, and rows read for a fitted model: files and data frames alike."""

from __future__ import annotations

import warnings
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, Protocol

import numpy as np

from oddsmith.arrays import AnyArray, Array, check_vector
from oddsmith.design import make_design
from oddsmith.errors import ColumnWarning, DataError, SpecificationError
from oddsmith.schema import MISSING, Coding, Column, Missing, Schema, Unseen, choice, shown
from oddsmith.sources.base import Block, Source, encode_target
from oddsmith.sources.encoding import design_matrix, rows_to_keep, values_of
from oddsmith.sources.files import open_file
from oddsmith.sources.frames import Frame, is_frame
from oddsmith.sources.kinds import Findings, Kinds, describe, examine, to_numbers
from oddsmith.sources.memory import MemorySource, check_weight
from oddsmith.sources.tables import Table


class Tabular(Protocol):
    """What a file and a data frame have in common."""

    @property
    def names(self) -> tuple[str, ...]: ...
    @property
    def origin(self) -> str: ...
    def require(self, name: str) -> None: ...
    def table(self, names: Sequence[str], *, text: Sequence[str], na: Sequence[str]) -> Table: ...


class TableSource(Source):
    """Rows of a table. How its categories are coded is settled by the fit: see `Source.coded`.

    Attributes
    ----------
    dropped : int
        Rows left out because of missing values.
    left_out : tuple of str
        Columns left out, each with the reason.
    """

    def __init__(
        self,
        schema: Schema,
        values: Sequence[AnyArray],
        target: Array,
        classes: AnyArray,
        *,
        weight: Array | None = None,
        offset: Array | None = None,
        dropped: int = 0,
        left_out: Sequence[str] = (),
    ) -> None:
        self.schema, self.classes, self.rows = schema, classes, len(target)
        self.dropped, self.left_out = dropped, tuple(left_out)
        self._values, self._target, self._weight, self._offset = tuple(values), target, weight, offset

    def coded(self, coding: Coding) -> MemorySource:
        if coding == self.schema.coding:
            return self._encoded
        return self._encode(self.schema.coded(coding))

    def blocks(self) -> Iterator[Block]:
        return self._encoded.blocks()

    def sample(self, rows: int, seed: int) -> Source:
        return self._encoded.sample(rows, seed)

    def batches(self, size: int, rng: np.random.Generator) -> Iterator[Source]:
        return self._encoded.batches(size, rng)

    @cached_property
    def _encoded(self) -> MemorySource:
        return self._encode(self.schema)

    def _encode(self, schema: Schema) -> MemorySource:
        return MemorySource(
            make_design(design_matrix(schema, self._values, self.rows)),
            self._target,
            weight=self._weight,
            offset=self._offset,
            schema=schema,
            classes=self.classes,
        )

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.rows} rows; {self.schema.in_words()}; classes {self.classes.tolist()}>"


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
        Texts that count as missing, besides the empty one.
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
    kinds = Kinds(tuple(category), tuple(numeric), dict(reference or {}))
    roles = [name for name in (target, weight, offset) if name is not None]
    names = _features(opened, roles, columns, drop, kinds, na)
    table = opened.table([*names, *roles], text=[target, *kinds.category], na=tuple(na))
    found = examine(table, names, kinds)
    extra = {name: to_numbers(table, name, table.cells(name)) for name in roles[1:]}
    cells = found.cells | extra | {target: table.text(target)}
    keep = rows_to_keep(table, cells, missing, required=roles)
    weights = None
    if weight is not None:
        weights = weights_of(table, weight, extra[weight].values, keep)
    described, values = _learn(table, found, kinds, missing, keep, weights)
    left_out = [*_nameless(opened), *found.left_out]
    _warn_of(left_out)
    encoded, classes = encode_target(table.labels(target)[keep], positive, f"The target {target!r}")
    schema = Schema(described, target, offset, missing, unseen, "reference", tuple(na)).coded("reference")
    return TableSource(
        schema,
        values,
        encoded,
        classes,
        weight=weights,
        offset=extra[offset].values[keep] if offset is not None else None,
        dropped=int(table.rows - keep.sum()),
        left_out=left_out,
    )


def read_frame(X: Any, y: Any, *, sample_weight: Any = None, offset: Any = None) -> TableSource:
    """The columns of a data frame as `read` would have them, beside labels, weights and offsets of their own."""
    frame = Frame(X)
    table = frame.table(frame.names, text=(), na=MISSING)
    target, classes = encode_target(y, binary=False)
    if len(target) != table.rows:
        shapes = f"{table.rows} rows of X and {len(target)} of y"
        raise DataError("X and y have inconsistent numbers of samples", shapes, "Match them.")
    weights = None if sample_weight is None else check_weight(sample_weight, table.rows, "sample_weight")
    found = examine(table, frame.names, Kinds())
    keep = rows_to_keep(table, found.cells, "error")
    described, values = _learn(table, found, Kinds(), "error", keep, weights)
    _warn_of(found.left_out)
    return TableSource(
        Schema(described).coded("reference"),
        values,
        target,
        classes,
        weight=weights,
        offset=None if offset is None else check_vector(offset, table.rows, "offset"),
        left_out=found.left_out,
    )


def weights_of(table: Table, name: str, values: Array, keep: AnyArray) -> Array:
    """The weights of the rows that are kept, checked: a row that is left out may have none."""
    checked = check_weight(np.where(keep, values, 0.0), table.rows, f"column {name!r}", table.first_row)
    return checked[keep]


def open_table(data: Any, delimiter: str | None = None) -> Tabular:
    """A file or a data frame, its columns known and not yet read."""
    return Frame(data) if is_frame(data) else open_file(data, delimiter)


def _learn(
    table: Table, found: Findings, kinds: Kinds, missing: Missing, keep: AnyArray, weight: Array | None
) -> tuple[tuple[Column, ...], list[AnyArray]]:
    """The meaning of every column that is of use, from the rows that are kept, and its values in these."""
    if not keep.any():
        raise DataError("No row is without missing values", f"{table.rows} rows of {table.origin}", "Impute them.")
    described, values = [], []
    for name, cells in found.cells.items():
        column, reason = describe(name, cells if keep.all() else cells.take(keep), kinds, missing, weight)
        if column is None:
            found.left_out.append(reason)
        else:
            described.append(column)
            values.append(values_of(table, column, cells, "error", keep))
    if not described:
        raise DataError(f"{table.origin} has no column to fit", "; ".join(found.left_out), "Add some.")
    return tuple(described), values


def _features(
    opened: Tabular,
    roles: Sequence[str],
    columns: Collection[str] | None,
    drop: Collection[str],
    kinds: Kinds,
    na: Collection[str],
) -> list[str]:
    """The columns to use, in the order of the table."""
    for argument, given in (
        ("na", na),
        ("columns", columns),
        ("drop", drop),
        ("category", kinds.category),
        ("numeric", kinds.numeric),
    ):
        if isinstance(given, str):
            raise SpecificationError(
                f"{argument} must be a list of names", f"the text {given!r}", f"Write [{given!r}]."
            )
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


def _nameless(opened: Tabular) -> list[str]:
    return [f"column {j + 1} (it has no name)" for j in getattr(opened, "nameless", ())]


def _warn_of(left_out: Sequence[str]) -> None:
    if left_out:
        warnings.warn(f"Left out: {shown(left_out)}.", ColumnWarning, stacklevel=3)
