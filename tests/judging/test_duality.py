import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oddsmith import L1, ElasticNet
from oddsmith.errors import Status
from oddsmith.fitting import Problem
from oddsmith.judging.duality import _gap, _smooth_bound, certify_composite
from oddsmith.losses import Logistic, Multinomial
from oddsmith.solvers import Composite, ProximalNewton, Solution
from oddsmith.sources import as_source
from tests.problems import PROBLEMS, generate, many_classes

PENALTIES = [L1(0.03), ElasticNet(0.05, 0.5), ElasticNet(0.03, 1 - 1e-7), L1(0.1, np.array([1.0, 0, 2, 1, 0]))]


def bound_problem(penalty, problem=PROBLEMS["weighted"]):
    made = Problem.of(problem.source, Logistic(), penalty, intercept=True, standardize=False, threads=None)
    return made.objective, made.bound()


def at(objective, penalty, beta):
    return Solution(beta, Composite.of(objective, penalty).evaluate(beta), Status.CONVERGED, ())


def best_of(objective, penalty):
    return ProximalNewton().solve(objective, penalty, np.zeros(objective.size), tol=None, max_passes=None)


@pytest.mark.parametrize("penalty", PENALTIES, ids=str)
def test_it_bounds_the_true_suboptimality_and_shrinks_to_rounding(penalty):
    objective, bound = bound_problem(penalty)
    best = best_of(objective, bound)
    rng = np.random.default_rng(0)
    for size in (1e-1, 1e-2, 1e-4, 1e-6, 1e-8, 0.0):
        moved = best.beta * (1 + size * rng.standard_normal(objective.size))
        found = at(objective, bound, moved)
        told, _ = certify_composite(objective, bound, found)
        truth = (found.evaluation.value - best.evaluation.value) / found.evaluation.value
        assert told.kind == "proved"
        assert told.suboptimality >= truth - 4e-16
        assert 0.0 <= told.suboptimality <= max(100 * size, 1e-15)
        if size in (1e-4, 1e-6):
            assert told.suboptimality <= 1e3 * size**2  # quadratic, though the ridge is weak


@pytest.mark.parametrize("penalty", PENALTIES, ids=str)
def test_the_gap_bounds_it_too(penalty):
    objective, bound = bound_problem(penalty)
    best, function = best_of(objective, bound), Composite.of(objective, bound)
    rng = np.random.default_rng(1)
    for size in (1.0, 1e-1, 1e-3, 1e-6, 0.0):
        moved = best.beta + size * rng.standard_normal(objective.size)
        seen = function.evaluate(moved)
        gap = _gap(function, bound, moved, seen)
        assert gap is not None
        assert gap >= seen.value - best.evaluation.value - 1e-15
        if not (bound.curvature(moved) > 0).any():
            assert gap <= 10 * size + 1e-14


def test_far_from_the_optimum_the_gap_takes_over():
    objective, bound = bound_problem(L1(0.01), generate(40, 30, 2))
    told, _ = certify_composite(objective, bound, at(objective, bound, np.full(31, 0.5)))
    truth = at(objective, bound, np.full(31, 0.5)).evaluation.value - best_of(objective, bound).evaluation.value
    assert told.kind == "proved"
    assert told.suboptimality * at(objective, bound, np.full(31, 0.5)).evaluation.value >= truth


def test_a_coefficient_missing_from_the_support_is_seen():
    """At a point where a zero should not be one, the bound tells so."""
    objective, bound = bound_problem(L1(0.03))
    best = best_of(objective, bound)
    j = int(np.argmax(np.abs(best.beta[1:]))) + 1
    without = best.beta.copy()
    without[j] = 0.0
    found = at(objective, bound, without)
    told, _ = certify_composite(objective, bound, found)
    assert told.suboptimality * found.evaluation.value >= found.evaluation.value - best.evaluation.value > 1e-4


@pytest.mark.slow
@given(st.integers(0, 10**6), st.floats(-8, 0))
def test_never_below_the_truth(seed, decade):
    rng = np.random.default_rng(seed)
    problem = generate(60, 5, seed % 97, weighted=bool(seed % 2))
    objective, bound = bound_problem(ElasticNet(10.0 ** rng.uniform(-3, -1), rng.choice([0.2, 1.0])), problem)
    best = best_of(objective, bound)
    found = at(objective, bound, best.beta + 10.0**decade * rng.standard_normal(6) * (rng.random(6) < 0.5))
    told, _ = certify_composite(objective, bound, found)
    if told.kind == "none":  # very far off no dual point may be found
        assert decade > -1.0
        return
    assert told.suboptimality * found.evaluation.value >= found.evaluation.value - best.evaluation.value - 1e-15


def minimised(function, beta, linear, kept):
    """Where the loss, its ridge and a linear term are least on some coefficients; and the loss's gradient there."""
    beta = beta.copy()
    for _ in range(30):
        seen = function.evaluate(beta, 2)
        slope = (seen.gradient + function.curvature * beta + linear)[kept]
        whole = seen.hessian[np.ix_(kept, kept)] + np.diag(function.curvature[kept])
        beta[kept] -= np.linalg.lstsq(whole, slope, rcond=1e-12)[0]  # of softmax it is singular
    return beta, function.evaluate(beta).gradient


@pytest.mark.parametrize("penalty", [L1(0.05), ElasticNet(0.08, 0.6)], ids=str)
@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("size", [0.1, 1e-2, 1e-4])
def test_gradients_beside_the_support_end_where_the_bound_says(penalty, classes, size):
    """Along Newton's step on the support, but for a spread that is of second order; and within the coarse bound."""
    rng = np.random.default_rng(int(-100 * np.log10(size)))
    X, y = many_classes(250, 8, classes, 3)
    loss = Logistic() if classes == 2 else Multinomial(classes)
    made = Problem.of(as_source(X, y), loss, penalty, intercept=True, standardize=False, threads=None)
    function, best = Composite.of(made.objective, made.bound()), best_of(made.objective, made.bound())
    seen = 0
    for _ in range(10):
        moved = np.where(best.beta == 0.0, 0.0, best.beta + size * rng.standard_normal(len(best.beta)) / 8)
        kept, near = np.flatnonzero((moved != 0.0) | function.free), np.flatnonzero((moved == 0.0) & ~function.free)
        linear = function.thresholds * np.sign(moved)
        now = function.evaluate(moved)
        slope = now.gradient + linear + function.curvature * moved
        found = _smooth_bound(function, moved, slope, kept, near)
        if found is None:
            continue
        seen += 1
        least, gradient = minimised(function, moved, linear, kept)
        change = (gradient - now.gradient)[near]
        assert len(near)
        assert (np.abs(change - found.drift) <= found.spread + 1e-14).all()
        assert (np.abs(change) <= found.moves + 1e-14).all()
        assert now.value - function.evaluate(least).value <= found.fall + 1e-14
        if size <= 1e-4:
            assert found.spread.max() < 0.1 * found.moves
    assert seen > 0


def test_what_is_near_its_threshold_is_looked_at_closely_before_it_joins():
    """A coefficient that is 0, with a gradient so near its threshold that the coarse bound cannot hold it there."""
    objective, bound = bound_problem(L1(0.03), generate(400, 8, 4))
    best = best_of(objective, bound)
    gradient = np.abs(best.evaluation.gradient)
    zero = np.flatnonzero(best.beta == 0.0)
    assert len(zero)
    nearest = zero[np.argmax(gradient[zero])]
    factors = np.ones(8)
    factors[nearest - 1] = gradient[nearest] / Composite.of(objective, bound).thresholds[nearest] + 1e-5
    objective, bound = bound_problem(L1(0.03, factors), generate(400, 8, 4))
    off = np.where(best.beta == 0.0, 0.0, best.beta + 1e-5)
    told, variance = certify_composite(objective, bound, at(objective, bound, off))
    assert told.kind == "proved"
    assert variance[nearest] == 0.0  # it did not join
    assert told.suboptimality < 1e-7


def test_many_classes():
    X, y = many_classes(300, 5, 3, 2)
    made = Problem.of(as_source(X, y), Multinomial(3), L1(0.02), intercept=True, standardize=False, threads=None)
    objective, bound = made.objective, made.bound()
    best = best_of(objective, bound)
    rng = np.random.default_rng(0)
    for size in (1e-2, 1e-5, 0.0):
        found = at(objective, bound, best.beta * (1 + size * rng.standard_normal(objective.size)))
        told, _ = certify_composite(objective, bound, found)
        assert told.kind == "proved"
        assert told.suboptimality >= (found.evaluation.value / best.evaluation.value - 1) - 4e-16
        assert told.suboptimality <= max(1e-15, 100 * size)


def test_what_is_not_finite_is_not_proved():
    objective, bound = bound_problem(L1(0.03))
    found = at(objective, bound, np.full(6, np.nan))
    assert certify_composite(objective, bound, found)[0].kind == "none"
