"""Where rows live: blocks of them, and sums over blocks. The one seam between the engine and its data."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property, partial, reduce
from itertools import repeat
from operator import add
from typing import Any, TypeVar

import numpy as np

from oddsmith.arrays import AnyArray, Array
from oddsmith.design import Design, Moments, NotFiniteError, some_columns
from oddsmith.errors import DataError, SpecificationError
from oddsmith.schema import Coding, Schema

T = TypeVar("T")
COPIED = 1 << 23  # entries that may be copied, of any X; of a larger one an eighth
FEW_CLASSES = 20  # so many labels are never taken for measurements


@dataclass(frozen=True)
class Block:
    """Some rows: their X, target (0, 1, ..., K - 1), weight (None: 1 each) and offset (None: 0 each).

    `first_row` says how many rows of the source stand before them.
    """

    design: Design
    target: Array
    weight: Array | None = None
    offset: Array | None = None
    first_row: int = 0

    @property
    def total_weight(self) -> float:
        return float(len(self.target)) if self.weight is None else float(self.weight.sum())


class Source(ABC):
    """Rows, wherever they live.

    Attributes
    ----------
    schema : Schema
        What the columns of X mean.
    classes : array of shape (K,)
        The labels of target 0, 1, ..., K - 1.
    rows : int
        How many rows there are.
    """

    schema: Schema
    classes: AnyArray
    rows: int

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns of X: one for each coefficient."""
        return self.schema.coefficients

    def coded(self, coding: Coding) -> Source:
        """The same rows with every level of a category, or every one but the reference, as a column of X."""
        if coding == self.schema.coding or not self.schema.has_categories:
            return self
        raise SpecificationError("The categories are coded already", self.schema.coding, "Pass the source as read.")

    @abstractmethod
    def blocks(self) -> Iterator[Block]:
        """The rows, in order, cut into blocks. The cutting never changes between two calls."""

    @abstractmethod
    def sample(self, rows: int, seed: int) -> Source:
        """About so many rows in memory, drawn in proportion to weight and reweighted to stand for all of them."""

    @abstractmethod
    def batches(self, size: int, rng: np.random.Generator) -> Iterator[Source]:
        """All rows once, in random order, `size` at a time."""

    def sum(self, part: Callable[[Block], T]) -> T:
        """part(block), added up in block order. Where the rows live decides where this runs."""
        total: T = reduce(add, map(part, self.blocks()))
        return total

    def moments(self, threads: int | None = None) -> Moments:
        """Mean and spread of every raw column, in one pass, which also finds a NaN or an infinity."""
        total = self.sum(partial(_moments, columns=self.columns, threads=threads))
        if total.weight <= 0.0:
            raise DataError("The weights sum to zero", f"{self.rows} rows", "Give some rows a positive weight.")
        return total

    def class_weights(self) -> tuple[float, ...]:
        """The sum of weights of each class. Reads the target alone, once."""
        return self._weights_of_classes

    @cached_property
    def _weights_of_classes(self) -> tuple[float, ...]:
        return tuple(map(float, self.sum(partial(_class_weights, classes=len(self.classes)))))

    @cached_property
    def has_offset(self) -> bool:
        """Whether rows have an offset: all do, or none."""
        return next(self.blocks()).offset is not None

    def mean_offset(self) -> float:
        """The weighted mean of the offset."""
        total, weight = self.sum(_offset_sums)
        return float(total / weight)

    def only(self, columns: AnyArray) -> SomeColumns:
        """Some columns of the same rows: for those few that a lasso keeps."""
        return SomeColumns.of(self, columns)

    def largest_offset(self) -> float:
        """The largest size of an offset."""
        return max(0.0 if b.offset is None else float(np.abs(b.offset).max()) for b in self.blocks())

    def smallest_weight(self) -> float:
        """The least positive weight of a row."""
        least = [1.0 if b.weight is None else float(b.weight[b.weight > 0].min(initial=np.inf)) for b in self.blocks()]
        return min(least)


class StandardisedSource(Source):
    """The same rows on columns (x - centre) / scale. A view: nothing is copied.

    Parameters
    ----------
    source : Source
    centre, scale : arrays of shape (p,)
    """

    def __init__(self, source: Source, centre: Array, scale: Array) -> None:
        self._source, self._centre, self._scale = source, centre, scale
        self.schema, self.classes, self.rows = source.schema, source.classes, source.rows
        self._last: tuple[Block, Block] | None = None  # seen last, and standardised: where there is but one, both stay

    def blocks(self) -> Iterator[Block]:
        for block in self._source.blocks():
            last = self._last  # other threads may be at other blocks
            if last is None or last[0] is not block:
                last = self._last = block, replace(block, design=block.design.standardised(self._centre, self._scale))
            yield last[1]

    def sample(self, rows: int, seed: int) -> Source:
        return StandardisedSource(self._source.sample(rows, seed), self._centre, self._scale)

    def batches(self, size: int, rng: np.random.Generator) -> Iterator[Source]:
        for batch in self._source.batches(size, rng):
            yield StandardisedSource(batch, self._centre, self._scale)

    def class_weights(self) -> tuple[float, ...]:
        """Those of the source, which may know them already."""
        return self._source.class_weights()

    def moments(self, threads: int | None = None) -> Moments:
        """Moments of the standardised columns."""
        raw = self._source.moments(threads)
        return Moments(raw.weight, (raw.mean - self._centre) / self._scale, raw.deviation / self._scale**2)


class SomeColumns(Source):
    """Some columns of the rows of another source: copied or, if they are much of a dense array, a view.

    Parameters
    ----------
    source : Source
    columns : int array
        Which of its columns these are.
    blocks : list of Block
    """

    def __init__(self, source: Source, columns: AnyArray, blocks: list[Block]) -> None:
        self._source, self.chosen, self._blocks = source, columns, blocks
        self.schema, self.classes, self.rows = Schema.of_array(len(columns)), source.classes, source.rows

    @classmethod
    def of(cls, source: Source, columns: AnyArray, known: SomeColumns | None = None) -> SomeColumns:
        """Columns of a source; the first of them may be known, and are then not looked for again."""
        few = source.rows * len(columns) <= max(COPIED, source.rows * len(source.columns) // 8)
        before = repeat(None) if known is None else (block.design for block in known._blocks)
        blocks = [
            replace(block, design=some_columns(block.design, columns, design, copied=few))
            for block, design in zip(source.blocks(), before, strict=False)
        ]
        return cls(source, columns, blocks)

    def changed(self, columns: AnyArray) -> SomeColumns:
        """Other columns of the same source; those at hand are taken from here where they come first."""
        order = np.argsort(self.chosen)
        place = np.searchsorted(self.chosen, columns, sorter=order)
        place = np.append(order, -1)[place]
        here = np.append(self.chosen, -1)[place] == columns
        first = len(columns) if here.all() else int(np.argmin(here))
        dense = self._blocks[0].design.kind == "dense"
        if not first or not (dense or first == len(columns)):  # all rows are looked through, or their layout stays
            return SomeColumns.of(self._source, columns)
        part = self
        if first < len(self.chosen) or not np.array_equal(columns[:first], self.chosen):
            blocks = [replace(block, design=block.design.only(place[:first])) for block in self._blocks]
            part = SomeColumns(self._source, columns[:first], blocks)
        return part if first == len(columns) else SomeColumns.of(self._source, columns, part)

    def blocks(self) -> Iterator[Block]:
        yield from self._blocks

    def sample(self, rows: int, seed: int) -> Source:
        return SomeColumns.of(self._source.sample(rows, seed), self.chosen)

    def batches(self, size: int, rng: np.random.Generator) -> Iterator[Source]:
        for batch in self._source.batches(size, rng):
            yield SomeColumns.of(batch, self.chosen)


def _moments(block: Block, *, columns: tuple[str, ...], threads: int | None) -> Moments:
    try:
        return block.design.moments(block.weight, threads)
    except NotFiniteError as error:
        raise NotFiniteError(error.what, block.first_row + error.row, columns[int(error.column)]) from None


def _class_weights(block: Block, *, classes: int) -> Array:
    if classes > 2:
        return np.bincount(block.target.astype(np.intp), block.weight, classes).astype(np.float64)
    positive = block.target.sum() if block.weight is None else block.weight @ block.target
    return np.array([block.total_weight - positive, positive])


def _offset_sums(block: Block) -> Array:
    if block.offset is None:
        return np.array([0.0, block.total_weight])
    total = block.offset.sum() if block.weight is None else block.weight @ block.offset
    return np.array([total, block.total_weight])


def encode_target(y: Any, positive: Any = None, name: str = "y") -> tuple[Array, AnyArray]:
    """Labels of any type as target 0, 1, ..., and the classes in that order: sorted, but for a `positive` one, last.

    `name` is what messages call y.

    Raises
    ------
    DataError
        If there is one class only, there are more than two and one is `positive`, labels are missing or look like
        measurements, or `positive` is no label.
    """
    labels = np.asarray(y)
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    _check_labels(labels, name)
    # two comparisons with the first label and the first other one: np.unique would sort a million of them
    first, other = labels[0], labels != labels[0]
    if not other.any():
        raise DataError(f"{name} has one class only", f"every label is {first!s}", "A fit needs rows of 2 classes.")
    second = labels[int(np.argmax(other))]
    if not np.array_equal(labels == second, other):
        return _many(labels, name, positive)
    try:
        swap = bool(second < first)
    except TypeError:
        raise _of_many_types(labels, name) from None
    classes = np.array([second, first] if swap else [first, second], dtype=labels.dtype)
    target = (~other if swap else other).astype(np.float64)
    if positive is not None:
        matches = np.flatnonzero(equals(classes, positive, classes))
        if not len(matches):
            raise DataError(
                "The positive class is not among the labels",
                f"{positive!r}; the classes are {classes[0]!s} and {classes[1]!s}",
                "Name one of these.",
            )
        if matches[0] == 0:
            target, classes = 1.0 - target, classes[::-1].copy()
    return target, classes


def equals(labels: AnyArray, label: Any, classes: AnyArray) -> AnyArray:
    """Which labels are this one, of whatever type: "1" is 1; and one table's true is another's True."""
    text, wanted = labels.astype(str), str(label)
    if {str(known).lower() for known in classes} == {"true", "false"}:
        text, wanted = np.char.lower(text), wanted.lower()
    same: AnyArray = (labels == label) | (text == wanted)
    return same


def _check_labels(labels: AnyArray, name: str) -> None:
    if labels.ndim != 1:
        raise DataError(f"{name} must be one label a row", f"shape {labels.shape}", "Pass a one-dimensional y.")
    if labels.dtype.kind == "f" and not np.isfinite(labels).all():
        row = int(np.argmin(np.isfinite(labels)))
        raise DataError(f"Input {name} contains NaN or infinity", f"first in row {row}", "Remove rows without a label.")
    if labels.dtype == object and not _all_known(labels):
        raise DataError(f"Input {name} contains NaN or None", "labels are missing", "Remove rows without a label.")
    if len(labels) == 0:
        raise DataError(f"{name} has no rows", "0 labels", "Pass some.")


def _many(labels: AnyArray, name: str, positive: Any) -> tuple[Array, AnyArray]:
    """Three classes or more."""
    if positive is not None:
        found = f"{name} has more than two classes"
        raise DataError("A positive class is one of two", found, "Leave it out, or choose a two-class target.")
    try:
        classes, target = np.unique(labels, return_inverse=True)
    except TypeError:
        raise _of_many_types(labels, name) from None
    if labels.dtype.kind == "f" and not (classes == np.round(classes)).all():
        found = f"{len(classes)} different numbers, such as {classes[0]!s}"
        raise DataError(f"{name} holds measurements, not classes", found, "Use labels, or whole numbers, for classes.")
    if len(classes) > max(FEW_CLASSES, len(labels) / 2):
        found = f"{len(classes)} different labels in {len(labels)} rows"
        raise DataError(f"{name} looks like measurements or identifiers", found, "Choose another target.")
    return target.astype(np.float64), classes


def _of_many_types(labels: AnyArray, name: str) -> DataError:
    kinds = ", ".join(dict.fromkeys(type(label).__name__ for label in labels.tolist()))
    return DataError(f"{name} mixes labels that cannot be compared", kinds, "Use labels of one type.")


def _all_known(labels: AnyArray) -> bool:
    """Whether no label is None or NaN, the one value that does not equal itself."""
    return bool(np.all(labels == labels)) and not any(label is None for label in labels)  # noqa: PLR0124
