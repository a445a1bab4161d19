"""How coefficients of standardised columns stand to those of raw ones: the one place where they are turned."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from oddsmith.arrays import Array
from oddsmith.design import Moments
from oddsmith.errors import NumericalError
from oddsmith.extended import Extended


@dataclass(frozen=True)
class Axes:
    """z = (x - centre) / scale, hence coef = b / scale and intercept = b_0 - centre'coef.

    Raw coefficients have shape (1 + p,), intercept first. Those of the solver, b, have the free ones only: the
    intercept, if it is free, and the columns. Without a free intercept nothing is centred.

    Attributes
    ----------
    centre, scale : arrays of shape (p,)
        The scale of a constant column is infinite: its coefficient is 0 on either side.
    intercept : bool
    """

    centre: Array
    scale: Array
    intercept: bool

    @classmethod
    def standardising(cls, moments: Moments, *, intercept: bool) -> Axes:
        """Mean 0 and variance 1, or mean square 1 without an intercept."""
        centre = moments.mean if intercept else np.zeros_like(moments.mean)
        return cls(centre, moments.scale(centred=intercept), intercept)

    @property
    def free(self) -> int:
        """How many coefficients of one output are free."""
        return len(self.scale) + self.intercept

    @property
    def spread(self) -> Array:
        """The scale, 1 for a constant column: what penalties on raw columns are turned by."""
        return np.where(np.isinf(self.scale), 1.0, self.scale)

    def to_raw(self, b: Array) -> Array:
        """Raw coefficients.

        Raises
        ------
        NumericalError
            If b is not finite.
        """
        if not np.isfinite(b).all():
            raise NumericalError(
                "The coefficients are not finite",
                "the last step overflowed",
                "Look for extreme values, or add a penalty.",
            )
        coef = b[self.intercept :] / self.scale
        first = 0.0
        if self.intercept:
            shifts = self.centre * coef
            first = math.fsum([float(b[0]), *(-shifts[shifts != 0.0]).tolist()])
        return np.append(first, coef)

    def to_raw_exactly(self, b: Extended) -> Extended:
        """The same in double-double: where means are far above spreads, products of them must not be rounded."""
        coef = b[self.intercept :].over(self.scale)
        first = b[:1] - (coef * self.centre).sum() if self.intercept else Extended.of([0.0])
        return Extended.joined(first, coef)

    def from_raw(self, raw: Array) -> Array:
        """The solver's coefficients."""
        with np.errstate(invalid="ignore"):
            b = np.where(np.isinf(self.scale), 0.0, raw[1:] * self.scale)
        return np.concatenate([[raw[0] + self.centre @ raw[1:]], b]) if self.intercept else b

    def rows_to_raw(self, matrix: Array) -> Array:
        """The linear map of `to_raw`, of the free coefficients, on every column of a matrix: for standard errors."""
        columns = matrix[self.intercept :] / self.scale[:, None]
        return np.vstack([matrix[0] - self.centre @ columns, columns]) if self.intercept else columns

    def touched(self, directions: Array, threshold: float) -> tuple[int, ...]:
        """The columns (-1: the raw intercept) that directions in b, one a column of the array, take part in.

        Columns are compared per standard deviation. Coefficients of several outputs stand one below another.
        """
        if not directions.size:
            return ()
        directions = np.concatenate(np.split(directions, len(directions) // self.free), axis=1)
        columns = directions[self.intercept :]
        size = np.abs(columns).max(axis=1)
        least = threshold * float(size.max(initial=0.0))
        found = tuple(map(int, np.flatnonzero(size > least)))
        moves = self.intercept and float(np.abs(self.rows_to_raw(directions)[0]).max()) > least
        return (-1, *found) if moves else found
