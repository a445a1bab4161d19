"""A table of any origin, as Arrow; and what one of its columns holds, as NumPy: numbers, or labels."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from oddsmith.arrays import AnyArray, Array
from oddsmith.errors import DataError

DATES = "Make numbers of it (such as days since a first day), drop the column, or declare it a category."
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|[+-]?inf(inity)?", re.ASCII | re.IGNORECASE)
_WHOLE = re.compile(r"(0|-?[1-9]\d*)\.0+", re.ASCII)
_TRUTH = {"true": 1.0, "false": 0.0}


@dataclass(frozen=True)
class Numbers:
    """A column of numbers, NaN where missing; or of booleans, as 0 and 1."""

    values: Array
    boolean: bool = False

    @property
    def missing(self) -> AnyArray:
        return np.isnan(self.values)

    def take(self, rows: AnyArray) -> Numbers:
        """Some rows."""
        return Numbers(self.values[rows], self.boolean)

    def as_labels(self) -> Labels:
        """The same as text: whole numbers without a point, booleans as True and False."""
        known = ~self.missing
        distinct, index = np.unique(self.values[known], return_inverse=True)
        codes = np.full(len(self.values), -1, dtype=np.int32)
        codes[known] = index
        return Labels(
            codes, tuple(str(bool(v)) if self.boolean else as_text(float(v)) for v in distinct), declared=True
        )


@dataclass(frozen=True)
class Labels:
    """A column of text: which of the distinct texts each row has, -1 where missing.

    Attributes
    ----------
    codes : int array of shape (n,)
    levels : tuple of str
        Those that occur, without the white space around them.
    declared : bool
        Whether the table itself says that this is a category.
    """

    codes: AnyArray
    levels: tuple[str, ...]
    declared: bool = False

    @property
    def missing(self) -> AnyArray:
        return self.codes < 0

    def take(self, rows: AnyArray) -> Labels:
        """Some rows, and the levels that occur in them."""
        return _labels(self.codes[rows], self.levels, declared=self.declared)

    def first_row(self, wanted: Callable[[str], bool]) -> int | None:
        """The first row whose text is such."""
        hit = np.array([wanted(level) for level in self.levels] + [False])[self.codes]
        return int(np.argmax(hit)) if hit.any() else None

    def as_numbers(self) -> Numbers | None:
        """The same as numbers, true and false being 1 and 0; None if a text is neither."""
        truths = [level.lower() in _TRUTH for level in self.levels]
        if not all(truth or is_number(level) for truth, level in zip(truths, self.levels, strict=True)):
            return None
        parsed = [_TRUTH[s.lower()] if truth else float(s) for truth, s in zip(truths, self.levels, strict=True)]
        return Numbers(np.array([*parsed, np.nan])[self.codes], boolean=all(truths) and bool(truths))


Cells = Numbers | Labels


@dataclass(frozen=True)
class Table:
    """Columns with distinct names.

    Attributes
    ----------
    arrow : pyarrow.Table
    origin : str
        What messages call it.
    first_row : int
        The number of its first row in messages: 1 in files, 0 in data frames.
    na : tuple of str
        Texts that count as missing; one that is a number, however it is written, and in columns of numbers too.
    typed : bool
        Whether types are the table's own, so that a dictionary of texts declares a category.
    """

    arrow: Any
    origin: str
    first_row: int
    na: tuple[str, ...]
    typed: bool = True

    @property
    def rows(self) -> int:
        rows: int = self.arrow.num_rows
        return rows

    def row(self, index: int) -> str:
        """A row as messages call it."""
        return f"row {index + self.first_row}"

    @cached_property
    def absent_numbers(self) -> frozenset[float]:
        """The numbers among `na`."""
        return frozenset(float(text) for text in self.na if is_number(text))

    def cells(self, name: str) -> Cells:
        """What a column holds.

        Raises
        ------
        DataError
            If it holds dates, or nothing that a model can use.
        """
        import pyarrow as pa

        column, kind = self.arrow.column(name), self.arrow.schema.field(name).type
        if pa.types.is_null(kind):
            return Labels(np.full(self.rows, -1, dtype=np.int32), ())
        if pa.types.is_boolean(kind):
            return Numbers(_floats(column.cast(pa.int8())), boolean=True)
        if _is_numeric(kind):
            values = _floats(column)
            absent = np.isin(values, list(self.absent_numbers))
            return Numbers(np.where(absent, np.nan, values) if absent.any() else values)
        value = kind.value_type if pa.types.is_dictionary(kind) else kind
        if pa.types.is_temporal(value):
            raise dated(name, f"its type is {value}")
        coded = pa.types.is_dictionary(kind) and (_is_numeric(value) or pa.types.is_boolean(value))
        if not (coded or _is_text(value)):
            raise DataError(f"Column {name!r} cannot be used", f"its type is {kind}", "Drop it, or make text of it.")
        return self._encoded(column, declared=self.typed and pa.types.is_dictionary(kind))

    def text(self, name: str) -> Labels:
        """A column as labels, whatever it holds."""
        import pyarrow as pa

        kind = self.arrow.schema.field(name).type
        if pa.types.is_temporal(kind) or pa.types.is_integer(kind) or pa.types.is_decimal(kind):
            return self._encoded(self.arrow.column(name).cast(pa.string()), declared=True)
        cells = self.cells(name)
        return cells if isinstance(cells, Labels) else cells.as_labels()

    def labels(self, name: str) -> AnyArray:
        """A column as class labels: booleans; numbers, where every label is one; text otherwise.

        A row without a label has any of them.
        """
        cells = self.cells(name)
        if isinstance(cells, Numbers) and cells.boolean:
            return cells.values > 0
        text = self.text(name)
        values: list[Any] = list(text.levels)
        if values and all(map(is_number, values)):
            whole = all(float(v).is_integer() for v in values)
            values = [_whole(v) if whole else float(v) for v in values]
        return np.array(values or [""])[text.codes]

    def _encoded(self, column: Any, *, declared: bool) -> Labels:
        import pyarrow as pa

        if not pa.types.is_dictionary(column.type):
            column = column.cast(pa.string()).dictionary_encode()
        elif any(chunk.dictionary.null_count for chunk in column.chunks):  # such ones cannot be unified
            column = column.cast(column.type.value_type).dictionary_encode()
        chunk = column.unify_dictionaries().combine_chunks()
        if isinstance(chunk, pa.ChunkedArray):  # no chunk at all, or in early versions one
            chunk = chunk.chunk(0) if chunk.num_chunks else pa.array([], column.type)
        indices = chunk.indices if chunk.indices.type == pa.int32() else chunk.indices.cast(pa.int32())
        codes = np.empty(len(indices), dtype=np.int32)
        _fill(codes, indices, -1)
        return _labels(codes, [as_text(v) for v in chunk.dictionary.to_pylist()], self._is_absent, declared=declared)

    def _is_absent(self, text: str) -> bool:
        return text in self.na or (bool(self.absent_numbers) and is_number(text) and float(text) in self.absent_numbers)


def is_number(text: str) -> bool:
    """Whether a text is a number, or an infinity."""
    return _NUMBER.fullmatch(text) is not None


def is_index(name: str) -> bool:
    """Whether a column is the nameless index of a pandas frame, as it stands in Arrow tables and Parquet files."""
    return re.fullmatch(r"__index_level_\d+__", name) is not None


def as_text(value: Any) -> str:
    """A cell as text, without white space around it, a whole number without a point; empty if there is none.

    So that a level has one name: what one table holds as the number 1, another writes as "1.0".
    """
    if value is None or value != value:  # noqa: PLR0124  (NaN)
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    text = str(value).strip()
    whole = _WHOLE.fullmatch(text)
    return whole[1] if whole else text


def dated(name: str, found: str) -> DataError:
    """What is said of a column of dates."""
    return DataError(f"Column {name!r} holds dates or times, which have no coefficient", found, DATES)


def _labels(
    codes: AnyArray, texts: Iterable[str], absent: Callable[[str], bool] = lambda _: False, *, declared: bool
) -> Labels:
    """Labels whose levels are distinct, occur, and are not missing."""
    texts = list(texts)
    occurs = np.zeros(len(texts) + 1, dtype=bool)
    occurs[codes] = True
    place: dict[str, int] = {}
    new = np.full(len(texts) + 1, -1, dtype=np.int32)  # the last is where a code of -1 looks
    for k, text in enumerate(texts):
        if occurs[k] and text and not absent(text):
            new[k] = place.setdefault(text, len(place))
    return Labels(new[codes], tuple(place), declared)


def _whole(text: str) -> int:
    return int(text) if text.lstrip("+-").isdigit() else int(float(text))


def _floats(column: Any) -> Array:
    """A chunked column of numbers as one array, NaN where missing."""
    import pyarrow as pa

    column = column if column.type == pa.float64() else column.cast(pa.float64(), safe=False)
    values, at = np.empty(len(column)), 0
    for chunk in column.chunks:
        part = values[at : at + len(chunk)]
        _fill(part, chunk, np.nan)
        at += len(chunk)
    return values


def _fill(out: AnyArray, array: Any, missing: float) -> None:
    """What an Arrow array of this type holds. Its own methods would load pandas, which takes a third of a second."""
    if not len(array):
        return
    validity, entries = array.buffers()
    out[:] = np.frombuffer(entries, out.dtype, len(array), out.dtype.itemsize * array.offset)
    if array.null_count:
        bits = np.unpackbits(np.frombuffer(validity, np.uint8), bitorder="little")
        out[bits[array.offset : array.offset + len(array)] == 0] = missing


def _is_numeric(kind: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))


def _is_text(kind: Any) -> bool:
    import pyarrow as pa

    view = getattr(pa.types, "is_string_view", lambda _: False)
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or view(kind))
