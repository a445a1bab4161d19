import numpy as np
import pytest

from oddsmith import L2, NoPenalty, Status, as_source
from oddsmith.judging.at_infinity import limit_of
from oddsmith.losses import Logistic, Multinomial
from oddsmith.objective import Objective
from oddsmith.solvers import Solution, Step
from tests.problems import PROBLEMS, many_classes


def at_zero(objective):
    beta = np.zeros(objective.size)
    return Solution(beta, objective.evaluate(beta, 2), Status.PASS_LIMIT, (Step(1, 0.0),))


def rare(outputs=1):
    """A column that says which class some rows have."""
    rng = np.random.default_rng(0)
    X, y = (PROBLEMS["plain"].X, PROBLEMS["plain"].y) if outputs == 1 else many_classes(500, 4, 3)
    seen = rng.random(500) < 0.05
    return np.column_stack([X, seen]), np.where(seen, 1, y)


@pytest.mark.parametrize("loss", [Logistic(), Multinomial(3)], ids=["two classes", "three"])
def test_the_limit_is_an_infimum_and_flat_along_the_cone(both_kernels, loss):
    X, y = rare(loss.outputs)
    objective = Objective(as_source(X, y), loss)
    limit = limit_of(objective, NoPenalty(), at_zero(objective))
    seen, span = limit.evaluation, limit.recession.span
    assert np.abs(seen.hessian @ span).max() < 1e-12 * np.abs(span).max()
    assert seen.factor.rank == objective.size - span.shape[1]
    assert np.abs(seen.gradient).max() < 1e-8  # before the last step
    at_end = objective.evaluate(limit.solution.beta)
    assert np.abs(at_end.gradient).max() < 1e-9
    assert 500 * (at_end.value - seen.value) < 2e-9
    values = objective.along(limit.solution.beta, limit.recession.direction, (0.0, 1.0, 10.0))
    assert (np.diff(values) <= 1e-16).all()
    assert not limit.recession.complete


@pytest.mark.parametrize("name", ["plain", "weighted", "far", "rare"])
def test_there_is_none_where_there_is_an_optimum(name):
    problem = PROBLEMS[name]
    objective = Objective(problem.source, Logistic())
    assert limit_of(objective, NoPenalty(), at_zero(objective)) is None


def test_a_penalty_on_every_column_leaves_nothing_to_run_off():
    X, y = rare()
    objective = Objective(as_source(X, y), Logistic())
    assert limit_of(objective, L2(0.1).bound(np.ones(7), intercept=True), at_zero(objective)) is None
