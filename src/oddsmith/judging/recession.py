r"""Where the loss does not rise however far one goes: which coefficients have no finite, or no unique, optimum.

A row of class y says of every other class k that a direction d shall not favour it: (s_y - s_k)(d) >= 0, s being its
scores along d. Directions that no row objects to are the recession cone of the loss. Those in which every such lead is
0 are invisible to X; a finite optimum exists if and only if the cone holds no others (Albert and Anderson 1984). With A
the matrix of all leads, one row for each pair of a row and another class, let Z be the pairs whose lead is 0 in every
direction of the cone. Then

- some direction of the cone gives every other pair a positive lead: the sum of one direction for each;
- so the cone spans {d : A_Z d = 0}: a little of any such vector, added to that direction, changes no sign;
- hence a coefficient runs off if and only if it is not 0 in all of {d : A_Z d = 0}, but for what X does not see, and
  those that do not are what they are where the pairs of Z alone are fitted, whose optimum exists.

The direction is found by linear programming (Konis 2007): maximise sum min(1, lead) over d with no lead below 0. At the
maximum a lead is 1 or more, or 0 in the whole cone. That is done on a few rows; a pass over all finds those that object
or whose lead is small although it is not 0 throughout the span, and they join the few. When there are none, the
direction separates as much as any can, for all rows.

References
----------
Albert and Anderson (1984), *On the existence of maximum likelihood estimates in logistic regression models*. Konis
(2007), *Linear programming algorithms for detecting separated data in binary logistic regression models*. Geyer (2009),
*Likelihood inference in exponential families and directions of recession*.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np

from oddsmith.arrays import AnyArray, Array
from oddsmith.axes import Axes
from oddsmith.evaluation import Evaluation, linear_scores, panels
from oddsmith.factor import Factor
from oddsmith.losses import Loss
from oddsmith.objective import Objective
from oddsmith.sources import Block

NOISE = 1e-11  # a lead of that size is 0, relative to the lengths of row and direction
LEAST = 1e-3  # of the leads, where those of the working rows are 1: rows between 0 and that join them
FIRST, MORE = 10, 2  # rows for each coefficient: to begin with, and to add at a time
ROUNDS = 50
FADED = 1e-6  # curvature that vanishes along the way of a solver, as a part of the strongest
FAR = 1000.0  # times as far as a solver went


@dataclass(frozen=True)
class Recession:
    """The directions in which the loss falls for ever.

    Attributes
    ----------
    direction : array of shape (size,)
        One in which every pair has a lead that has one in any; 1 at least. In the coefficients of the objective.
    span : array of shape (size, k)
        What all such directions span, orthogonal to what X does not see.
    complete : bool
        Whether every lead is positive: no row is held.
    """

    direction: Array
    span: Array
    complete: bool


def not_unique(seen: Evaluation, axes: Axes) -> tuple[int, ...]:
    """The coefficients that take part in a direction without curvature; of constant columns, not the intercept."""
    assert seen.hessian is not None
    diagonal = np.diagonal(seen.hessian)
    directions = seen.factor.null_axes.copy()
    if not directions.shape[1]:
        return ()
    constant = diagonal == 0.0
    directions[constant] = 0.0
    directions /= np.sqrt(np.where(constant, 1.0, diagonal))[:, None]
    touched = axes.touched(directions[:, np.abs(directions).max(axis=0) > 0.0], 1e-6)
    return tuple(sorted({*touched, *(int(k) % axes.free - axes.intercept for k in np.flatnonzero(constant))}))


@dataclass(frozen=True)
class _Rows:
    """Rows in whitened columns, of shape (k, r), and their classes."""

    features: Array
    target: Array


@dataclass(frozen=True)
class _Seen:
    """What a pass saw of a direction d and a span that holds it. Adds up over blocks.

    Attributes
    ----------
    features, target, lead : arrays
        Of at most so many of the rows with a lead below LEAST that is not 0 throughout the span; the worst of them.
    held : bool
        Whether a lead is 0 throughout the span.
    least : float
        The least of the others.
    """

    most: int
    features: Array
    target: Array
    lead: Array
    held: bool
    least: float

    def __add__(self, other: _Seen) -> _Seen:
        lead = np.append(self.lead, other.lead)
        worst = np.argsort(lead, kind="stable")[: self.most]
        return _Seen(
            self.most,
            np.vstack([self.features, other.features])[worst],
            np.append(self.target, other.target)[worst],
            lead[worst],
            self.held or other.held,
            min(self.least, other.least),
        )


@dataclass(frozen=True)
class Cone:
    """The recession cone of the mean loss, in columns of mean square 1 that are uncorrelated: as many as X determines.

    Attributes
    ----------
    objective : Objective
        Its offset plays no part.
    half : array of shape (1 + p, r)
        The whitened columns are (1, Z) half. Coefficients that are penalised have no part in them.
    back : array of shape (r, 1 + p)
        back half = 1.
    """

    objective: Objective
    half: Array
    back: Array

    @classmethod
    def of(cls, objective: Objective, free: AnyArray) -> Cone:
        """From which coefficients may run off, those that are not penalised. One pass."""
        chosen = free[: objective.width]
        moments = objective.second_moments()
        found = Factor(moments[np.ix_(chosen, chosen)]).half
        half = np.zeros((objective.width, found.shape[1]))
        half[chosen] = found
        back = half.T @ moments
        if not objective.intercept:
            half, back = np.insert(half, 0, 0.0, axis=0), np.insert(back, 0, 0.0, axis=1)
        return cls(objective, half, back)

    @property
    def size(self) -> int:
        """How many coefficients there are in whitened columns."""
        return self.objective.loss.outputs * self.half.shape[1]

    def complete(self, beta: Array) -> Recession | None:
        """All of it, if coefficients put every row strictly on its own side. One pass."""
        natural = self._coordinates(beta)
        seen = self._look(natural, natural[:, None], 1)
        return None if len(seen.target) or seen.held else self._recession(natural, np.eye(self.size), seen)

    def guess(self, beta: Array, hessian: Array) -> Recession | None:
        """What a solver that ran along the cone has shown of it: where it went, and where curvature vanished.

        Two passes. There may be more to the cone: not if what is left of the rows has an optimum.
        """
        natural = self._coordinates(beta)
        span = self._flat(hessian, FADED)
        if not span.shape[1]:
            return None
        # farther along it the curvature is gone altogether, and the span is exact
        far = self.objective.evaluate(beta + FAR * self._own(span @ (span.T @ natural))[:, 0], 2).hessian
        assert far is not None
        span = self._flat(far, NOISE)
        along = span @ (span.T @ natural)
        seen = self._look(along, span, 1)
        return None if len(seen.target) or seen.least == np.inf else self._recession(along, span, seen)

    def curved(self, hessian: Array) -> bool:
        """Whether curvature has faded nowhere, be columns as collinear as they may: no solver is on its way."""
        return not self._flat(hessian, FADED).shape[1]

    def search(self, beta: Array) -> Recession | None:
        """All of it, by linear programming; None if it holds nothing but what X does not see."""
        few = self._sample(FIRST * self.size)
        for _ in range(ROUNDS):
            direction, span = _widest_lead(self._leads(few))
            if not span.shape[1]:
                return None
            seen = self._look(direction, span, MORE * self.size)
            if not len(seen.target):
                break
            few = _Rows(np.vstack([few.features, seen.features]), np.append(few.target, seen.target))
        if len(seen.target) or seen.least == np.inf:
            return None
        natural = span @ (span.T @ self._coordinates(beta))
        second = self._look(natural, span, 1)
        return self._recession(*((direction, span, seen) if len(second.target) else (natural, span, second)))

    def _coordinates(self, beta: Array) -> Array:
        """In whitened columns, without what X does not see."""
        rows = beta.reshape(self.objective.loss.outputs, -1)
        return (rows @ self.back[:, 1 - self.objective.intercept :].T).ravel()

    def _on_columns(self, vectors: Array) -> Array:
        """Of whitened columns, one vector a column of the array -> of (1, Z), of shape (outputs, 1 + p, k)."""
        parts = vectors.reshape(self.objective.loss.outputs, self.half.shape[1], -1)
        out: Array = np.einsum("jr,orq->ojq", self.half, parts)
        return out

    def _own(self, vectors: Array) -> Array:
        """The same as coefficients of the objective, of shape (size, k)."""
        columns = self._on_columns(vectors.reshape(self.size, -1))[:, 1 - self.objective.intercept :]
        return columns.reshape(self.objective.size, -1)

    def _recession(self, direction: Array, span: Array, seen: _Seen) -> Recession:
        return Recession(self._own(direction)[:, 0] / seen.least, self._own(span), not seen.held)

    def _flat(self, hessian: Array, strength: float) -> Array:
        """Orthonormal columns spanning where the curvature is weak, as a part of the strongest."""
        axes = self._own(np.eye(self.size))
        values, vectors = np.linalg.eigh(axes.T @ hessian @ axes)
        return np.ascontiguousarray(vectors[:, values <= strength * values.max(initial=0.0)])

    def _sample(self, rows: int) -> _Rows:
        """About so many rows to begin with."""
        parts = [_taken(block, self.half) for block in self.objective.sample(rows, 0).source.blocks()]
        return _Rows(np.vstack([part.features for part in parts]), np.concatenate([part.target for part in parts]))

    def _leads(self, rows: _Rows) -> Array:
        """The matrix A of these rows: a line for each of them and each other class."""
        ahead = _against(self.objective.loss)[rows.target.astype(np.intp)]
        out: Array = np.einsum("nko,nr->nkor", ahead, rows.features)
        return out.reshape(-1, self.size)

    def _look(self, direction: Array, span: Array, most: int) -> _Seen:
        """All rows along a direction. One pass."""
        part = partial(
            _look, ahead=_against(self.objective.loss), direction=self._on_columns(direction)[:, :, 0],
            span=self._on_columns(span), half=self.half, most=most,
        )  # fmt: skip
        return self.objective.gather(part)


def _against(loss: Loss) -> Array:
    """What eta is multiplied by to find the leads of a row, of shape (classes, others, outputs)."""
    scores = loss.contrasts if loss.outputs > 1 else np.array([[0.0], [1.0]])
    return np.array([np.delete(own - scores, k, axis=0) for k, own in enumerate(scores)])


def _taken(block: Block, half: Array) -> _Rows:
    """The rows of positive weight."""
    rows = slice(None) if block.weight is None else np.flatnonzero(block.weight > 0)
    part = Block(block.design.take(rows), block.target[rows])
    return _Rows(linear_scores(part, half.T), part.target)


def _look(block: Block, *, ahead: Array, direction: Array, span: Array, half: Array, most: int) -> _Seen:
    total = _Seen(most, np.empty((0, half.shape[1])), np.empty(0), np.empty(0), False, np.inf)
    outputs, width, count = span.shape
    flat = np.moveaxis(span, 2, 1).reshape(-1, width)
    noise = NOISE * float(np.sqrt(np.square(span).sum(axis=(0, 1))).max(initial=0.0))
    for panel in panels(block):
        leads = np.einsum("nko,no->nk", ahead[panel.target.astype(np.intp)], linear_scores(panel, direction))
        if panel.weight is not None:
            leads[panel.weight == 0.0] = np.inf
        low = np.flatnonzero((leads < LEAST).any(axis=1))
        near = Block(panel.design.take(low), panel.target[low])
        along = linear_scores(near, flat).reshape(len(low), outputs, count)
        along = np.einsum("nko,noq->nkq", ahead[near.target.astype(np.intp)], along)
        moved = np.abs(along).max(axis=2, initial=0.0) > noise * np.sqrt(near.design.norms())[:, None]
        objecting = (leads[low] < LEAST) & moved
        worst = np.where(objecting, leads[low], np.inf).min(axis=1, initial=np.inf)
        chosen = np.argsort(worst, kind="stable")[: min(most, int(objecting.any(axis=1).sum()))]
        found = _taken(Block(near.design.take(chosen), near.target[chosen]), half)
        held = (leads[low] < LEAST) & ~moved
        leads[low] = np.where(held, np.inf, leads[low])
        least = float(leads.min(initial=np.inf))
        total += _Seen(most, found.features, found.target, worst[chosen], bool(held.any()), least)
    return total


def _widest_lead(leads: Array) -> tuple[Array, Array]:
    """A direction in which as many leads as possible are positive and none is negative; the span of all such.

    No lead means none in the whole span: what the program found is projected to where they are exactly 0.
    """
    direction = _programme(leads)
    held = leads @ direction < 0.5
    while True:
        span = _null_space(leads[held])
        exact = span @ (span.T @ direction)
        lost = (leads @ exact < LEAST) & ~held
        if not lost.any():
            return exact, span
        held |= lost


def _programme(leads: Array) -> Array:
    """Maximise sum_i min(1, (A d)_i) with A d >= 0."""
    from scipy.optimize import linprog
    from scipy.sparse import csr_array, eye_array, hstack

    rows, size = leads.shape
    gain = np.append(np.zeros(size), -np.ones(rows))
    bounds = np.vstack([np.tile([-np.inf, np.inf], (size, 1)), np.tile([0.0, 1.0], (rows, 1))])
    matrix = hstack([csr_array(-leads), eye_array(rows)], format="csc")
    for tolerance in (1e-9, 1e-7):
        options = {"primal_feasibility_tolerance": tolerance, "dual_feasibility_tolerance": tolerance}
        found = linprog(gain, matrix, np.zeros(rows), bounds=bounds, method="highs", options=options)
        if found.x is not None:
            return np.asarray(found.x[:size])
    return np.zeros(size)


def _null_space(matrix: Array) -> Array:
    """Orthonormal columns spanning {d : matrix d = 0}."""
    size = matrix.shape[1]
    _, values, axes = np.linalg.svd(np.linalg.qr(matrix, mode="r") if len(matrix) > size else matrix)
    rank = int((values > NOISE * values.max(initial=0.0)).sum())
    return np.ascontiguousarray(axes[rank:].T) if len(matrix) else np.eye(size)
