"""Rows of a table as a Source: what its columns mean is learned from the rows that are fitted, and from no other."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from oddsmith.arrays import AnyArray, Array
from oddsmith.design import make_design
from oddsmith.errors import ColumnWarning, DataError
from oddsmith.schema import Coding, Schema, shown
from oddsmith.sources.base import Block, Source
from oddsmith.sources.encoding import design_matrix, values_of
from oddsmith.sources.kinds import Kinds, describe
from oddsmith.sources.memory import MemorySource
from oddsmith.sources.tables import Cells, Table


@dataclass(frozen=True)
class Rows:
    """Some rows of a table.

    Attributes
    ----------
    table : Table
    cells : mapping of str to Cells
        What its columns hold, in every row.
    kept : int array of shape (n,)
        Which rows these are, in ascending order.
    target : array of shape (n,)
    weight, offset : arrays of shape (n,), or None
    """

    table: Table
    cells: Mapping[str, Cells]
    kept: AnyArray
    target: Array
    weight: Array | None
    offset: Array | None

    def take(self, rows: AnyArray) -> Rows:
        """Some of them."""
        weight, offset = (None if values is None else values[rows] for values in (self.weight, self.offset))
        return replace(self, kept=self.kept[rows], target=self.target[rows], weight=weight, offset=offset)


class TableSource(Source):
    """Rows of a table. How its categories are coded is settled by the fit: see `Source.coded`.

    Attributes
    ----------
    dropped : int
        Rows of the table left out because of missing values.
    left_out : tuple of str
        Columns left out, each with the reason.
    """

    def __init__(
        self, rows: Rows, kinds: Kinds, schema: Schema, classes: AnyArray, dropped: int, left_out: Sequence[str]
    ) -> None:
        self.schema, self.classes, self.rows = schema, classes, len(rows.kept)
        self.dropped, self.left_out = dropped, tuple(left_out)
        self._rows, self._kinds = rows, kinds

    @classmethod
    def learn(
        cls, rows: Rows, kinds: Kinds, policy: Schema, classes: AnyArray, *, left_out: Sequence[str] = ()
    ) -> TableSource:
        """A source of these rows, the meaning of each column learned from them.

        Parameters
        ----------
        rows : Rows
        kinds : Kinds
        policy : Schema
            All but its columns.
        classes : array of shape (K,)
        left_out : sequence of str
            Columns left out already.

        Warns
        -----
        ColumnWarning
            If columns are left out.
        """
        table = rows.table
        described, useless = [], list(left_out)
        for name, cells in rows.cells.items():
            here = cells if len(rows.kept) == table.rows else cells.take(rows.kept)
            column, reason = describe(name, here, kinds, policy.missing, rows.weight)
            if column is None:
                useless.append(reason)
            else:
                described.append(column)
        if not described:
            raise DataError(f"{table.origin} has no column to fit", "; ".join(useless), "Add some.")
        if useless:
            warnings.warn(f"Left out: {shown(useless)}.", ColumnWarning, stacklevel=3)
        schema = replace(policy, columns=tuple(described)).coded("reference")
        return cls(rows, kinds, schema, classes, table.rows - len(rows.kept), useless)

    def split(self, train: AnyArray, test: AnyArray) -> tuple[TableSource, TableSource]:
        """Learn anew from some rows; read others like those of a table that comes later.

        Parameters
        ----------
        train, test : int arrays
            Places among the rows of this source, in ascending order.
        """
        known = replace(self._rows, cells={name: self._rows.cells[name] for name in self.schema.names})
        first = TableSource.learn(known.take(train), self._kinds, self.schema, self.classes)
        return first, TableSource(known.take(test), self._kinds, first.schema, self.classes, 0, ())

    @property
    def target(self) -> Array:
        """Target of every row, 0 or 1."""
        return self._rows.target

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
        rows = self._rows
        keep = np.zeros(rows.table.rows, dtype=bool)
        keep[rows.kept] = True
        values = [values_of(rows.table, c, rows.cells[c.name], schema.unseen, keep) for c in schema.columns]
        return MemorySource(
            make_design(design_matrix(schema, values, self.rows)),
            rows.target,
            weight=rows.weight,
            offset=rows.offset,
            schema=schema,
            classes=self.classes,
        )

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.rows} rows; {self.schema.in_words()}; classes {self.classes.tolist()}>"
