"""The contract of a design: one block's X, seen through standardised columns z = (x - centre) / scale.

The engine asks five things of it: matvec (Z v), rmatvec (Z' r), gram (Z' diag(h) Z, of all columns or of some), the
diagonal of it, and the squared row norms of [1, Z] M. Standardising is a view: the user's array is never copied or
changed. A constant column has scale infinity, so that its z is exactly 0.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, Self

import numpy as np

from oddsmith.arrays import AnyArray, Array, first_not_finite
from oddsmith.errors import DataError

PANEL_BYTES = 1 << 21


@dataclass(frozen=True)
class Moments:
    """Weighted mean and sum of squared deviations of each column. Adds up over blocks."""

    weight: float
    mean: Array
    deviation: Array

    def __add__(self, other: Moments) -> Moments:
        total = self.weight + other.weight
        if total == 0.0:
            return self
        gap = other.mean - self.mean
        return Moments(
            total,
            self.mean + gap * (other.weight / total),
            self.deviation + other.deviation + gap**2 * (self.weight * other.weight / total),
        )

    def scale(self, *, centred: bool) -> Array:
        """The root mean square of each column, about its mean if `centred`; infinite for a column of no spread."""
        square = np.maximum(self.deviation, 0.0) / self.weight + (0.0 if centred else self.mean**2)
        noise = 16.0 * np.finfo(float).eps * np.abs(self.mean)
        root = np.sqrt(square)
        return np.where(root > noise, root, np.inf)


class Design(Protocol):
    """What the engine asks of a block's X."""

    kind: ClassVar[str]

    @property
    def shape(self) -> tuple[int, int]: ...
    @property
    def centre(self) -> Array: ...
    @property
    def scale(self) -> Array: ...
    @property
    def entries(self) -> int:
        """How many numbers are stored: what a pass costs."""
        ...

    @property
    def cancellation(self) -> float:
        """How many times larger than z the terms are that cancel in it, at most: 1 if the row itself is centred."""
        ...

    @property
    def operands(self) -> tuple[Any, ...]:
        """What a compiled sweep over this kind of design is given first."""
        ...

    def standardised(self, centre: Array, scale: Array) -> Self: ...
    def take(self, rows: AnyArray | slice) -> Self: ...
    def only(self, columns: AnyArray) -> Design:
        """Some columns, in this order: copied, or a view of the same X."""
        ...

    def matvec(self, v: Array) -> Array: ...
    def scores(self, v: Array, threads: int | None = None) -> Array:
        """As matvec of a vector, but for its last bits: compiled, where there is a kernel."""
        ...

    def dot_rows(self, v: Array) -> Array: ...
    def rmatvec(self, r: Array) -> Array: ...
    def gram(self, h: Array, columns: AnyArray | None = None) -> Array: ...
    def diagonal(self, h: Array) -> Array: ...
    def stored(self) -> AnyArray:
        """How many entries each column stores."""
        ...

    def columns(self) -> Iterator[tuple[int, AnyArray | slice, Array]]:
        """The raw columns that have entries: which one, in which rows, and these entries. A column may have none."""
        ...

    def norms(self, half: Array | None = None) -> Array: ...
    def moments(self, weight: Array | None, threads: int | None = None) -> Moments: ...


class NotFiniteError(DataError):
    """X holds a NaN or an infinity. Knows where, so that whoever knows the columns' names can say it better."""

    def __init__(self, what: str, row: int, column: int | str) -> None:
        where = f"column {column!r}" if isinstance(column, str) else f"column {column}"
        super().__init__(
            f"Input X contains {what}",
            f"first in row {row}, {where}",
            "Remove or impute such values before fitting.",
        )
        self.what, self.row, self.column = what, row, column


def finite(moments: Moments, X: Any) -> Moments:
    """The same; raises if an entry of X is not finite, or too large to square."""
    if np.isfinite(moments.mean).all() and np.isfinite(moments.deviation).all():
        return moments
    where = first_not_finite(X)
    if where is None:
        column = int(np.argmin(np.isfinite(moments.mean + moments.deviation)))
        raise DataError("X holds numbers too large to square", f"in column {column}", "Rescale that column.")
    value = X[where]
    what = "NaN" if np.isnan(value) else "infinity"
    raise NotFiniteError(what, *where)


def square_norms(rows: Array) -> Array:
    """The squared norm of every row."""
    out: Array = np.einsum("ij,ij->i", rows, rows)
    return out
