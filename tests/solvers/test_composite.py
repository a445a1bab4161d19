import numpy as np
import pytest

from oddsmith import ElasticNet, ProximalNewton
from oddsmith.axes import Axes
from oddsmith.losses import Logistic
from oddsmith.objective import Objective
from oddsmith.solvers.composite import Composite, search
from oddsmith.sources import StandardisedSource
from tests.problems import PROBLEMS

PROBLEM = PROBLEMS["weighted"]


@pytest.fixture
def function():
    axes = Axes.standardising(PROBLEM.source.moments(), intercept=True)
    view = StandardisedSource(PROBLEM.source, axes.centre, axes.scale)
    return Composite.of(Objective(view, Logistic()), ElasticNet(0.1).bound(np.ones(5), intercept=True))


def test_the_slope_is_the_least_subgradient(function):
    """Minus the slope is the steepest way down, and its size the rate."""
    for beta in (np.zeros(6), np.array([0.1, 0.0, -0.3, 0.0, 0.2, 0.0])):
        seen = function.evaluate(beta)
        slope = function.slope(beta, seen.gradient)
        step = 1e-7
        gained = seen.value - function.evaluate(beta - step * slope).value
        assert gained / step == pytest.approx(slope @ slope, rel=1e-5)


def test_some_columns_are_the_same_function_with_zeros_elsewhere(function):
    columns = np.array([3, 0])
    part, members = function.only(columns), function.members(columns)
    b = np.array([0.2, -0.5, 0.7])
    whole = np.zeros(6)
    whole[members] = b
    one, other = part.evaluate(b), function.evaluate(whole)
    assert one.value == pytest.approx(other.value, rel=1e-14)
    np.testing.assert_allclose(one.gradient, other.gradient[members], rtol=1e-10, atol=1e-14)
    np.testing.assert_array_equal(function.columns(whole != 0.0), [0, 3])


def test_the_search_shortens_what_is_too_long(function):
    beta = np.zeros(6)
    now = function.evaluate(beta)
    down = -function.slope(beta, now.gradient)
    end, new, length = search(function, beta, 1e3 * down, now)
    assert 0.0 < length < 1.0
    assert new.value < now.value
    np.testing.assert_array_equal(end, length * 1e3 * down)
    assert search(function, beta, -down, now)[2] == 0.0


def test_the_gap_is_0_at_the_optimum_and_bounds_what_is_above_it(function):
    penalty = ElasticNet(0.1).bound(np.ones(5), intercept=True)
    best = ProximalNewton().solve(function.objective, penalty, np.zeros(6), tol=None, max_passes=None)
    least, rng = function.evaluate(best.beta), np.random.default_rng(0)
    assert function.gap(best.beta, least) == pytest.approx(0.0, abs=1e-14)
    for size in (1e-1, 1e-3, 1e-5):
        beta = best.beta + size * rng.standard_normal(6) * (best.beta != 0.0)
        seen = function.evaluate(beta)
        assert function.gap(beta, seen) >= seen.value - least.value
