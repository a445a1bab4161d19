import numpy as np

from oddsmith import Newton, NoPenalty
from oddsmith.errors import Status
from oddsmith.losses import Logistic
from oddsmith.objective import Objective
from tests.problems import PROBLEMS


def solve(start, **options):
    objective = Objective(PROBLEMS["plain"].source, Logistic())
    return Newton().solve(objective, NoPenalty(), start, tol=None, max_passes=None, **options), objective


def test_convergence_is_quadratic_and_ends_with_an_exact_step():
    solution, objective = solve(np.zeros(7))
    decrements = [step.decrement for step in solution.trace]
    assert solution.status is Status.CONVERGED
    assert solution.last_step is not None
    assert decrements[-1] < 10 * decrements[-2] ** 2 + 1e-25
    assert objective.passes == len(decrements) <= 8
    assert np.abs(objective.evaluate(solution.beta).gradient).max() < 1e-16


def test_it_comes_back_from_far_away():
    solution, _ = solve(np.full(7, 3.0))
    near, _ = solve(np.zeros(7))
    assert min(step.length for step in solution.trace) < 1.0
    np.testing.assert_allclose(solution.beta, near.beta, rtol=1e-12)
