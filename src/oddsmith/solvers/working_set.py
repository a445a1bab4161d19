"""The working set of a solver: which columns are at hand, and what is kept of them from one solve to the next."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import numpy as np

from oddsmith.arrays import AnyArray, Array
from oddsmith.evaluation import Evaluation
from oddsmith.solvers.base import Solution, dot
from oddsmith.solvers.composite import Composite

NEAR = 0.93  # of its threshold: so near a gradient may come to exceed it
AMPLE, TURNS = 4, 100  # products for each entry that a pass reads; times that a model's matrix is read
RENEWED = 0.25  # of the columns of a working set: if more are new, so is the metric


@dataclass
class Workspace:
    """What one solve leaves to the next of the same objective, whose penalty differs in strength alone.

    Make one empty, pass it to every `ProximalNewton.solve` along a path of descending alpha, and start each where the
    last one ended. The working set is carried on, screened by the sequential strong rule, and so is the metric, which
    is made anew only where steps by it are slow; the first pass is saved. It changes how many passes are made, never
    where they end.

    Attributes
    ----------
    columns : int array
        The working set.
    hessian, anchor : arrays or None
        The metric among its coefficients, the intercept first, and those at which it was taken.
    solution : Solution or None
        The last one.
    thresholds : array or None
        Those of its penalty.
    """

    columns: AnyArray = field(default_factory=lambda: np.zeros(0, dtype=np.intp))
    hessian: AnyArray | None = None
    anchor: Array | None = None
    solution: Solution | None = None
    thresholds: Array | None = None
    cost: float = 0.0

    def start(self, function: Composite, beta: Array) -> Evaluation:
        """Value and gradient at beta; a pass, unless the last solve ended there."""
        known = self.solution
        if known is None or not np.array_equal(known.beta, beta) or known.evaluation.gradient is None:
            return function.evaluate(beta)
        return replace(known.evaluation, value=known.evaluation.value - self.cost + function.cost(beta))

    def leave(self, function: Composite, solution: Solution) -> Solution:
        """Remember where a solve ended."""
        self.solution, self.thresholds, self.cost = solution, function.thresholds, function.cost(solution.beta)
        return solution

    def keep(self, function: Composite, marked: AnyArray) -> None:
        """Only those columns that have a marked coefficient."""
        kept = np.isin(self.columns, function.columns(marked))
        self.columns = self.columns[kept]
        if self.hessian is not None and self.anchor is not None and len(self.hessian) == len(kept) + 1:
            among = np.append(True, kept)
            self.hessian, self.anchor = self.hessian[np.ix_(among, among)], self.anchor[among]
        else:
            self.hessian = None

    def grow(self, function: Composite, columns: AnyArray) -> Composite:
        """More columns after those at hand. If they are few, a metric of one output gets their rows alone."""
        if len(columns) - len(self.columns) > RENEWED * len(columns):
            self.hessian = None
        if self.hessian is None and next(function.objective.source.blocks()).design.kind == "sparse":
            columns = np.sort(columns)  # compressed rows are copied anew anyway, and have their entries in order
        self.columns = columns
        sub = function.only(columns, keep=True)
        if self.hessian is not None and self.anchor is not None and len(self.hessian) < sub.objective.size:
            grows = sub.objective.loss.outputs == 1 and sub.objective.intercept
            self.anchor = np.append(self.anchor, np.zeros(sub.objective.size - len(self.anchor)))
            self.hessian = sub.objective.rough_hessian(self.anchor, self.hessian) if grows else None
        return sub


def missed(function: Composite, beta: Array, gradient: Array, columns: AnyArray) -> float:
    """By how much, roughly, the other columns would let it fall: (|g| - t)^2 / (2 h) each.

    h is at most 1/4 on standardised columns.
    """
    slope = function.slope(beta, gradient)
    slope[function.members(columns)] = 0.0
    return 2.0 * dot(slope, slope)


def grown(
    function: Composite, beta: Array, gradient: Array, screen: Array, columns: AnyArray
) -> tuple[AnyArray, int, bool]:
    """The working set with those columns that exceed the screen most, how many, and whether that is all of them.

    At most as many as are not 0, but 200 at least, and as many as have a Hessian and models that cost little beside
    the pass: of strongly correlated columns most exceed it. With the last of them come those that nearly exceed it,
    which some steps later a few of them will.
    """
    size = np.abs(gradient + function.curvature * beta)
    beyond = np.maximum(size - NEAR * screen, 0.0)
    beyond[function.members(columns)] = 0.0
    design = next(function.objective.source.blocks()).design
    products = design.entries**2 / design.shape[0] / design.shape[1] ** 2  # in a Hessian, for each of k^2
    cheap = math.sqrt(AMPLE * design.entries / (products + TURNS))
    most = max(200, int(np.count_nonzero(beta)), int(cheap))
    found = np.flatnonzero(beyond)
    exceed = (size > screen)[found]
    marked = (beta != 0.0) | function.free  # what is not 0 at the start, or never penalised, is needed
    if exceed.any():
        marked[found[np.argsort(-beyond[found], kind="stable")[:most]]] = True
    fresh = np.setdiff1d(function.columns(marked), columns)
    return np.concatenate([columns, fresh]), len(fresh), int(exceed.sum()) <= most
