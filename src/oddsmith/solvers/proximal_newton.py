"""Proximal Newton on a working set: the solver for penalties that are not smooth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from oddsmith.arrays import AnyArray, Array
from oddsmith.errors import Status
from oddsmith.evaluation import Evaluation
from oddsmith.objective import Objective
from oddsmith.penalties import Penalty
from oddsmith.solvers.base import FULL_PRECISION, ROUNDING, Solution, Step, gradient_of
from oddsmith.solvers.composite import Composite, search
from oddsmith.solvers.face import Face, descend_on_face
from oddsmith.solvers.models import Model
from oddsmith.solvers.working_set import Workspace, grown, missed

ACCURACY = 0.1  # to which a model's violation is brought down before the loss is looked at again
CLOSELY = 0.01  # and where steps by a new metric are slow nevertheless
SPARE = 1.5  # times the columns that are not 0: a larger working set drops those that are
SHARE = 0.003  # of what the columns left out would let it fall: so far a working set is solved, if more will follow
MOST = 0.003  # of the objective, to which it is solved at least: of correlated columns each tells what others tell
BESIDE = 8  # times farther may a column left out let it fall that is much like those at hand
FAR, VAIN = 1e-6, 0.5  # of the objective: farther from the optimum a new metric that halves the decrement will do
TRIES = 3  # to close the duality gap
MORE, REACH = 2, 30.0  # steps by a metric at hand that are made for it, where it is no more times too wide
POLISH = 4  # exact steps, at most
STALE, GOOD = 0.2, 0.01  # a metric is made anew if the decrement falls by less; if by more, it serves the face too

Known = tuple[AnyArray, AnyArray]  # coefficients, and a Hessian among them


@dataclass(frozen=True)
class ProximalNewton:
    """Quadratic models of the loss with the penalty kept exact, minimised by coordinate descent.

    Of up to `most_columns` columns all are worked on, by the Hessian of all rows or, where these are many, of a sample.
    Of more, a working set: its columns are copied side by side, or gathered where they are much of a tall array, and
    solved; then a pass looks at all columns, and those that violate most are taken in. A metric, in single precision,
    is kept from step to step and from one working set to the next, corrected by each step (BFGS), and made anew when
    the decrement no longer falls tenfold. The trace tells what was chosen. With tol=None exact Newton steps on what is
    not 0 end the fit.

    Parameters
    ----------
    most_columns : int, default 500
        Up to so many columns all are worked on; of more, those few that matter, which are copied.
    sample, sample_per_column : int, default 5000, 80
        Rows of the sample whose Hessian is the metric where there are more than three times as many: the larger of the
        first and so many for each column.
    max_passes : int, default 1000
    seed : int, default 0
    gap : float, optional
        On working sets, the relative duality gap that is tried for beyond `tol`: it proves as much without a Hessian.

    References
    ----------
    Lee, Sun and Saunders (2014); Yuan, Ho and Lin (2012) for the coordinate descent; Tibshirani et al. (2012) for the
    screening of columns.
    """

    most_columns: int = 500
    sample: int = 5000
    sample_per_column: int = 80
    max_passes: int = 1000
    seed: int = 0
    gap: float | None = None
    name: ClassVar[str] = "proximal_newton"
    refined: ClassVar[bool] = True

    def solve(
        self, objective: Objective, penalty: Penalty, start: Array, *, tol: float | None, max_passes: int | None,
        workspace: Workspace | None = None,
    ) -> Solution:  # fmt: skip
        """Minimise objective + penalty from start; `Workspace` says what may be handed from one solve to the next."""
        function, limit = Composite.of(objective, penalty), max_passes or self.max_passes
        space = Workspace() if workspace is None else workspace
        goal = FULL_PRECISION if tol is None else 0.5 * tol
        if len(objective.source.columns) <= self.most_columns:
            solution = self._on_all_columns(function, start, space, goal=goal, limit=limit)
        else:
            solution = self._on_working_sets(function, start, space, goal=goal, limit=limit)
        if tol is None and solution.status is Status.CONVERGED:
            solution = polished(function, solution)
        return space.leave(function, solution)

    def _on_all_columns(
        self, function: Composite, beta: Array, space: Workspace, *, goal: float, limit: int
    ) -> Solution:
        """By the Hessian of all rows or, where these are many, of a sample, which is solved first."""
        objective, now = function.objective, None
        rows = max(self.sample, self.sample_per_column * objective.width)
        objectives, note = [objective], ""
        if objective.rows > 3 * rows and space.hessian is None:
            sample = Composite(objective.sample(rows, self.seed), function.thresholds, function.curvature)
            near = descend(sample, beta, Metric(sample), goal=0.01 * objective.size / rows, limit=limit)
            beta, objectives = near.beta, [sample.objective, objective]
            note = f"sample of {sample.objective.rows} rows, {sample.passes} passes over it"
        else:
            now = space.start(function, beta)
        return descend(function, beta, Metric(function, space, objectives), goal=goal, limit=limit, now=now, note=note)

    def _on_working_sets(
        self, function: Composite, beta: Array, space: Workspace, *, goal: float, limit: int
    ) -> Solution:
        """Solve on few columns; look at all; take in those that violate most; until none does."""
        now = space.start(function, beta)
        trace = [Step(function.passes, now.value, note="the start")]
        held = (beta != 0.0) | function.free
        if len(space.columns) > SPARE * len(function.columns(held)) + 50:
            space.keep(function, held)
        screen = function.thresholds if space.thresholds is None else 2.0 * function.thresholds - space.thresholds
        sub, inner, face, known, tries = None, None, None, None, TRIES
        while True:
            columns, added, last = grown(function, beta, gradient_of(now), screen, space.columns)
            beyond = missed(function, beta, gradient_of(now), space.columns)
            if inner is not None:
                left = inner.decrement + BESIDE * beyond
                stuck = inner.status is not Status.CONVERGED and not added
                done = left <= 2.0 * goal * abs(now.value)
                if done and tries and not self._closed(function, beta, now):
                    found = self._on_face(function, beta, gradient_of(now), known)
                    tries, known = tries - 1, None
                    if found is not None:
                        face, beta, now = found, found.beta, function.evaluate_by(found.part, found.some, found.beta)
                        trace.append(Step(function.passes, now.value, left, note="on what is not 0"))
                        continue
                    done = not added  # else they come in, by however little they exceed their thresholds
                if stuck or done or function.passes >= limit:
                    status = inner.status if stuck or done else Status.PASS_LIMIT
                    metric = None if face is None else face.inverse
                    return Solution(beta, now, status, tuple(trace), left, inverse=metric)
            if sub is None or added:
                sub = space.grow(function, columns)
                columns = space.columns
            screen = function.thresholds
            aim = goal if last else max(goal, min(MOST, SHARE * beyond / abs(now.value)))
            inner, face, known = self._at_hand(function, beta, now, space, sub, goal=aim, limit=limit, last=last)
            beta, part, some = np.zeros_like(beta), sub, inner.beta
            beta[function.members(columns)] = some
            if face is not None:
                beta, part, some = face.beta, face.part, face.some
            now = function.evaluate_by(part, some, beta)
            note = f"{len(columns)} columns at hand, {np.count_nonzero(some)} coefficients not 0"
            trace.append(Step(function.passes, now.value, inner.decrement, note=note))

    def _at_hand(
        self, function: Composite, beta: Array, now: Evaluation, space: Workspace, sub: Composite, *, goal: float,
        limit: int, last: bool,
    ) -> tuple[Solution, Face | None, Known | None]:  # fmt: skip
        """Solve on the columns at hand; if these are probably all that matter, go on among what is then not 0.

        With a Hessian for it, which was not tried yet.
        """
        members = function.members(space.columns)
        seen = replace(now, gradient=gradient_of(now)[members])
        gap = 0.5 * self.gap if last and self.gap is not None else None
        inner = descend(sub, beta[members], Metric(sub, space), goal=goal, limit=limit, now=seen, gap=gap)
        if not last or inner.status is not Status.CONVERGED:
            return inner, None, None
        good = len(inner.trace) > 1 and inner.decrement <= GOOD * inner.trace[-2].decrement
        known = (members, space.hessian) if good and space.hessian is not None else None
        if self._closed(sub, inner.beta, inner.evaluation, 0.5):
            return inner, None, known
        whole, gradient = np.zeros((2, len(beta)))
        whole[members], gradient[members] = inner.beta, gradient_of(inner.evaluation)
        return inner, self._on_face(function, whole, gradient, known), None

    def _on_face(self, function: Composite, beta: Array, gradient: Array, known: Known | None) -> Face | None:
        """Close the duality gap, if that is asked for; None where it is not, or cannot be closed."""
        if self.gap is None:
            return None
        face = descend_on_face(function, beta, gradient, goal=0.5 * self.gap, known=known)
        return face if face is not None and face.closed else None

    def _closed(self, function: Composite, beta: Array, now: Evaluation, share: float = 1.0) -> bool:
        """Whether the duality gap is as small as it should be, or some share of that."""
        return self.gap is None or function.gap(beta, now) <= share * self.gap * abs(now.value)


class Metric:
    """Where models come from: a Hessian at hand, or a new one, of a sample or of all rows.

    Parameters
    ----------
    function : Composite
    space : Workspace, optional
        Keeps the last Hessian.
    objectives : list of Objective, optional
        What Hessians are taken of, the cheapest first; of the function's own by default.
    """

    def __init__(
        self, function: Composite, space: Workspace | None = None, objectives: Sequence[Objective] = ()
    ) -> None:
        self.function, self.space = function, Workspace() if space is None else space
        self._from = list(objectives) or [function.objective]

    def at_hand(self) -> Model | None:
        """By the Hessian that is kept, if it fits."""
        hessian = self.space.hessian
        return (
            None if hessian is None or len(hessian) != self.function.objective.size else Model(self.function, hessian)
        )

    def anew(self, beta: Array, *, exact: bool = False) -> Model:
        """By the Hessian at beta, in single precision unless it has to be exact. A pass."""
        seen = self._from[0]
        hessian: AnyArray | None = seen.evaluate(beta, 2).hessian if exact else seen.rough_hessian(beta)
        assert hessian is not None
        self.space.anchor, self.space.hessian = beta, hessian
        return Model(self.function, hessian)

    def better(self) -> bool:
        """Go on to a better source of Hessians, if there is one."""
        if len(self._from) > 1:
            self._from.pop(0)
            return True
        return False


def descend(
    function: Composite, beta: Array, metric: Metric, *, goal: float, limit: int, now: Evaluation | None = None,
    note: str = "", gap: float | None = None,
) -> Solution:  # fmt: skip
    """Proximal Newton steps until a model falls by at most goal |F|; some more, if these may close a gap of gap |F|.

    A model is kept, but for BFGS corrections, while the steps are good; then it is made anew, and better if that was in
    vain.
    """
    now = function.evaluate(beta) if now is None else now
    trace: list[Step] = []
    model, age, last, length = metric.at_hand(), 1, np.inf, 1.0
    accuracy, hard, more = ACCURACY, False, 0 if gap is None else MORE
    while True:
        if model is None:
            model, age = metric.anew(beta, exact=hard), 0
        if model.too_rough and not hard:
            hard, model, age = True, metric.anew(beta, exact=True), 0
            note = "unpenalised columns are nearly collinear: models in double precision, minimised by an active set"
        exact = hard or (last <= 1e-4 * abs(now.value) and goal <= FULL_PRECISION)
        direction, decrement = model.step(beta, gradient_of(now), accuracy, exact=exact)
        trace.append(Step(function.passes, now.value, decrement, length, note))
        note = ""
        floor = decrement <= ROUNDING * abs(now.value) and decrement > 0.5 * last
        slow, enough = age > 0 and decrement > STALE * last, decrement <= goal * abs(now.value)
        if enough and more and gap is not None and not slow and function.passes < limit:
            wanted, left = gap * abs(now.value), function.gap(beta, now)
            enough, more = not wanted < left < REACH * wanted, more - 1
        if floor or enough:
            return Solution(beta, now, Status.CONVERGED, tuple(trace), decrement)
        if function.passes >= limit:
            return Solution(beta, now, Status.PASS_LIMIT, tuple(trace), decrement)
        if not slow:
            end, new, length = search(function, beta, direction, now)
            if length > 0.0:
                model.correct(length, gradient_of(new) - gradient_of(now))
                beta, now, last, age = end, new, decrement, age + 1
                continue
            if decrement <= max(goal, ROUNDING) * abs(now.value):
                return Solution(beta, now, Status.CONVERGED, tuple(trace), decrement)
        if age < 2 and metric.better():
            note = "slow: the Hessian of all rows"
        elif age < 2 and not hard and not (length > 0.0 and FAR * abs(now.value) < decrement <= VAIN * last):
            if accuracy > CLOSELY and length > 0.0:
                accuracy, last, note = CLOSELY, np.inf, "slow: models are minimised more closely"
                continue
            hard, note = True, "slow: models in double precision, minimised by an active set"
        elif age == 0:
            return Solution(beta, now, Status.STALLED, tuple(trace), decrement)
        model, last = None, np.inf


def polished(function: Composite, solution: Solution) -> Solution:
    """The last digits, of which the objective knows nothing: Newton's steps on what is not 0, while its slope falls."""
    inside = (solution.beta != 0.0) | function.free
    if not inside.any():
        return solution
    columns = function.columns(inside)
    part, members = function.only(columns), function.members(columns)
    beta, now, least, taken = solution.beta[members], part.evaluate(solution.beta[members], 2), np.inf, False
    for _ in range(POLISH):
        size = float(np.abs(part.slope(beta, gradient_of(now))).max(initial=0.0))
        if not size < 0.5 * least or now.hessian is None:
            break
        best, least = beta, size
        direction, _ = Model(part, now.hessian).step(beta, gradient_of(now), 1e-3, exact=True)
        beta, taken = beta + direction, True
        now = part.evaluate(beta, 2)
    if not taken:
        return solution
    end = np.zeros_like(solution.beta)
    end[members] = best
    seen = function.evaluate(end)
    step = Step(function.passes, seen.value, solution.decrement, note="exact steps on what is not 0")
    return replace(solution, beta=end, evaluation=seen, trace=(*solution.trace, step))


def largest_alpha(objective: Objective, penalty: Penalty) -> tuple[float, Array]:
    """The strength from which on every coefficient with a threshold is 0, as a multiple of the penalty's; and where.

    Coefficients without a threshold, the intercept among them, are fitted first: at their optimum it is the largest
    |g_j| / t_j. With a ridge beside the absolute values nothing changes, as long as all that is curved has a threshold.

    Returns
    -------
    ratio : float
        `penalty.alpha` times it is alpha_max.
    beta : Array
        The coefficients there.
    """
    function = Composite.of(objective, penalty)
    columns = function.columns(function.thresholds == 0.0)
    bare = function.only(columns)
    members = function.members(columns)
    kept = Composite(bare.objective, np.zeros(len(members)), function.curvature[members])
    found = descend(kept, np.zeros(len(members)), Metric(kept), goal=FULL_PRECISION, limit=100)
    beta = np.zeros(objective.size)
    beta[members] = found.beta
    gradient = gradient_of(function.evaluate(beta))
    held = function.thresholds > 0.0
    return float((np.abs(gradient[held]) / function.thresholds[held]).max(initial=0.0)), beta
