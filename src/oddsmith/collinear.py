"""Collinear columns: which repeat earlier ones, by what combination, and what to make of their coefficients."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from oddsmith.arrays import Array
from oddsmith.axes import Axes
from oddsmith.combinations import Combination
from oddsmith.errors import CollinearityError, Status
from oddsmith.judging.judge import Judge, Judgement
from oddsmith.judging.recession import not_unique
from oddsmith.objective import Objective
from oddsmith.reduced import Reduced
from oddsmith.schema import shown
from oddsmith.solvers import Newton, continued

Collinear = Literal["drop", "min-norm", "error"]

DOUBT = 1e-9  # of a column's second moment that earlier ones leave over: below it the rows are asked
ROUNDING = 1e-14  # of the same: below it nothing is known of what is left over
EXACT = 1e-11  # of the terms that cancel on a row: above it columns are nearly collinear only, and are kept
REFINEMENTS = 2


@dataclass(frozen=True)
class Dependence:
    """What is collinear in a problem: directions of the coefficients along which no score changes.

    Attributes
    ----------
    combinations : tuple of Combination
        Of columns that depend on one another, the last ones are combinations of the others.
    places : list of int
        Where their coefficients stand among the solver's, of one output.
    directions : array of shape (free, d)
        For each, in these coefficients: 1 at its own place and 0 at those of the others.
    """

    combinations: tuple[Combination, ...]
    places: list[int]
    directions: Array

    @classmethod
    def of(cls, objective: Objective, axes: Axes) -> Dependence:
        """Go through the columns from the left, as R does: is there a row that tells one from the earlier ones?

        Two passes; and up to five for a column that second moments leave in doubt. A column that differs from every
        combination of earlier ones by more than rounding, on some row, is not collinear.
        """
        moments = objective.second_moments()
        root = np.zeros_like(moments)  # the inverse of the Cholesky factor of the moments of the columns kept
        kept: list[int] = []
        asked: list[_Direction] = []
        for place, size in enumerate(np.diagonal(moments)):
            inner = root[: len(kept), : len(kept)]
            border = inner @ moments[kept, place]
            left = size - border @ border
            if left <= DOUBT * size:
                direction = _Direction.of(place, kept.copy(), inner, border, axes, objective.rounding)
                if left <= ROUNDING * size or direction.refined(objective):
                    asked.append(direction)
                    continue
            root[len(kept), : len(kept)] = -(border @ inner) / np.sqrt(left)
            root[len(kept), len(kept)] = 1.0 / np.sqrt(left)
            kept.append(place)
        directions = np.array([direction.vector for direction in asked]).reshape(-1, len(moments)).T
        changes = objective.largest_changes(directions) if asked else ()
        pairs = zip(asked, changes, strict=True)
        found = [
            direction
            for direction, change in pairs
            if (change <= direction.noise and direction.sharp) or direction.refined(objective)
        ]
        return cls(
            tuple(_combination(direction, axes) for direction in found),
            [direction.place for direction in found],
            np.array([direction.vector for direction in found]).reshape(-1, len(moments)).T,
        )

    def dropped(self, beta: Array) -> Array:
        """Coefficients of the same scores, 0 at the collinear columns."""
        out: Array = beta - self.directions @ beta[self.places]
        out[self.places] = 0.0
        return out

    def shortest(self, beta: Array) -> Array:
        """Coefficients of the same scores, whose sum of squares is least."""
        basis = np.linalg.qr(self.directions).Q
        out: Array = beta - basis @ (basis.T @ beta)
        return out


def settled(
    found: Judgement, policy: Collinear, judge: Judge, *, finished: bool
) -> tuple[Judgement, tuple[Combination, ...]]:
    """A judgement with the coefficients that `policy` asks for where columns are collinear, and which these are.

    Exact Newton steps of the model without the collinear columns go on from where the solver ended, which was pulled
    about by the rounding of columns that cancel, and what they find is judged; unless it is `finished`. "drop" leaves
    it at that. "min-norm" takes, of all coefficients with the same scores, those with the least sum of squares on
    standardised columns; those that take part have no unique value.

    Raises
    ------
    CollinearityError
        Under "error".
    """
    objective, axes = judge.objective, judge.axes
    dependence = Dependence.of(objective, axes)
    combinations = dependence.combinations
    if not combinations:
        return found, ()
    if policy == "error":
        words = shown([combination.in_words(objective.source.columns) for combination in combinations])
        advice = "Leave such columns out, or let collinear='drop' do so."
        raise CollinearityError("Columns are linear combinations of others", words, advice)
    whole, found = found, _reduced(found, dependence, judge, finished=finished)
    solution, status, runaway = found.solution, found.status, found.runaway
    if policy == "min-norm":
        solution = replace(solution, beta=_of_each(dependence.shortest, solution.beta, objective), low=None)
        others = whole.runaway if whole.recession is not None else runaway
        runaway = tuple(sorted({*others, *_concerned(combinations)}))
    if status in (Status.CONVERGED, Status.COLLINEAR):
        status = Status.COLLINEAR if runaway else Status.CONVERGED
    return replace(found, solution=solution, status=status, runaway=runaway), combinations


def _reduced(found: Judgement, dependence: Dependence, judge: Judge, *, finished: bool) -> Judgement:
    """The judgement on the model without the collinear columns: coefficients and Hessian are 0 there."""
    whole = judge.objective
    reduced = Reduced(whole, dependence.places)
    axes = reduced.axes(judge.axes)
    beta = _of_each(dependence.dropped, found.solution.beta, whole)
    left = None if judge.limit is None else judge.limit - whole.passes
    again = found.status in (Status.CONVERGED, Status.COLLINEAR, Status.STALLED)
    if finished or not again or (left is not None and left <= 0):
        seen, runaway = reduced.free_evaluation(found.evaluation), found.runaway
        if found.recession is not None:
            span = [reduced.free(_of_each(dependence.dropped, way, whole)) for way in found.recession.span.T]
            runaway = reduced.columns(axes.touched(np.array(span).T, 1e-6))
        elif found.status in (Status.CONVERGED, Status.COLLINEAR):
            runaway = reduced.columns(not_unique(seen, axes))
        found = replace(found, solution=replace(found.solution, beta=beta, low=None), runaway=runaway)
    else:
        exact = Newton().solve(reduced, judge.penalty, reduced.free(beta), tol=None, max_passes=left)
        exact = continued(found.solution, exact, "exact Newton, without the collinear columns")
        found = replace(judge, objective=reduced, axes=axes, settled=True).verdict(exact, Newton())
        seen = found.evaluation
        solution, low = found.solution, found.solution.low
        low = None if low is None else reduced.spread(low)
        solution = replace(solution, beta=reduced.spread(solution.beta), low=low)
        found = replace(found, solution=solution, runaway=reduced.columns(found.runaway))
    return replace(found, evaluation=reduced.spread_evaluation(seen))


def _of_each(move: Callable[[Array], Array], beta: Array, objective: Objective) -> Array:
    return np.concatenate([move(part) for part in beta.reshape(objective.loss.outputs, -1)])


def _concerned(combinations: tuple[Combination, ...]) -> set[int]:
    """The columns that take part in combinations; -1 is the intercept, which a constant column leaves alone."""
    columns = {found.column for found in combinations} | {k for found in combinations for k, _ in found.terms}
    return columns | {-1 for found in combinations if found.terms and found.constant}


@dataclass(frozen=True)
class _Direction:
    """Along which the score of a row may not change: 1 at one place, the rest at those kept before it.

    `root` is the inverse of the Cholesky factor of their second moments; `noise` what rounding makes of the change,
    relative to the size of the row, that of the columns themselves included.
    """

    vector: Array
    place: int
    kept: list[int]
    root: Array
    noise: float

    @classmethod
    def of(
        cls, place: int, kept: list[int], root: Array, border: Array, axes: Axes, rounding: float
    ) -> _Direction:  # fmt: skip
        vector = np.zeros(axes.free)
        vector[place], vector[kept] = 1.0, -root.T @ border
        far = np.linalg.norm(axes.centre / axes.scale * vector[axes.intercept :]) / np.linalg.norm(vector)
        return cls(vector, place, kept, root, EXACT + 4.0 * rounding * (1.0 + float(far)))

    @property
    def sharp(self) -> bool:
        """Whether second moments tell it to 1e-11: columns that are nearly collinear hide what is along them."""
        return bool(np.square(self.root).sum() * np.finfo(float).eps < EXACT)

    def refined(self, objective: Objective) -> bool:
        """Whether no row's score changes, once what second moments did not tell is refined away. In place."""
        zero, full = np.zeros((2, objective.size))
        for _ in range(REFINEMENTS):
            full[: len(self.vector)] = self.vector
            slope = objective.hessian_product(zero, full)[self.kept]
            self.vector[self.kept] -= self.root.T @ (self.root @ slope) / objective.loss.flattest
        return bool(objective.largest_changes(self.vector[:, None])[0] <= self.noise)


def _combination(direction: _Direction, axes: Axes) -> Combination:
    """The same relation of raw columns, without terms that are rounding."""
    column, coef = direction.place - axes.intercept, direction.vector[axes.intercept :]
    noise = 100.0 * direction.noise * float(np.linalg.norm(direction.vector))
    terms = [
        (int(k), float(-coef[k] * axes.spread[column] / axes.scale[k]))
        for k in np.flatnonzero(np.abs(coef) > noise)
        if k != column
    ]
    parts = [axes.centre[column], *(-value * axes.centre[k] for k, value in terms)]
    constant = float(np.sum(parts))
    if axes.intercept:
        constant -= float(direction.vector[0] * axes.spread[column])
    least = noise * axes.spread[column] + 100.0 * EXACT * float(np.abs(parts).sum()) if terms else 0.0
    return Combination(column, constant if abs(constant) > least else 0.0, tuple(terms))
