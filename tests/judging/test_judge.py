import numpy as np
import pytest

from oddsmith import L2, GradientDescent, Newton, NoPenalty, Status
from oddsmith.axes import Axes
from oddsmith.judging.judge import Judge
from oddsmith.losses import Logistic
from oddsmith.objective import Objective
from oddsmith.sources import StandardisedSource, as_source
from tests.problems import PROBLEMS

PROBLEM = PROBLEMS["plain"]


def judge(X, y, penalty=None, tol=None):
    source = as_source(X, y)
    axes = Axes.standardising(source.moments(), intercept=True)
    objective = Objective(StandardisedSource(source, axes.centre, axes.scale), Logistic())
    bound = (penalty or NoPenalty()).bound(axes.spread, intercept=True)
    return Judge(objective, bound, axes, tol, None)


def solve(court, solver, tol=None, max_passes=None):
    start = np.zeros(court.objective.size)
    return solver.solve(court.objective, court.penalty, start, tol=tol, max_passes=max_passes)


def test_an_optimum_is_proved():
    court = judge(PROBLEM.X, PROBLEM.y)
    found = court.verdict(solve(court, Newton()), Newton())
    assert (found.status, found.runaway, found.certificate.kind) == (Status.CONVERGED, (), "proved")


def test_a_loose_solution_is_carried_on_until_an_optimum_is_proved():
    court = judge(PROBLEM.X, PROBLEM.y, tol=0.5)
    rough = solve(court, Newton(), tol=0.5)
    found = court.verdict(rough, Newton())
    assert found.certificate.optimum_exists
    passes = [step.passes for step in found.solution.trace]
    assert passes == sorted(passes)
    assert found.solution.trace[: len(rough.trace)] == rough.trace


def test_iterates_that_are_the_point_are_left_as_they_are():
    solver = GradientDescent(max_iter=3)
    court = judge(PROBLEM.X, PROBLEM.y, tol=1e-9)
    rough = solve(court, solver, tol=1e-9)
    found = court.verdict(rough, solver)
    assert found.solution is rough
    assert found.status is Status.PASS_LIMIT


@pytest.mark.parametrize("penalty", [None, L2(1e-3)])
def test_separation_is_shown_and_a_penalty_ends_it(penalty):
    X = np.arange(20.0)[:, None]
    court = judge(X, X[:, 0] > 9, penalty)
    found = court.verdict(solve(court, Newton()), Newton())
    assert found.status is (Status.SEPARATED if penalty is None else Status.CONVERGED)
    assert found.runaway == ((-1, 0) if penalty is None else ())
