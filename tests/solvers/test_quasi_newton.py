import numpy as np
import pytest

from oddsmith import L2
from oddsmith.errors import Status
from oddsmith.losses import Logistic
from oddsmith.objective import Objective
from oddsmith.solvers import Metric, Smooth, sketches
from oddsmith.solvers.quasi_newton import descend
from tests.problems import PROBLEMS


def test_the_metric_satisfies_the_secant_equation():
    rng = np.random.default_rng(0)
    A = rng.standard_normal((5, 5))
    H = A @ A.T + np.eye(5)
    metric = Metric(sketches.Diagonal(np.full(5, 3.0)), memory=5)
    for step in rng.standard_normal((5, 5)):
        metric.update(step, H @ step)
        np.testing.assert_allclose(metric.apply(H @ step), step, rtol=1e-10)
    before = len(metric.pairs)
    metric.update(np.ones(5), -np.ones(5))
    assert len(metric.pairs) == before


def problem():
    objective = Objective(PROBLEMS["plain"].source, Logistic())
    return Smooth(objective, L2(0.01).bound(np.ones(6), intercept=True)), np.zeros(objective.size)


@pytest.mark.parametrize("cautious", [False, True])
def test_it_descends_to_its_tolerance_and_counts(cautious):
    function, start = problem()
    metric = Metric(sketches.Diagonal(np.full(7, 0.26)), memory=10)
    solution = descend(function, start, metric, tol=1e-9, limit=100, patience=40, cautious=cautious, note="why")
    exact = descend(function, solution.beta, metric, tol=None, limit=100, patience=40)
    values = [step.value for step in solution.trace]
    assert solution.status is Status.CONVERGED
    assert solution.trace[0].note == "why"
    assert values == sorted(values, reverse=True)
    assert values[-1] - exact.trace[-1].value <= 1e-9 * values[-1]


def test_a_poor_metric_is_told_and_a_limit_kept():
    function, start = problem()
    slow = descend(function, start, Metric(sketches.Diagonal(np.full(7, 50.0)), memory=1), tol=1e-12, limit=500)
    assert slow.status is Status.STALLED
    function, start = problem()
    short = descend(function, start, Metric(sketches.Diagonal(np.full(7, 0.25)), memory=5), tol=1e-12, limit=3)
    assert (short.status, function.passes) == (Status.PASS_LIMIT, 3)


def test_for_a_proof_the_last_pass_forms_the_hessian():
    function, start = problem()
    metric = Metric(sketches.Diagonal(np.full(7, 0.26)), memory=10)
    solution = descend(function, start, metric, tol=1e-6, limit=100, patience=40, proof=True)
    assert solution.evaluation.hessian is not None
