"""The verdict on a solution: certified, carried on until an optimum is proved, or shown to run off."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from oddsmith.arrays import Array
from oddsmith.axes import Axes
from oddsmith.errors import Status
from oddsmith.evaluation import Evaluation
from oddsmith.objective import Objective
from oddsmith.optimality import Certificate, certify, held_elsewhere
from oddsmith.penalties import Penalty
from oddsmith.recession import Cone, Recession, not_unique
from oddsmith.solvers import Newton, SketchedNewton, Smooth, Solution, Solver, continued, may_run_off

ENOUGH = 1e-10  # a proved relative suboptimality that counts as converged when full precision was asked for
NOTHING = 2000.0  # a lead at which a row counts for nothing, to the last bit
LENGTHS = (0.0, *(2.0**k for k in range(3, 20)))  # along a direction of leads of 1, until that is so for the likelihood


@dataclass(frozen=True)
class Judgement:
    """What a Fit reports of its solution.

    Attributes
    ----------
    solution : Solution
        The solver's, or where exact Newton steps carried it.
    evaluation : Evaluation
        Loss plus penalty, with the Hessian if it could be had: of separated classes, the one that it tends to.
    certificate : Certificate
    status : Status
    runaway : tuple of int
        Columns without a finite or a unique optimum; -1 is the intercept.
    recession : Recession or None
        The directions in which the loss falls for ever, if there are any.
    """

    solution: Solution
    evaluation: Evaluation
    certificate: Certificate
    status: Status
    runaway: tuple[int, ...] = ()
    recession: Recession | None = None


@dataclass(frozen=True)
class Judge:
    """Judges solutions of one problem, whichever solver they come from.

    Attributes
    ----------
    objective, penalty, axes
        The problem, in the solver's coefficients.
    tol : float or None
        What was asked for.
    limit : int or None
        Of passes.
    """

    objective: Objective
    penalty: Penalty
    axes: Axes
    tol: float | None
    limit: int | None

    def verdict(self, solution: Solution, solver: Solver) -> Judgement:
        """Certify; where no optimum is proved to exist, go on until one is, or until separation is shown."""
        free = may_run_off(self.objective, self.penalty)
        prove = self.tol is None or not solver.refined or free or solution.status is not Status.CONVERGED
        certificate, seen = self._certify(solution, prove=prove)
        ended = solution.status in (Status.CONVERGED, Status.STALLED)
        left = None if self.limit is None else self.limit - self.objective.passes
        if ended and solver.refined and seen.hessian is not None and not certificate.optimum_exists and left != 0:
            # a loose tolerance, or a metric that had to give up: exact Newton steps settle the question
            exact = Newton().solve(
                self.objective, self.penalty, solution.beta, tol=None, max_passes=left and max(1, left)
            )
            solution = continued(solution, exact, "exact Newton, to prove that an optimum exists")
            certificate, seen = self._certify(solution, prove=True)
        if seen.hessian is None or solution.status is Status.DIVERGED:
            unsure = free and solution.status is Status.CONVERGED
            return Judgement(solution, seen, certificate, Status.UNVERIFIED if unsure else solution.status)
        if certificate.optimum_exists:
            return self._of_an_optimum(Judgement(solution, seen, certificate, solution.status))
        return self._without_proof(Judgement(solution, seen, certificate, solution.status), solver, free=free)

    def _certify(self, solution: Solution, *, prove: bool) -> tuple[Certificate, Evaluation]:
        return certify(self.objective, self.penalty, solution, prove=prove, dense_limit=SketchedNewton.dense_limit)

    def _of_an_optimum(self, found: Judgement) -> Judgement:
        """A proved bound decides whether the tolerance was met, whatever the solver thought."""
        solution, seen, certificate = found.solution, found.evaluation, found.certificate
        if not certificate.suboptimality <= max(self.tol or 0.0, ENOUGH):
            status = Status.STALLED if found.status is Status.CONVERGED else found.status
            return Judgement(solution, seen, certificate, status)
        unseen = not_unique(seen, self.axes)
        return Judgement(solution, seen, certificate, Status.COLLINEAR if unseen else Status.CONVERGED, unseen)

    def _without_proof(self, found: Judgement, solver: Solver, *, free: bool) -> Judgement:
        """Separated, if a direction shows it; else the solver could not finish."""
        beta, hessian = found.solution.beta, found.evaluation.hessian
        assert hessian is not None
        held = self.penalty.curvature(np.zeros(self.objective.size)) > 0.0
        cone = Cone.of(self.objective, ~held) if free else None
        guess = None if cone is None else cone.guess(beta, hessian)
        if cone is not None and guess is not None:
            shown = self._separated(found, guess, go_on=solver.refined)
            rank = cone.size + int(held.sum()) - guess.span.shape[1]
            if guess.complete or held_elsewhere(self.objective, shown.evaluation, rank):
                return shown
        whole = None if cone is None else cone.search(beta)
        if whole is not None:
            return self._separated(found, whole, go_on=solver.refined)
        return replace(found, status=Status.PASS_LIMIT if found.status is Status.PASS_LIMIT else Status.STALLED)

    def _separated(self, found: Judgement, cone: Recession, *, go_on: bool) -> Judgement:
        """What stays finite, to which the rest of the rows leads: far along the cone the others count for nothing.

        Where the iterates are the point they are kept.
        """
        solution, seen = found.solution, found.evaluation
        reach = math.sqrt(2.0 * seen.reach) * float(np.linalg.norm(solution.beta))
        way = (NOTHING + reach + self.objective.source.largest_offset()) * cone.direction
        exact = Newton().solve(self.objective, self.penalty, solution.beta + way, tol=None, max_passes=None)
        far = _cleared(exact.evaluation)
        if go_on:
            end = continued(solution, exact, "exact Newton, on the rows that are not separated")
            solution = replace(end, beta=self._near(end.beta - way, cone, far))
        else:
            far = replace(far, value=seen.value)
        nothing = Certificate("none", math.nan, math.nan, found.certificate.violation, False)
        return Judgement(solution, far, nothing, Status.SEPARATED, self.axes.touched(cone.span, 1e-6), cone)

    def _near(self, beta: Array, cone: Recession, far: Evaluation) -> Array:
        """No farther along the cone than it takes for the log-likelihood to reach its supremum."""
        values = Smooth(self.objective, self.penalty).along(beta, cone.direction, LENGTHS)
        enough = far.weight * (values - far.value) < 1e-9 + 1e-12 * far.weight * abs(far.value)
        return beta + LENGTHS[int(np.argmax(enough)) if enough.any() else -1] * cone.direction


def _cleared(seen: Evaluation) -> Evaluation:
    """Without what is left of rows that count for nothing: the kernels hold exp above 0."""
    assert seen.hessian is not None
    hessian = seen.hessian.copy()
    gone = np.diagonal(hessian) < 1e-200
    hessian[gone] = hessian[:, gone] = 0.0
    return replace(seen, hessian=hessian)
