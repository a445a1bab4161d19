"""Several problems on the same rows at falling alpha, which share columns, Hessians and looks at all columns.

They are the folds of a cross-validation beside the fit to all rows, or that fit alone. A step is proximal Newton's:
coordinate descent on a quadratic model, whose Hessian is frozen, but for what each step corrects (BFGS), until steps
fall short of what it promises. Each problem works on the columns that matter to it; all of them are looked at once for
each alpha, to check and to screen (Tibshirani et al., 2012, *Strong rules for discarding predictors in lasso-type
problems*).
"""

from __future__ import annotations

import numpy as np

from oddsmith import kernels
from oddsmith.arrays import AnyArray, Array
from oddsmith.paths.shared_metrics import Metrics
from oddsmith.paths.shared_rows import SharedRows
from oddsmith.solvers.models import CURVED

ACCURACY, SWEEPS = 0.1, 1000  # to which a model's violation is brought down before the loss is looked at again
STALE, YOUNG = 0.3, 3  # metrics are made anew when a decrement falls by less; but not before so many steps
SHARE_OF_TOL = 0.3  # of it: the decrement is measured in a frozen metric
SURE, LEAST_LEFT = 4.0, 1e-4  # times what a step may leave; the least that it is taken to
FULL_PRECISION, FLOOR = 1e-20, 1e-15
MOST_ROUNDS, MOST_HALVES, MOST_RENEWED = 200, 30, 50
RULES = (ACCURACY, SWEEPS, STALE, YOUNG, SURE, LEAST_LEFT, FLOOR, CURVED, MOST_ROUNDS, MOST_HALVES)
DONE, NOWHERE = 0, 3  # how a problem's steps ended: at its goal; or the first did not descend
WORN, FEW = 0.4, 600  # the least share of curvature that a metric of few columns may have kept
NEAR = 0.8  # of its threshold: so near a slope is, its column is kept when metrics are made anew
SOON = 0.75  # of its threshold: a slope that may reach it within some alphas
FEWEST, ALL, AHEAD = 200, 100, 0.9  # columns at a time, at once, and how far ahead the screens look


class SharedPath:
    """The state of the problems, carried from alpha to alpha.

    Parameters
    ----------
    rows : SharedRows
    thresholds, curvature : arrays of shape (problems, p)
        Of |b_j| and of b_j^2 / 2 in the penalty of alpha = 1.
    start : array
        The null model: coefficients of all columns, led by the intercept if there is one, 0 where penalised.
    intercept : bool
    tol : float or None
        Relative suboptimality at which a problem stops.

    Attributes
    ----------
    beta : array of shape (problems, p)
    eta, r : arrays of shape (problems, n)
        And the weighted row_gradients there.
    first : array of shape (problems,)
        The intercepts.
    loss, value : arrays of shape (problems,)
        The mean loss, and that plus the penalty.
    decrement : array of shape (problems,)
        By how much the model could still fall.
    slopes : array of shape (problems, p)
        The gradient of the mean loss in all columns, where it was looked at.
    passes : int
    goal : array of shape (problems,)
        The decrement, relative to the value, at which each stops.
    done : bool array of shape (problems,)
        Which stopped there.
    """

    def __init__(
        self, rows: SharedRows, thresholds: Array, curvature: Array, start: Array, *, intercept: bool,
        tol: float | None,
    ) -> None:  # fmt: skip
        self.rows, self.intercept, self._unit = rows, intercept, (thresholds, curvature)
        count, width = thresholds.shape
        self.goal = np.full(count, FULL_PRECISION if tol is None else SHARE_OF_TOL * tol)
        self.passes, self.alpha, self._kept = 0, 0.0, np.nan
        self.done = np.zeros(count, dtype=bool)
        free = np.flatnonzero(((thresholds == 0.0) & (curvature == 0.0)).any(axis=0))
        rows.take_in(np.arange(width) if width <= ALL else free)
        self._numbers = np.full((6, count), np.inf)
        # the last: the share of a decrement that a step by these metrics has left
        self.first, self.loss, self._curved, self._cost, self.decrement, self._left = self._numbers
        self.first[:] = start[0] if intercept else 0.0
        self.beta = np.tile(start[intercept:], (count, 1))
        self._cost[:] = (thresholds * np.abs(self.beta) + 0.5 * curvature * self.beta**2).sum(axis=1)
        eta = rows.offset + self.first[0] + self.beta[0, rows.columns] @ rows.z
        value, gradient, hessian = rows.losses(eta)
        self.eta, self.r = np.tile(eta, (count, 1)), rows.weights * gradient
        self.loss[:], self._curved[:] = rows.weights @ value, rows.weights @ hessian
        self.slopes, self._seen = np.full((count, width), np.inf), self.r.copy()  # where slopes were looked at
        self._inside: AnyArray = np.zeros((count, width), dtype=bool)  # which columns each model works on
        self._near = np.zeros((count, width))  # their slopes, where the problem is
        self._places = [np.zeros(0, dtype=np.intp)] * count  # where they are at hand
        self._look_at_all(np.arange(count))
        self._own: dict[int, Metrics] = {}
        self._common = self._anew()

    def solve(self, alpha: float) -> None:
        """Go on to this alpha."""
        before = self.alpha or alpha
        bound, everyone = max(0.0, 2.0 * alpha - before), np.arange(len(self.beta))
        self._screen(bound)
        self._admit(everyone, bound)
        self.alpha = alpha
        if len(self.rows.columns) <= FEW and self.kept() < WORN:
            self._renew(np.zeros(0, dtype=np.intp), fresh=False)
        self.go_on(everyone)

    def go_on(self, problems: AnyArray) -> None:
        """Bring some problems to their goals."""
        for _ in range(MOST_ROUNDS):
            self._descend(problems)
            self._look_at_all(problems)
            beyond = np.maximum(np.abs(self.slopes[problems]) - self.alpha * self._unit[0][problems], 0.0)
            beyond[self._inside[problems]] = 0.0
            missed = 2.0 * (beyond**2).sum(axis=1)  # (|g| - t)^2 / (2 h), h being at most 1/4 on standardised columns
            if (missed <= self.goal[problems] * np.abs(self.value[problems])).all():
                self.decrement[problems] += missed
                break
            self._take_in(beyond.max(axis=0))
            self._admit(problems, self.alpha)

    @property
    def value(self) -> Array:
        return self.loss + self.alpha * self._cost

    def coefficients(self, k: int) -> Array:
        """Those of problem k, in all standardised columns, led by the intercept if there is one."""
        return np.concatenate([self.first[k : k + 1], self.beta[k]]) if self.intercept else self.beta[k].copy()

    def gradient(self, k: int) -> Array:
        """Of the mean loss of problem k, likewise."""
        return np.concatenate([[self.r[k].sum()], self.slopes[k]]) if self.intercept else self.slopes[k].copy()

    def kept(self) -> float:
        """The least share of its frozen curvature that a row has kept, of the first problem."""
        if np.isnan(self._kept):
            now, frozen = self.curvature(0), self.metrics(0).curvature
            share = np.divide(now, frozen, out=np.zeros_like(now), where=frozen > 0.0)
            self._kept = min(1.0, float(share[self.rows.weights[0] > 0.0].min()))
        return self._kept

    def metrics(self, k: int) -> Metrics:
        """What problem k goes by."""
        return self._own.get(k, self._common)

    def curvature(self, k: int) -> Array:
        """Of every row, weighted, where problem k is."""
        return self.rows.base * self.rows.losses(self.eta[k])[2]

    def mean_curvature(self, k: int) -> Array:
        """The mean of these, of shape (1, 1)."""
        return self._curved[k].reshape(1, 1)

    def penalty(self, k: int) -> tuple[Array, Array]:
        """Thresholds and curvature of the penalty of problem k."""
        return self.alpha * self._unit[0][k], self.alpha * self._unit[1][k]

    def _descend(self, todo: AnyArray) -> None:
        """Steps on the columns at hand, each problem until its model falls by no more than it may."""
        for renewed in range(MOST_RENEWED):
            outcomes = self._walk(todo)
            self.done[todo] = outcomes == DONE
            # where not even a new metric leads down there is an end
            todo = todo[(outcomes != DONE) & ((outcomes != NOWHERE) | (renewed == 0))]
            if not len(todo):
                break
            self._renew(todo, fresh=renewed > 0)

    def _walk(self, todo: AnyArray) -> AnyArray:
        """Steps of some problems by the metrics that there are, and how they ended."""
        some, rows, outcomes = todo.tolist(), self.rows, np.empty(len(todo), dtype=np.int64)
        eliminated = [self.metrics(k).eliminated(k) for k in some]
        models = [self.metrics(k).model(k, self._places[k]) for k in some]
        products = 8 * len(rows.target) * sum(len(self._places[k]) for k in some)  # of two steps
        kernels.proximal_newton(
            todo, models, [self._places[k] for k in some], [across for across, _ in eliminated],
            np.array([mass for _, mass in eliminated]), rows.z, rows.columns, rows.target, rows.weights, self.eta,
            self.r, self.beta, self._near, *self._unit, self._numbers, self.goal, np.array([self.alpha, *RULES]),
            self.intercept, outcomes, rows.threads_for(products),
        )  # fmt: skip
        if some[0] == 0:
            self._kept = np.nan
        return outcomes

    def _renew(self, slow: AnyArray, *, fresh: bool) -> None:
        """Metrics anew: common ones at the point of the first problem; if they are new, each slow one its own."""
        self._left[:], self._kept = np.inf, np.nan
        if fresh and len(self.beta) > 1:
            for k in slow.tolist():
                self._own[k] = Metrics(self.rows, self.curvature(k), intercept=self.intercept)
        else:
            self._own.clear()
            self._common = self._anew(self._common)

    def _look_at_all(self, problems: AnyArray) -> None:
        """The slopes of all columns: a pass over those that no model works on, and may be near their thresholds.

        They are moved away from 0 by what rounding may take from them, or by what may have happened to them since they
        were looked at, so that what is proved still holds.
        """
        self.passes += 1
        which = slice(None) if len(problems) == len(self.beta) else problems  # of all a view is enough
        r, inside, rows = self.r[which], self._inside[which], self.rows
        seen = self.slopes[which]
        seen = seen + np.copysign(rows.farthest(r - self._seen[which], which)[:, None], seen)
        near = np.flatnonzero(((np.abs(seen) > SOON * self.alpha * self._unit[0][which]) & ~inside).any(axis=0))
        if len(near):
            fresh = rows.slopes(r, near)
            seen[:, near] = fresh + np.copysign(rows.rounding[which, None], fresh)
        self.slopes[which] = np.where(inside, self._near[which], seen)
        self._seen[which] = r

    def _anew(self, old: Metrics | None = None) -> Metrics:
        """Metrics at the point of the first problem, among the columns that still matter."""
        used, hand, bounds = np.asarray(self.beta.any(axis=0)), self.rows.columns, self.alpha * self._unit[0]
        sizes = np.abs(np.where(self._inside, self._near, self.slopes))
        if self.slopes.shape[1] > ALL and len(hand) > 1.5 * used.sum() + 50:
            near = np.asarray((sizes > NEAR * bounds).any(axis=0))
            self.rows.keep(np.flatnonzero((used | near)[hand]))
        wanted = ((self.beta != 0.0) | (sizes > AHEAD * bounds)) & self.rows.at_hand
        self._places = [np.flatnonzero(own) for own in wanted[:, self.rows.columns]]
        self._let_in(wanted)
        return Metrics(self.rows, self.curvature(0), intercept=self.intercept, old=old)

    def _admit(self, problems: AnyArray, bound: float) -> None:
        """Let models work on the columns at hand that exceed their share of a bound, and on those that soon will."""
        sizes, units = np.abs(self.slopes[problems]), self._unit[0][problems]
        outside = self.rows.at_hand & ~self._inside[problems]
        grown = ((sizes > bound * units) & outside).any(axis=1)
        if grown.any():
            wanted = self._inside.copy()
            wanted[problems] |= (sizes > AHEAD * bound * units) & outside & grown[:, None]
            for k in problems[grown].tolist():
                fresh = np.flatnonzero((wanted[k] & ~self._inside[k])[self.rows.columns])
                self._places[k] = np.concatenate([self._places[k], fresh])  # at the end: a model grows there
                self._left[k] = np.inf
            self._let_in(wanted)

    def _let_in(self, wanted: AnyArray) -> None:
        """Have models work on these columns, whose slopes they then need."""
        fresh = np.flatnonzero(np.any(wanted & ~self._inside, axis=0)[self.rows.columns])
        self._near[:, self.rows.columns[fresh]] = self.rows.slopes_at_hand(self.r, fresh)
        self._inside = wanted

    def _beyond(self, bound: float) -> Array:
        """By how much, at most over the problems, each column that is not at hand exceeds its share of a bound."""
        return np.where(self.rows.at_hand, 0.0, (np.abs(self.slopes) - bound * self._unit[0]).max(axis=0))

    def _screen(self, bound: float) -> None:
        """Take in the columns that the strong rule does not discard; with them, those that it soon will not."""
        if (self._beyond(bound) > 0.0).any():
            self._take_in(self._beyond(AHEAD * bound))

    def _take_in(self, beyond: Array) -> None:
        """The columns that are beyond some bound, the farthest first, not too many at a time, and not at hand."""
        most = max(FEWEST, int(self.beta.any(axis=0).sum()))
        beyond = np.where(self.rows.at_hand, 0.0, beyond)
        chosen = np.argsort(beyond)[::-1][:most]
        chosen = chosen[beyond[chosen] > 0.0]
        if len(chosen):
            self.rows.take_in(chosen)
            for metrics in (self._common, *self._own.values()):
                metrics.grow()
