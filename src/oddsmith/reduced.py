"""An objective with some coefficients held at 0: what solver and judge see is the smaller problem."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from oddsmith.arrays import AnyArray, Array
from oddsmith.axes import Axes
from oddsmith.errors import DataError
from oddsmith.evaluation import Evaluation
from oddsmith.exact_evaluation import ExactEvaluation
from oddsmith.extended import Extended
from oddsmith.objective import Objective


class Reduced(Objective):
    """An objective of the coefficients that are left, for exact Newton and the judge. Passes count for the whole.

    Parameters
    ----------
    whole : Objective
    held : sequence of int
        Places, among the coefficients of one output, that are held at 0; never a free intercept's.

    Raises
    ------
    DataError
        If none is left.
    """

    def __init__(self, whole: Objective, held: Sequence[int]) -> None:
        self.source, self.loss, self.intercept, self.threads = whole.source, whole.loss, whole.intercept, whole.threads
        self._whole, self._left = whole, np.delete(np.arange(whole.width), held)
        self._places = np.add.outer(whole.width * np.arange(whole.loss.outputs), self._left).ravel()
        self.width, self.size, self.rows = len(self._left), len(self._places), whole.rows
        if not self.width:
            raise DataError("There is nothing to fit", "every column is 0, without an intercept", "Leave it in.")

    @property
    def passes(self) -> int:
        """Passes made over the data so far, by the whole too."""
        return self._whole.passes

    @passes.setter
    def passes(self, count: int) -> None:
        self._whole.passes = count

    def evaluate_exactly(self, beta: Extended, root: Array) -> ExactEvaluation:
        """As in `Objective`."""
        seen = self._whole.evaluate_exactly(Extended(self.spread(beta.hi), self.spread(beta.lo)), self.spread(root))
        return replace(seen, gradient=seen.gradient[self._places])

    def largest_changes(self, directions: Array) -> Array:
        """As in `Objective`."""
        full = np.zeros((self._whole.width, directions.shape[1]))
        full[self._left] = directions
        return self._whole.largest_changes(full)

    def near_optimum(
        self, beta: Array, curvature: Array, goal: float, limit: int
    ) -> tuple[Array, Evaluation, list[tuple[float, float, float, float]]]:
        """Where it began: the compiled kernel has all coefficients."""
        return beta, self.evaluate(beta, 2), []

    def hessian_product(self, beta: Array, vector: Array) -> Array:
        """As in `Objective`."""
        return self.free(self._whole.hessian_product(self.spread(beta), self.spread(vector)))

    def widest(self, half: Array) -> float:
        """As in `Objective`."""
        return self._whole.widest(self.spread(half))

    def between(self, beta: Array, half: Array) -> Array:
        """As in `Objective`."""
        return self._whole.between(self.spread(beta), self.spread(half))

    def bias_slope(self, beta: Array, half: Array) -> Array:
        """As in `Objective`."""
        return self.free(self._whole.bias_slope(self.spread(beta), self.spread(half)))

    def free(self, vector: AnyArray) -> AnyArray:
        """What belongs to the coefficients that are left, of a vector of all."""
        return vector[self._places]

    def spread(self, free: Array) -> Array:
        """The opposite: with zeros, or rows of them, where coefficients are held."""
        out = np.zeros((self._whole.size, *free.shape[1:]))
        out[self._places] = free
        return out

    def free_evaluation(self, seen: Evaluation) -> Evaluation:
        """What belongs to the coefficients that are left, of an evaluation of the whole."""
        gradient, hessian = seen.gradient, seen.hessian
        return replace(
            seen,
            gradient=None if gradient is None else gradient[self._places],
            hessian=None if hessian is None else hessian[np.ix_(self._places, self._places)],
            root=None,
        )

    def spread_evaluation(self, seen: Evaluation) -> Evaluation:
        """With zeros in gradient and Hessian, and in the root of its inverse."""
        gradient, hessian = seen.gradient, seen.hessian
        return replace(
            seen,
            gradient=None if gradient is None else self.spread(gradient),
            hessian=None if hessian is None else self.spread(self.spread(hessian).T),
            root=None if seen.root is None else self.spread(seen.root),
        )

    def columns(self, reduced: Sequence[int]) -> tuple[int, ...]:
        """The same columns among all of them; -1 is the intercept."""
        return tuple(int(self._left[k + self.intercept]) - self.intercept for k in reduced)

    def axes(self, whole: Axes) -> Axes:
        """Those of the columns that are left."""
        columns = self._left[whole.intercept :] - whole.intercept
        return Axes(whole.centre[columns], whole.scale[columns], whole.intercept)

    def _free(self, seen: Evaluation) -> Evaluation:
        return self.free_evaluation(self._whole._free(seen))

    def _full(self, beta: Array) -> Array:
        return self._whole._full(self.spread(beta))
