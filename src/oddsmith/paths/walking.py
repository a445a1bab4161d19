"""From alpha to alpha: fits of one problem, and of its folds, each begun where the one before it ended."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import reduce
from operator import add

import numpy as np

from oddsmith.arrays import AnyArray, Array
from oddsmith.errors import SpecificationError, Status
from oddsmith.evaluation import Evaluation
from oddsmith.factor import Factor
from oddsmith.fitted import Fit
from oddsmith.fitting import Problem
from oddsmith.judging.duality import certify_composite
from oddsmith.judging.judge import ENOUGH, Judgement
from oddsmith.losses import Logistic
from oddsmith.paths.shared_path import SharedPath
from oddsmith.paths.shared_proof import SHARE_OF_PROVED, SharedProof
from oddsmith.paths.shared_rows import AT_HAND, SharedRows
from oddsmith.penalties import L1, L2, ElasticNet, Penalty
from oddsmith.solvers import Composite, ProximalNewton, Solution, Solver, Step, Workspace
from oddsmith.solvers.models import ROUGH

ENTRIES = 1 << 26  # of standardised columns that may be copied
NEVER = 1e30  # a threshold that no gradient reaches, columns having mean square 1
TIGHT = SHARE_OF_PROVED * 1e-6  # where a looser goal is not proved: nothing would be known of so loose a fit
CHEAP = 1e-5  # the tolerance from which on the duality gap, which falls with the violation itself, may prove enough
TRIES = 3  # to meet tol by the proof as well as by the decrement


@dataclass(frozen=True)
class Point:
    """Where a walk is.

    Attributes
    ----------
    fit : Fit
        To all rows, without its Hessian.
    loss : float
        Its mean loss.
    folds : array of shape (folds, 1 or K, 1 + p)
        Raw coefficients of the fits to the rows of each fold.
    unfinished : int
        How many of these ended before their tolerance was met.
    """

    fit: Fit
    loss: float
    folds: Array
    unfinished: int = 0


def can_share(problem: Problem, solver: Solver, alphas: Array) -> bool:
    """Whether the fits can share passes: of two classes, with absolute values in the penalty, in memory, and told apart
    by single precision.
    """
    entries = problem.source.rows * min(len(problem.source.columns), AT_HAND)
    logistic = isinstance(problem.objective.loss, Logistic)
    shared = isinstance(solver, ProximalNewton) and logistic and entries <= ENTRIES and float(alphas.min()) > 0.0
    return shared and not _too_rough(problem)


def _too_rough(problem: Problem) -> bool:
    """Whether single precision, in which the metrics are, cannot tell columns apart that are never penalised."""
    function = Composite.of(problem.objective, problem.bound())
    columns = function.columns(function.free)
    if len(columns) < 2:
        return False
    return Factor(function.only(columns).objective.second_moments()).error_in(np.float32) > ROUGH


def walk_one_by_one(
    problem: Problem, solver: Solver, penalty: Penalty, alphas: Array, start: Array, *, tol: float | None,
    max_passes: int | None,
) -> Iterator[Point]:  # fmt: skip
    """Any problem and solver."""
    space = Workspace() if isinstance(solver, ProximalNewton) else None
    for alpha in alphas:
        at = problem.at(of_strength(penalty, float(alpha)))
        found = at.solved(solver, tol=tol, max_passes=max_passes, start=start, workspace=space)
        start = found.beta
        yield Point(replace(found, hessian=None), found.value - found.cost, np.zeros((0, *start.shape)))


def walk_together(
    problem: Problem,
    penalty: Penalty,
    alphas: Array,
    start: Array,
    masks: AnyArray | None = None,
    *,
    tol: float | None,
) -> Iterator[Point]:
    """The fits to all rows, and beside them those to the rows of each mask, in passes that they share."""
    objective, axes = problem.objective, problem.axes
    masks = np.ones((0, objective.rows), dtype=bool) if masks is None else masks
    scales = [axes.spread if not problem.standardize else np.ones_like(axes.spread)]
    never = [np.zeros(len(axes.scale), dtype=bool)]
    for mask in masks:
        own = _own_scale(problem, mask)
        scales.append(scales[0] if not problem.standardize else axes.spread / np.where(np.isinf(own), 1.0, own))
        never.append(np.isinf(own))
    unit = of_strength(penalty, 1.0)
    bounds = [unit.bound(scale, intercept=False) for scale in scales]
    zeros = np.zeros(len(axes.scale))
    thresholds = np.array([np.where(gone, NEVER, b.thresholds(zeros)) for b, gone in zip(bounds, never, strict=True)])
    curvature = np.array([b.curvature(zeros) for b in bounds])
    rows = SharedRows(objective, np.vstack([np.ones((1, objective.rows), dtype=bool), masks]), objective.threads)
    state = SharedPath(rows, thresholds, curvature, problem.from_raw(start), intercept=axes.intercept, tol=tol)
    proof = SharedProof(state)
    for alpha in alphas:
        began, passes = time.perf_counter(), state.passes
        at = problem.at(of_strength(penalty, float(alpha)))
        found = _judged(at, state, proof, tol)
        at.objective.passes = state.passes - passes
        fit = at.fitted(found, ProximalNewton.name, time.perf_counter() - began)
        folds = axes.rows_to_raw(np.array([state.coefficients(k) for k in range(len(scales))]).T).T[1:, None]
        folds = folds if axes.intercept else np.pad(folds, ((0, 0), (0, 0), (1, 0)))
        yield Point(fit, float(state.loss[0]), folds, int((~state.done[1:]).sum()))


def _judged(at: Problem, state: SharedPath, proof: SharedProof, tol: float | None) -> Judgement:
    """Go on to an alpha; and the first problem on from there, while its proof is short of the tolerance."""
    goal, enough, bound = float(state.goal[0]), max(tol or 0.0, ENOUGH), at.bound()
    if tol is not None and proof.possible():
        state.goal[0] = min(SHARE_OF_PROVED * tol, proof.goal)
    state.solve(at.penalty.strength)
    for attempt in range(TRIES):
        if attempt > 0:
            state.goal[0], proof.goal = min(0.1 * state.goal[0], TIGHT), TIGHT  # and from now on at once
            state.go_on(np.zeros(1, dtype=np.intp))
        weight, value = float(state.rows.totals[0]), float(state.value[0])
        seen = Evaluation(value, state.gradient(0), None, weight)
        decrement = float(state.decrement[0])
        step = Step(state.passes, value, decrement)
        status = Status.CONVERGED if state.done[0] else Status.STALLED
        solution = Solution(state.coefficients(0), seen, status, (step,), decrement)
        curvature = state.mean_curvature(0) if enough >= CHEAP else None
        found, *_ = certify_composite(
            at.objective, bound, solution, tol=enough, smooth_bound=proof.smooth_bound, curvature=curvature
        )
        proved = found.kind == "proved"
        if (proved and found.suboptimality <= enough) or not (proved or proof.possible()):
            break
    state.goal[0] = goal
    if found.kind == "proved":
        status = Status.CONVERGED if found.suboptimality <= enough else Status.STALLED
    return Judgement(solution, seen, found, status)


def _own_scale(problem: Problem, mask: AnyArray) -> Array:
    """The spread of every raw column over the rows of a mask; infinite where there is none."""
    parts, start = [], 0
    for block in problem.source.blocks():
        inside = mask[start : start + len(block.target)].astype(np.float64)
        weight = inside if block.weight is None else inside * block.weight
        if weight.any():
            parts.append(block.design.moments(weight, problem.objective.threads))
        start += len(block.target)
    return reduce(add, parts).scale(centred=problem.axes.intercept)


def of_strength(penalty: Penalty, alpha: float) -> Penalty:
    """The same penalty at another alpha.

    Raises
    ------
    SpecificationError
        If it has none.
    """
    if not isinstance(penalty, L1 | L2 | ElasticNet):
        found, advice = f"{penalty!r}", "Use oddsmith.L1(), ElasticNet() or L2()."
        raise SpecificationError("A path needs a penalty whose strength can change", found, advice)
    return replace(penalty, alpha=alpha)
