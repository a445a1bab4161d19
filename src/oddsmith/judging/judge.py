"""The verdict on a solution: certified, carried on until an optimum is proved, or shown to run off."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from oddsmith.arrays import Array
from oddsmith.axes import Axes
from oddsmith.errors import Status
from oddsmith.evaluation import Evaluation
from oddsmith.judging.at_infinity import limit_of
from oddsmith.judging.certificate import Certificate, certify
from oddsmith.judging.duality import certify_composite
from oddsmith.judging.recession import Recession, not_unique
from oddsmith.judging.refinement import refined
from oddsmith.objective import Objective
from oddsmith.penalties import Penalty
from oddsmith.solvers import Newton, ProximalNewton, SketchedNewton, Solution, Solver, continued, may_run_off
from oddsmith.solvers.sketches import diagonal_sketch

AGAIN = 1e-3  # times the tolerance, where it was too loose for a proof
CLOSE, CLOSER = 6e-7, 2e-2  # a last step starts from no farther away, and this share of the root of tol
ENOUGH = 1e-10  # a proved relative suboptimality that counts as converged when full precision was asked for


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
    variance : array or None
        Of every coefficient, times the weight, roughly: where there is no Hessian to tell it.
    """

    solution: Solution
    evaluation: Evaluation
    certificate: Certificate
    status: Status
    runaway: tuple[int, ...] = ()
    recession: Recession | None = None
    variance: Array | None = None


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
    settled : bool
        Whether it is known already that the classes are not separated.
    """

    objective: Objective
    penalty: Penalty
    axes: Axes
    tol: float | None
    limit: int | None
    settled: bool = False

    @property
    def aim(self) -> float | None:
        """What a solver is asked for: where a last step follows, which squares what is left, not all of tol."""
        return self.tol if self.tol is None or self.penalty.smooth else min(CLOSE, CLOSER * math.sqrt(self.tol))

    def asked(self, solver: Solver) -> Solver:
        """The solver, asked for a duality gap where it can close it."""
        return replace(solver, gap=self.tol) if isinstance(solver, ProximalNewton) else solver

    def verdict(self, solution: Solution, solver: Solver) -> Judgement:
        """Certify; where no optimum is proved to exist, go on until one is, or until separation is shown."""
        if not self.penalty.smooth:
            return self._of_composite(solution, solver)
        free = not self.settled and may_run_off(self.objective, self.penalty)
        if self.tol is None and solver.refined and solution.status in (Status.CONVERGED, Status.STALLED):
            solution = refined(self.objective, self.penalty, solution)
        prove = self.tol is None or not solver.refined or free or solution.status is not Status.CONVERGED
        certificate, seen, solution = self._certify(solution, solver, prove=prove)
        ended = solution.status in (Status.CONVERGED, Status.STALLED)
        left = None if self.limit is None else self.limit - self.objective.passes
        if ended and solver.refined and seen.hessian is not None and not certificate.optimum_exists and left != 0:
            # a loose tolerance, or a metric that had to give up: exact Newton steps settle the question
            exact = Newton().solve(
                self.objective, self.penalty, solution.beta, tol=None, max_passes=left and max(1, left)
            )
            solution = continued(solution, exact, "exact Newton, to prove that an optimum exists")
            certificate, seen, solution = self._certify(solution, solver, prove=True)
        if seen.hessian is None or solution.status is Status.DIVERGED:
            unsure = free and solution.status is Status.CONVERGED
            status = Status.UNVERIFIED if unsure else solution.status
            return Judgement(solution, seen, certificate, status, variance=self._variance(solution))
        if certificate.optimum_exists:
            return self._of_an_optimum(Judgement(solution, seen, certificate, solution.status))
        return self._without_proof(Judgement(solution, seen, certificate, solution.status), solver, free=free)

    def _of_composite(self, solution: Solution, solver: Solver) -> Judgement:
        """Of a penalty that is not smooth: where a bound proves less than was asked for, go on until it does."""
        certificate, solution, variance = self._composite(solution)
        enough, tol = max(self.tol or 0.0, ENOUGH), self.aim
        while solution.status is Status.CONVERGED and not (certificate.suboptimality <= enough) and tol is not None:
            left = None if self.limit is None else self.limit - self.objective.passes
            if left is not None and left <= 0:
                break
            tol = None if tol < ENOUGH else AGAIN * tol
            more = self.asked(solver).solve(self.objective, self.penalty, solution.beta, tol=tol, max_passes=left)
            solution = continued(solution, more, "closer, for a proof")
            certificate, solution, variance = self._composite(solution)
        status = solution.status
        if status in (Status.CONVERGED, Status.STALLED) and certificate.kind == "proved":
            status = Status.CONVERGED if certificate.suboptimality <= enough else Status.STALLED
        variance = self._variance(solution) if variance is None else variance
        return Judgement(solution, solution.evaluation, certificate, status, variance=variance)

    def _composite(self, solution: Solution) -> tuple[Certificate, Solution, Array | None]:
        return certify_composite(self.objective, self.penalty, solution, tol=self.tol)

    def _variance(self, solution: Solution) -> Array:
        """By the solver's metric or, where it has none, what columns that know nothing of one another would have."""
        metric = solution.inverse or diagonal_sketch(self.objective, self.penalty, solution.beta).inverse
        return metric.variance

    def _certify(self, solution: Solution, solver: Solver, *, prove: bool) -> tuple[Certificate, Evaluation, Solution]:
        limit, finish = SketchedNewton.dense_limit, solver.refined
        return certify(self.objective, self.penalty, solution, prove=prove, dense_limit=limit, finish=finish)

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
        solution, seen, certificate = found.solution, found.evaluation, found.certificate
        limit = limit_of(self.objective, self.penalty, replace(solution, evaluation=seen)) if free else None
        if limit is None and certificate.kind == "proved":  # if there is an optimum
            return self._of_an_optimum(replace(found, certificate=replace(certificate, optimum_exists=True)))
        if limit is None:
            return replace(found, status=Status.PASS_LIMIT if found.status is Status.PASS_LIMIT else Status.STALLED)
        solution = limit.solution if solver.refined else solution
        seen = limit.evaluation if solver.refined else replace(limit.evaluation, value=seen.value)
        nothing = Certificate("none", math.nan, math.nan, certificate.violation, False)
        runaway = self.axes.touched(limit.recession.span, 1e-6)
        return Judgement(solution, seen, nothing, Status.SEPARATED, runaway, limit.recession)
