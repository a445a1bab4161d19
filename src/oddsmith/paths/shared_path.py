"""Several problems on the same rows at falling alpha, which share passes, columns and metrics.

They are the folds of a cross-validation beside the fit to all rows, or that fit alone. A step is proximal Newton's:
coordinate descent on a quadratic model, whose Hessian is frozen, but for what each step corrects (BFGS), until steps
fall short of what it promises. It works on the columns that matter; all columns are looked at once for each alpha, to
check and to screen (Tibshirani et al., 2012, *Strong rules for discarding predictors in lasso-type problems*).
"""

from __future__ import annotations

import numpy as np

from oddsmith import kernels
from oddsmith.arrays import AnyArray, Array
from oddsmith.paths.shared_metrics import Metrics
from oddsmith.paths.shared_rows import SharedRows
from oddsmith.solvers.models import CURVED

ACCURACY = 0.1  # to which a model's violation is brought down before the loss is looked at again
SWEEPS = 1000
STALE, YOUNG = 0.3, 3  # metrics are made anew when a decrement falls by less; but not before so many steps
SHARE_OF_TOL = 0.3  # of it: the decrement is measured in a frozen metric
SURE, LEAST_LEFT = 4.0, 1e-4  # times what a step may leave; the least that it is taken to
FULL_PRECISION, FLOOR = 1e-20, 1e-15
MOST_ROUNDS, MOST_HALVES = 200, 30
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
    beta : array of shape (problems, columns at hand)
    first : array of shape (problems,)
        The intercepts.
    loss, value : arrays of shape (problems,)
        The mean loss, and that plus the penalty.
    decrement : array of shape (problems,)
        By how much the model could still fall.
    slopes : array of shape (problems, p)
        The gradient of the mean loss in all columns.
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
        self.rows, self.intercept = rows, intercept
        self._unit = self._hand = thresholds, curvature  # of all columns, and of those at hand
        count = len(thresholds)
        self.goal = np.full(count, FULL_PRECISION if tol is None else SHARE_OF_TOL * tol)
        self.passes, self.alpha = 0, 0.0
        self.decrement, self.done = np.full(count, np.inf), np.zeros(count, dtype=bool)
        free = np.flatnonzero(((thresholds == 0.0) & (curvature == 0.0)).any(axis=0))
        width = thresholds.shape[1]
        rows.take_in(np.arange(width) if width <= ALL else free)
        self.first = np.full(count, start[0] if intercept else 0.0)
        self.beta = np.tile(start[intercept:][rows.columns], (count, 1))
        everyone = np.arange(count)
        self._now = rows.moved(np.tile(rows.offset, (count, 1)), self.beta, self.first, everyone)
        self.slopes, self._seen = np.full((count, width), np.inf), self._now.r.copy()  # where slopes were looked at
        self._look_at_all(everyone)
        self._hand = self._unit[0][:, rows.columns], self._unit[1][:, rows.columns]
        self._inside: AnyArray = np.ones(self.beta.shape, dtype=bool)  # which columns at hand each model works on
        self._places = [np.arange(self.beta.shape[1])] * count
        self._cost = self._costs(self.beta, everyone)
        self._own: dict[int, Metrics] = {}
        self._left = np.full(count, np.inf)  # the share of a decrement that a step by these metrics has left
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
            beyond[:, self.rows.columns] *= ~self._inside[problems]
            missed = 2.0 * (beyond**2).sum(axis=1)  # (|g| - t)^2 / (2 h), h being at most 1/4 on standardised columns
            if (missed <= self.goal[problems] * np.abs(self.value[problems])).all():
                self.decrement[problems] += missed
                break
            beyond[:, self.rows.columns] = 0.0
            self._take_in(beyond.max(axis=0))

    @property
    def loss(self) -> Array:
        return self._now.loss

    @property
    def value(self) -> Array:
        return self._now.loss + self.alpha * self._cost

    def coefficients(self, k: int) -> Array:
        """Those of problem k, in all standardised columns, led by the intercept if there is one."""
        full = np.zeros(self.slopes.shape[1])
        full[self.rows.columns] = self.beta[k]
        return np.concatenate([self.first[k : k + 1], full]) if self.intercept else full

    def gradient(self, k: int) -> Array:
        """Of the mean loss of problem k, likewise."""
        return np.concatenate([[self._now.r[k].sum()], self.slopes[k]]) if self.intercept else self.slopes[k]

    def kept(self) -> float:
        """The least share of its frozen curvature that a row has kept, of the first problem."""
        now, frozen = self.curvature(0), self.metrics(0).curvature
        share = np.divide(now, frozen, out=np.zeros_like(now), where=frozen > 0.0)
        return min(1.0, float(share[self.rows.weights[0] > 0.0].min()))

    def metrics(self, k: int) -> Metrics:
        """What problem k goes by."""
        return self._own.get(k, self._common)

    def curvature(self, k: int) -> Array:
        """Of every row, weighted, where problem k is."""
        return self.rows.base * self.rows.losses(self._now.eta[k])[2]

    def at_hand(self, problems: AnyArray | int) -> tuple[Array, Array]:
        """Thresholds and curvature of the penalty of some problems, among the columns at hand."""
        return self.alpha * self._hand[0][problems], self.alpha * self._hand[1][problems]

    def _descend(self, todo: AnyArray) -> None:
        """Steps on the columns at hand, each problem until its model falls by no more than it may."""
        last, age, fresh = np.full(len(todo), np.inf), 0, False
        for _ in range(MOST_ROUNDS):
            last[self._admit(todo, self.alpha)] = np.inf  # by another model than before
            step, first, fall, image = self._steps(todo)
            self.decrement[todo] = fall
            scale = np.abs(self.value[todo])
            done = (fall <= self.goal[todo] * scale) | ((fall <= FLOOR * scale) & (fall > 0.5 * last))
            self.done[todo] = done
            seen = np.isfinite(last)
            self._left[todo[seen]] = np.maximum(fall[seen] / last[seen], LEAST_LEFT)
            slow = todo[~done & (fall > STALE * last)]
            if len(slow) and age >= YOUNG:
                self._renew(slow, fresh=fresh)
                age, last, fresh = 0, np.full(len(todo), np.inf), True
                continue
            todo, last = todo[~done], fall[~done]
            if not len(todo):
                break
            length = self._search(todo, step[~done], first[~done], image[~done])
            stuck = todo[length == 0.0]
            if len(stuck) and age == 0 and fresh:
                left = ~np.isin(todo, stuck)
                todo, last = todo[left], last[left]
                if not len(todo):
                    break
            elif len(stuck):
                self._renew(stuck, fresh=fresh)
                age, last, fresh = -1, np.full(len(todo), np.inf), True
            age += 1
            ended = self._ended(todo, last, length)
            todo, last = todo[~ended], last[~ended]
            if not len(todo):
                break

    def _ended(self, todo: AnyArray, fall: Array, length: Array) -> AnyArray:
        """Which steps, of models that fell by so much, need not be looked at: what they leave is told by those before.

        Each time a step is taken to leave twice as much, so that some are looked at.
        """
        left = SURE * self._left[todo] * fall
        ended = (length == 1.0) & (left <= self.goal[todo] * np.abs(self._now.loss[todo]))
        k = todo[ended]
        self.decrement[k], self.done[k] = left[ended], True
        self._left[k] *= 2.0
        return ended

    def _renew(self, slow: AnyArray, *, fresh: bool) -> None:
        """Metrics anew: common ones at the point of the first problem; if they are new, each slow one its own."""
        self._left[:] = np.inf
        if fresh and len(self.beta) > 1:
            for k in slow.tolist():
                self._own[k] = Metrics(self.rows, self.curvature(k), intercept=self.intercept)
        else:
            self._own.clear()
            self._common = self._anew(self._common)

    def _steps(self, todo: AnyArray) -> tuple[Array, Array, Array, Array]:
        """To the minima of the models of some problems: changes of columns, of intercepts, and the falls; and what the
        reduced Hessians make of the first.
        """
        count, some = len(todo), todo.tolist()
        models, places = [self._model(k) for k in some], [self._places[k] for k in some]
        across, mass = (np.array(each) for each in zip(*map(self._eliminated, some), strict=True))
        thresholds, curvature = self.at_hand(todo)
        start = self._now.r[todo].sum(axis=1) if self.intercept else np.zeros(count)
        step, image, first, fall = *np.zeros((2, *across.shape)), np.empty(count), np.empty(count)
        kernels.model_steps(
            models, places, across, mass, self._now.slopes[todo], start, self.beta[todo], thresholds, curvature,
            ACCURACY, SWEEPS, step, image, first, fall,
            self.rows.threads_for(4 * sum(model.size for model in models)),  # of some sweeps
        )  # fmt: skip
        # than when the metric was made: there is farther to fall
        flatter = np.minimum(1.0, self._now.curved[todo] / mass)
        return step, first, fall / flatter, image

    def _model(self, k: int) -> AnyArray:
        return self.metrics(k).model(k, self._places[k])

    def _eliminated(self, k: int) -> tuple[Array, float]:
        return self.metrics(k).eliminated(k)

    def _search(self, todo: AnyArray, step: Array, first: Array, image: Array) -> Array:
        """Take the steps, halved until each descends, and correct the models by what these have shown.

        Returns their lengths: 0 where none did.
        """
        beta, cost, now = self.beta[todo], self.alpha * self._cost[todo], self._now
        before, slopes, r = now.loss[todo], now.slopes[todo], now.r[todo].sum(axis=1)
        slope = (slopes * step).sum(axis=1) + r * first
        length, good = np.ones(len(todo)), np.zeros(len(todo), dtype=bool)
        for _ in range(MOST_HALVES):
            left = np.flatnonzero(~good)
            if not len(left):
                break
            at, some = todo[left], length[left]
            new = self.rows.moved(now.eta[at], some[:, None] * step[left], some * first[left], at)
            end = beta[left] + some[:, None] * step[left]
            costs = self._costs(end, at)
            own = self.alpha * costs
            bound = 0.01 * (some * slope[left] + own - cost[left]) + FLOOR * np.abs(before[left] + cost[left])
            fine = new.loss + own <= before[left] + cost[left] + bound
            k = at[fine]
            if len(k) == len(self.beta):
                self._now = new
            else:
                now.put(k, new, fine)
            self.beta[k], self._cost[k] = end[fine], costs[fine]
            self.first[k] += some[fine] * first[left[fine]]
            good[left[fine]] = True
            length[left[~fine]] *= 0.5
        length[~good] = 0.0
        self._correct(todo, length[:, None] * step, length[:, None] * image, slopes, r)
        return length

    def _correct(self, todo: AnyArray, step: Array, image: Array, slopes: Array, r: Array) -> None:
        """The models of some problems, by how these slopes have changed over their last steps (BFGS)."""
        change, some = self._now.slopes[todo] - slopes, todo.tolist()
        if self.intercept:
            across = np.array([self._eliminated(k)[0] for k in some])
            change -= across * (self._now.r[todo].sum(axis=1) - r)[:, None]
        models, places = [self._model(k) for k in some], [self._places[k] for k in some]
        threads = self.rows.threads_for(sum(model.size for model in models))
        kernels.correct_models(models, places, step, image, change, CURVED, threads)

    def _costs(self, beta: Array, problems: AnyArray) -> Array:
        """What the penalty of alpha = 1 adds."""
        one, other = self._hand[0][problems], self._hand[1][problems]
        return (one * np.abs(beta) + 0.5 * other * beta**2).sum(axis=1)

    def _look_at_all(self, problems: AnyArray) -> None:
        """The slopes of all columns: a pass over those that are not at hand, and may be near their thresholds.

        They are moved away from 0 by what rounding may take from them, or by what may have happened to them since they
        were looked at, so that what is proved still holds.
        """
        self.passes += 1
        rows, others = self.rows, self.rows.others
        which = slice(None) if len(problems) == len(self.beta) else problems  # of all a view is enough
        r = self._now.r[which]
        if len(others):
            at = np.ix_(problems, others)
            seen = self.slopes[at]
            seen += np.copysign(rows.farthest(r - self._seen[which], which)[:, None], seen)
            near = np.flatnonzero((np.abs(seen) > SOON * self.alpha * self._unit[0][at]).any(axis=0))
            if len(near):
                fresh = rows.slopes(r, others[near])
                seen[:, near] = fresh + np.copysign(rows.rounding[problems, None], fresh)
            self.slopes[at] = seen
        self._seen[which], self.slopes[np.ix_(problems, rows.columns)] = r, self._now.slopes[problems]

    def _anew(self, old: Metrics | None = None) -> Metrics:
        """Metrics at the point of the first problem, among the columns that still matter."""
        used = np.asarray(self.beta.any(axis=0))
        if self.slopes.shape[1] > ALL and len(used) > 1.5 * used.sum() + 50:
            near = np.abs(self.slopes[:, self.rows.columns]) > NEAR * self.alpha * self._hand[0]
            places = np.flatnonzero(used | near.any(axis=0))
            self.rows.keep(places)
            # taken along a row, so that a problem's coefficients stay side by side
            here = self.beta, self._now.slopes, *self._hand
            self.beta, self._now.slopes, *hand = (v.take(places, axis=1) for v in here)
            self._hand = hand[0], hand[1]
            self._inside = self._inside[:, places]
        for k, size in enumerate(np.abs(self._now.slopes)):
            self._work_on(k, (self.beta[k] != 0.0) | (size > AHEAD * self.alpha * self._hand[0][k]))
        return Metrics(self.rows, self.curvature(0), intercept=self.intercept, old=old)

    def _admit(self, problems: AnyArray, bound: float) -> AnyArray:
        """Let models work on the columns at hand that exceed their share of a bound, and on those that soon will.

        Returns which problems have another model now.
        """
        sizes, units = np.abs(self._now.slopes[problems]), self._hand[0][problems]
        fresh = np.asarray(((sizes > bound * units) & ~self._inside[problems]).any(axis=1))
        for i in np.flatnonzero(fresh).tolist():
            k = int(problems[i])
            self._work_on(k, self._inside[k] | (sizes[i] > AHEAD * bound * units[i]))
        return fresh

    def _work_on(self, k: int, inside: AnyArray) -> None:
        self._inside[k], self._places[k], self._left[k] = inside, np.flatnonzero(inside), np.inf

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
        fresh = self.rows.z[self.beta.shape[1] :]
        self.beta = np.hstack([self.beta, np.zeros((len(self.beta), len(fresh)))])
        self._inside = np.hstack([self._inside, np.zeros((len(self.beta), len(fresh)), dtype=bool)])
        self._now.slopes = np.hstack([self._now.slopes, self._now.r @ fresh.T])
        self._hand = self._unit[0][:, self.rows.columns], self._unit[1][:, self.rows.columns]
