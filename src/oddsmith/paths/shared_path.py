"""Several problems on the same rows at falling alpha, which share passes, columns and metrics.

They are the folds of a cross-validation beside the fit to all rows, or that fit alone. A step is proximal Newton's:
coordinate descent on a quadratic model, whose Hessian is frozen until steps fall short of what it promises. It works on
the columns that matter; all columns are looked at once for each alpha, to check and to screen (Tibshirani et al., 2012,
*Strong rules for discarding predictors in lasso-type problems*).
"""

from __future__ import annotations

import numpy as np

from oddsmith import kernels
from oddsmith.arrays import AnyArray, Array
from oddsmith.factor import Factor
from oddsmith.judging.duality import Bound, self_concordant
from oddsmith.losses import Logistic
from oddsmith.paths.shared_rows import Metrics, SharedRows

ACCURACY = 0.1  # to which a model's violation is brought down before the loss is looked at again
SWEEPS = 1000
STALE, STALE_OF_MANY, YOUNG = 0.15, 0.3, 2  # metrics are made anew when a decrement falls by less, after two steps
SHARE_OF_TOL = 0.3  # of it: the decrement is measured in a frozen metric
FULL_PRECISION, FLOOR = 1e-20, 1e-15
MOST_ROUNDS, MOST_HALVES = 200, 30
MOST_PROVED, MOST_FORMED = 400, 150  # coefficients on whose Hessian a proof rests, frozen or formed for it
WORN = 0.5  # the least share of its curvature that a frozen Hessian may have kept
FEWEST, ALL, AHEAD = 200, 500, 0.9  # columns at a time, at once, and how far ahead the screen looks


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
    beta : array of shape (problems, columns at hand)
    first : array of shape (problems,)
        The intercepts.
    value : array of shape (problems,)
        Mean loss plus penalty.
    decrement : array of shape (problems,)
        By how much the model could still fall.
    slopes : array of shape (problems, p)
        The gradient of the mean loss in all columns.
    passes : int
    goal : float
        The decrement, relative to the value, at which a problem stops.
    done : bool array of shape (problems,)
        Which stopped there.
    """

    def __init__(
        self, rows: SharedRows, thresholds: Array, curvature: Array, start: Array, *, intercept: bool,
        tol: float | None,
    ) -> None:  # fmt: skip
        self.rows, self.intercept = rows, intercept
        self._unit = self._hand = thresholds, curvature  # of all columns, and of those at hand
        self.goal = FULL_PRECISION if tol is None else SHARE_OF_TOL * tol
        count = len(thresholds)
        self.passes, self.alpha = 0, np.inf
        self.decrement, self.done = np.full(count, np.inf), np.zeros(count, dtype=bool)
        free = np.flatnonzero(((thresholds == 0.0) & (curvature == 0.0)).any(axis=0))
        width = thresholds.shape[1]
        rows.take_in(np.arange(width) if width <= ALL else free)
        self.first = np.full(count, start[0] if intercept else 0.0)
        self.beta = np.tile(start[intercept:][rows.columns], (count, 1))
        self._eta = rows.scores(self.beta) + self.first[:, None] + rows.offset
        self._loss, self._r = self._look(self._eta, range(count))
        self._near = rows.slopes(self._r)
        self.slopes = self._all_slopes()
        self._hand = self._unit[0][:, rows.columns], self._unit[1][:, rows.columns]
        self._own: dict[int, Metrics] = {}
        self._common = self._anew()

    def solve(self, alpha: float) -> None:
        """Go on to this alpha."""
        before = self.alpha if np.isfinite(self.alpha) else alpha
        self._screen(max(0.0, 2.0 * alpha - before))
        self.alpha = alpha
        for _ in range(MOST_ROUNDS):
            self._descend()
            self.slopes = self._all_slopes()
            beyond = np.maximum(np.abs(self.slopes) - alpha * self._unit[0], 0.0)
            beyond[:, self.rows.columns] = 0.0
            missed = 2.0 * (beyond**2).sum(axis=1)  # (|g| - t)^2 / (2 h), h being at most 1/4 on standardised columns
            if (missed <= self.goal * np.abs(self.value)).all():
                break
            self._take_in(beyond.max(axis=0))

    @property
    def value(self) -> Array:
        return self._loss + self._costs(self.beta, range(len(self.beta)))

    def coefficients(self, k: int) -> Array:
        """Those of problem k, in all standardised columns, led by the intercept if there is one."""
        full = np.zeros(self.slopes.shape[1])
        full[self.rows.columns] = self.beta[k]
        return np.concatenate([self.first[k : k + 1], full]) if self.intercept else full

    def gradient(self, k: int) -> Array:
        """Of the mean loss of problem k, likewise."""
        return np.concatenate([[self._r[k].sum()], self.slopes[k]]) if self.intercept else self.slopes[k]

    def smooth_bound(self, slope: Array, kept: AnyArray) -> Bound | None:
        """What `certify_composite` asks of the first problem: no pass is made.

        Where every row has at least c times its frozen curvature, H is at least c times the frozen one; where c is
        small, H is formed. And K^2, the largest x'H^-1 x, is at most max |x|^2 times a norm of H^-1: the largest sum of
        a row.
        """
        place = np.full(self.slopes.shape[1], -1)
        place[self.rows.columns] = np.arange(len(self.rows.columns))
        places = place[kept[self.intercept :] - self.intercept]
        if len(kept) > MOST_PROVED or (places < 0).any() or (self.intercept and kept[:1].tolist() != [0]):
            return None
        counted, frozen = self.rows.weights[0] > 0.0, self._metrics(0).curvature
        now = self.rows.base * self.rows.losses(self._eta[0])[2]
        share = float(np.divide(now, frozen, out=np.zeros_like(now), where=frozen > 0.0)[counted].min())
        z = self.rows.z[places]
        if share < WORN and len(kept) <= MOST_FORMED:
            fresh = np.vstack([np.ones((int(self.intercept), z.shape[1])), z])
            share, hessian = 1.0, (fresh * (now / self.rows.totals[0])) @ fresh.T
        else:
            share, hessian = min(1.0, share), self._metrics(0).whole(0, places)
        hessian.reshape(-1)[:: len(kept) + 1][self.intercept :] += self._at_hand(0)[1][places]
        factor = Factor(hessian)
        if factor.rank < len(kept) or not share > 0.0:
            return None
        squared = max(0.0, float(slope[kept] @ factor.solve(slope[kept]))) / share
        norms = self.intercept + np.einsum("ji,ji->i", z, z)
        reach = float(norms[counted].max()) * float(np.abs(factor.inverse).sum(axis=0).max(initial=0.0)) / share
        return self_concordant(squared, reach, Logistic())

    def _descend(self) -> None:
        """Steps on the columns at hand, each problem until its model falls by no more than it may."""
        todo = list(range(len(self.beta)))
        last, age, fresh = np.full(len(todo), np.inf), 0, False
        stale = STALE if len(self.rows.columns) <= ALL else STALE_OF_MANY
        for _ in range(MOST_ROUNDS):
            found = self.rows.each(self._step, todo)
            fall = np.array([step[2] for step in found])
            self.decrement[todo] = fall
            scale = np.abs(self.value[todo])
            done = (fall <= self.goal * scale) | ((fall <= FLOOR * scale) & (fall > 0.5 * last[todo]))
            self.done[todo] = done
            slow = [k for k, f, end in zip(todo, fall, done, strict=True) if not end and f > stale * last[k]]
            if slow and age >= YOUNG:
                self._renew(slow, fresh=fresh)
                age, last[:], fresh = 0, np.inf, True
                continue
            found = [step for step, end in zip(found, done, strict=True) if not end]
            todo = [k for k, end in zip(todo, done, strict=True) if not end]
            if not todo:
                return
            last[todo] = fall[~done]
            moved = self._search(todo, np.array([s[0] for s in found]), np.array([s[1] for s in found]))
            stuck = [k for k, good in zip(todo, moved, strict=True) if not good]
            if stuck and age == 0 and fresh:
                todo = [k for k in todo if k not in stuck]
            elif stuck:
                self._renew(stuck, fresh=fresh)
                age, last[:], fresh = -1, np.inf, True
            age += 1

    def _renew(self, slow: list[int], *, fresh: bool) -> None:
        """Metrics anew: common ones at the point of the first problem; if they are new, each slow one its own."""
        if fresh and len(self.beta) > 1:
            for k in slow:
                curvature = self.rows.base * self.rows.losses(self._eta[k])[2]
                self._own[k] = Metrics(self.rows, curvature, intercept=self.intercept)
        else:
            self._own.clear()
            self._common = self._anew()

    def _metrics(self, k: int) -> Metrics:
        return self._own.get(k, self._common)

    def _step(self, k: int) -> tuple[Array, float, float]:
        """To the minimum of problem k's model: the change of columns, of the intercept, and the fall."""
        hessian, across, mass = self._metrics(k).of(k)
        beta, (thresholds, curvature) = self.beta[k], self._at_hand(k)
        start = float(self._r[k].sum()) if self.intercept else 0.0
        reduced = self._near[k] - across * start
        slope = reduced + curvature * beta
        violation = np.where(
            beta == 0.0, np.maximum(np.abs(slope) - thresholds, 0.0), np.abs(slope + np.copysign(thresholds, beta))
        )
        step, after = np.zeros(len(beta)), reduced.copy()
        if len(beta):
            target = ACCURACY * float(violation.max())
            kernels.descend(hessian, thresholds, curvature, beta, target, SWEEPS, after, step)
        first = -start / mass - float(across @ step) if self.intercept else 0.0
        change = 0.5 * float(step @ (reduced + after)) + float(self._costs((beta + step)[None], [k])[0])
        change -= float(self._costs(beta[None], [k])[0]) + (0.5 * start**2 / mass if self.intercept else 0.0)
        return step, first, max(0.0, -change)

    def _search(self, todo: list[int], step: Array, first: Array) -> AnyArray:
        """Take the steps, halved until each descends; which did."""
        change = self.rows.scores(step) + first[:, None]
        before, cost = self._loss[todo], self._costs(self.beta[todo], todo)
        slope = (self._near[todo] * step).sum(axis=1) + self._r[todo].sum(axis=1) * first
        length, good = np.ones(len(todo)), np.zeros(len(todo), dtype=bool)
        for _ in range(MOST_HALVES):
            left = np.flatnonzero(~good)
            if not len(left):
                break
            at = [todo[i] for i in left]
            some = length[left]
            eta = self._eta[at] + some[:, None] * change[left]
            loss, r = self._look(eta, at)
            beta = self.beta[at] + some[:, None] * step[left]
            own = self._costs(beta, at)
            bound = 0.01 * (some * slope[left] + own - cost[left]) + FLOOR * np.abs(before[left] + cost[left])
            fine = loss + own <= before[left] + cost[left] + bound
            for i in np.flatnonzero(fine):
                k = at[i]
                self._eta[k], self._loss[k], self._r[k], self.beta[k] = eta[i], loss[i], r[i], beta[i]
                self.first[k] += some[i] * first[left[i]]
            good[left[fine]] = True
            length[left[~fine]] *= 0.5
        self._near[todo] = self.rows.slopes(self._r[todo])
        return good

    def _look(self, eta: Array, problems: list[int] | range) -> tuple[Array, Array]:
        """Mean losses and weighted row_gradients of some problems at their eta."""
        loss, r = np.empty(len(eta)), np.empty_like(eta)

        def one(i: int) -> None:
            value, gradient, _ = self.rows.losses(eta[i])
            weight = self.rows.weights[problems[i]]
            loss[i] = weight @ value
            np.multiply(weight, gradient, out=r[i])

        self.rows.each(one, range(len(eta)))
        return loss, r

    def _at_hand(self, k: int) -> tuple[Array, Array]:
        """Thresholds and curvature of problem k, among the columns at hand."""
        return self.alpha * self._hand[0][k], self.alpha * self._hand[1][k]

    def _costs(self, beta: Array, problems: list[int] | range) -> Array:
        """What the penalty adds."""
        if not beta.shape[1]:
            return np.zeros(len(beta))
        one, other = self._hand[0][problems], self._hand[1][problems]
        return self.alpha * ((one * np.abs(beta)).sum(axis=1) + 0.5 * (other * beta**2).sum(axis=1))

    def _all_slopes(self) -> Array:
        self.passes += 1
        if len(self.rows.columns) < self._unit[0].shape[1]:
            return self.rows.all_slopes(self._r)
        slopes = np.empty_like(self._near)
        slopes[:, self.rows.columns] = self._near
        return slopes

    def _anew(self) -> Metrics:
        """Metrics at the point of the first problem, among the columns that still matter."""
        used = np.asarray(self.beta.any(axis=0))
        if self.slopes.shape[1] > ALL and len(used) > 1.5 * used.sum() + 50:
            near = np.abs(self.slopes[:, self.rows.columns]) > 0.8 * self.alpha * self._hand[0]
            places = np.flatnonzero(used | near.any(axis=0))
            self.rows.keep(places)
            # taken along a row, so that a problem's coefficients stay side by side
            self.beta, self._near, *hand = (v.take(places, axis=1) for v in (self.beta, self._near, *self._hand))
            self._hand = hand[0], hand[1]
        curvature = self.rows.base * self.rows.losses(self._eta[0])[2]
        return Metrics(self.rows, curvature, intercept=self.intercept)

    def _beyond(self, bound: float) -> Array:
        """By how much, at most over the problems, each column that is not at hand exceeds its share of a bound."""
        beyond = np.abs(self.slopes) - bound * self._unit[0]
        beyond[:, self.rows.columns] = 0.0
        return beyond.max(axis=0)

    def _screen(self, bound: float) -> None:
        """Take in the columns that the strong rule does not discard; with them, those that it soon will not."""
        if (self._beyond(bound) > 0.0).any():
            self._take_in(self._beyond(AHEAD * bound))

    def _take_in(self, beyond: Array) -> None:
        """The columns that are beyond some bound, the farthest first, not too many at a time."""
        most = max(FEWEST, int(self.beta.any(axis=0).sum()))
        chosen = np.argsort(beyond)[::-1][:most]
        chosen = chosen[beyond[chosen] > 0.0]
        if len(chosen):
            self.rows.take_in(chosen)
            self._grown()
            for metrics in (self._common, *self._own.values()):
                metrics.grow()

    def _grown(self) -> None:
        """Make room for columns that have come to hand."""
        fresh = self.rows.columns[self.beta.shape[1] :]
        self.beta = np.hstack([self.beta, np.zeros((len(self.beta), len(fresh)))])
        self._near = np.hstack([self._near, self.slopes[:, fresh]])
        self._hand = self._unit[0][:, self.rows.columns], self._unit[1][:, self.rows.columns]
