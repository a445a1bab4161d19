from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oddsmith import L1, ElasticNet, fit
from oddsmith.errors import Status
from oddsmith.fitting import Problem
from oddsmith.judging.duality import _balanced, _gap, certify_composite
from oddsmith.losses import Logistic, Multinomial
from oddsmith.objective import Objective
from oddsmith.solvers import Composite, ProximalNewton, Solution, Step
from oddsmith.solvers.proximal_newton import largest_alpha
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
        told, *_ = certify_composite(objective, bound, found)
        truth = (found.evaluation.value - best.evaluation.value) / found.evaluation.value
        assert told.kind == "proved"
        assert told.suboptimality >= truth - 4e-16
        assert 0.0 <= told.suboptimality <= max(100 * size, 1e-15)
        if size in (1e-4, 1e-6):
            assert told.suboptimality <= 1e3 * size**2  # quadratic, though the ridge is weak


@pytest.mark.parametrize("enough", [0.0, 1e9])
@pytest.mark.parametrize("penalty", PENALTIES, ids=str)
def test_the_gap_bounds_it_too(penalty, enough):
    objective, bound = bound_problem(penalty)
    best, function = best_of(objective, bound), Composite.of(objective, bound)
    rng = np.random.default_rng(1)
    for size in (1.0, 1e-1, 1e-3, 1e-6, 1e-8, 1e-10, 0.0):
        moved = best.beta + size * rng.standard_normal(objective.size)
        seen = function.evaluate(moved)
        gap = _gap(function, bound, moved, seen, enough)
        assert gap is not None
        assert gap >= seen.value - best.evaluation.value - 1e-15
        if not (bound.curvature(moved) > 0).any():
            assert gap <= 100 * size + 1e-14


@pytest.mark.parametrize(("classes", "size"), [(2, 1e-10), (3, 1e-10), (2, 1e-9), (3, 1e-9), (2, 1e-3), (2, 0.3)])
def test_intercepts_are_balanced_without_a_look_at_the_columns(classes, size):
    """Where the row gradients add up to 0 no other gradient has moved by more than told."""
    X, y = many_classes(300, 8, classes, 5)
    loss = Logistic() if classes == 2 else Multinomial(classes).of_scores()
    made = Problem.of(as_source(X, y), loss, L1(0.03), intercept=True, standardize=False, threads=None)
    function = Composite.of(made.objective, made.bound())
    best = best_of(made.objective, made.bound()).beta
    beta = best + size * function.free * np.arange(1.0, 1.0 + len(best))
    before = function.evaluate(beta)
    found = _balanced(function, beta, before.gradient)
    assert found is not None
    assert (found.b is not None) == (size < 1e-6)
    after = function.evaluate(made.objective.balanced(beta, 1e-15) if found.b is None else found.b)
    np.testing.assert_allclose(after.gradient[function.free], 0.0, atol=1e-15)
    assert np.abs(after.gradient - before.gradient)[~function.free].max() <= found.slack + 1e-16
    assert before.value - after.value <= found.fall + 1e-15


@pytest.mark.parametrize("classes", [2, 3])
def test_intercepts_far_from_their_optimum_are_not_balanced(classes):
    X, y = many_classes(300, 8, classes, 5)
    loss = Logistic() if classes == 2 else Multinomial(classes).of_scores()
    made = Problem.of(as_source(X, y), loss, L1(0.03), intercept=True, standardize=False, threads=None)
    function = Composite.of(made.objective, made.bound())
    for size in (3.0,) if classes == 2 else (1e-3, 3.0):
        far = best_of(made.objective, made.bound()).beta + size * np.eye(made.objective.size)[0]
        assert _balanced(function, far, function.evaluate(far).gradient) is None


@pytest.mark.parametrize("seed", range(30))
def test_the_gap_holds_where_the_intercept_is_far_from_its_optimum(seed):
    """Told from the gradient alone, of rare classes too, and beside an offset."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((80, 4))
    y = (rng.random(80) < 1 / (1 + np.exp(2 * (seed % 3) - X[:, 0]))).astype(int)
    y[:2] = 0, 1
    source = as_source(X, y, sample_weight=rng.random(80) + 0.1, offset=seed % 2 + rng.standard_normal(80))
    penalty = L1(0.03) if seed % 5 else ElasticNet(0.05, 0.6)
    made = Problem.of(source, Logistic(), penalty, intercept=True, standardize=False, threads=None)
    function, bound = Composite.of(made.objective, made.bound()), made.bound()
    best = best_of(made.objective, bound)
    for size in (0.003, 0.03, 0.1, 0.3, 1.0):
        beta = best.beta + size * function.free * (-1.0) ** seed
        seen = function.evaluate(beta)
        assert _gap(function, bound, beta, seen, np.inf) >= seen.value - best.evaluation.value - 1e-13


@pytest.mark.parametrize("offset", [0.0, 1e4, 1e8])
def test_a_huge_offset_makes_no_bound_false(offset):
    """The intercept that makes up for it has no digits left for what is added to it."""
    rng = np.random.default_rng(2)
    X = rng.standard_normal((200, 600))
    y = (rng.random(200) < 1 / (1 + np.exp(-X[:, 0]))).astype(int)
    own = (offset + rng.standard_normal(200)) - offset
    best = fit(as_source(X, y, offset=own), penalty=L1(0.05))
    for tol in (1e-1, 1e-3):
        found = fit(as_source(X, y, offset=offset + own), penalty=L1(0.05), tol=tol)
        assert found.certificate.kind == "proved"
        assert found.certificate.suboptimality >= found.value / best.value - 1.0 - 1e-12


def test_a_loose_gap_asks_for_no_hessian(monkeypatch):
    """An intercept that is not fitted to the rest costs no matrix: a loose tolerance took four times as long once."""
    objective, bound = bound_problem(L1(0.03))
    function = Composite.of(objective, bound)
    beta = best_of(objective, bound).beta + 1e-3 * function.free
    seen, truth = function.evaluate(beta), best_of(objective, bound).evaluation.value
    evaluate = Objective.evaluate
    monkeypatch.setattr(Objective, "evaluate", lambda self, b, order=1: evaluate(self, b, {0: 0, 1: 1}[order]))
    for wanted in (0.0, 0.01):
        gap = _gap(function, bound, beta, seen, wanted)
        assert gap is not None
        assert seen.value - truth <= gap <= 0.01


def test_far_from_the_optimum_the_gap_takes_over():
    objective, bound = bound_problem(L1(0.01), generate(40, 30, 2))
    told, *_ = certify_composite(objective, bound, at(objective, bound, np.full(31, 0.5)))
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
    told, *_ = certify_composite(objective, bound, found)
    assert told.suboptimality * found.evaluation.value >= found.evaluation.value - best.evaluation.value > 1e-4


@pytest.mark.slow
@given(st.integers(0, 10**6), st.floats(-8, 0))
def test_never_below_the_truth(seed, decade):
    rng = np.random.default_rng(seed)
    problem = generate(60, 5, seed % 97, weighted=bool(seed % 2))
    objective, bound = bound_problem(ElasticNet(10.0 ** rng.uniform(-3, -1), rng.choice([0.2, 1.0])), problem)
    best = best_of(objective, bound)
    found = at(objective, bound, best.beta + 10.0**decade * rng.standard_normal(6) * (rng.random(6) < 0.5))
    told, *_ = certify_composite(objective, bound, found)
    if told.kind == "none":  # very far off no dual point may be found
        assert decade > -1.0
        return
    assert told.suboptimality * found.evaluation.value >= found.evaluation.value - best.evaluation.value - 1e-15


@pytest.mark.parametrize("penalty", [L1(0.03), ElasticNet(0.05, 0.5)], ids=str)
@pytest.mark.parametrize("classes", [2, 3])
def test_the_last_step_squares_what_is_left(penalty, classes):
    """With a tolerance the judge takes the model's step: right zeros, a bound that holds, and the value there."""
    X, y = many_classes(300, 8, classes, 5)
    loss = Logistic() if classes == 2 else Multinomial(classes)
    made = Problem.of(as_source(X, y), loss, penalty, intercept=True, standardize=False, threads=None)
    objective, bound = made.objective, made.bound()
    best, rng = best_of(objective, bound), np.random.default_rng(1)
    moved = np.where(best.beta == 0.0, 0.0, best.beta + 1e-3 * rng.standard_normal(len(best.beta)))
    before = at(objective, bound, moved)
    before = replace(before, trace=(Step(1, before.evaluation.value),), decrement=1e-5)
    for tol in (1e-8, 1e-11):
        told, after, _ = certify_composite(objective, bound, before, tol=tol)
        truth = at(objective, bound, after.beta).evaluation.value
        left = truth - best.evaluation.value
        assert told.kind == "proved"
        assert -1e-15 <= left <= told.suboptimality * truth
        assert left < 1e-4 * (before.evaluation.value - best.evaluation.value)
        assert abs(after.evaluation.value - truth) <= told.suboptimality * truth + 1e-15
        assert after.decrement == after.trace[-1].decrement
        assert ((after.beta == 0.0) == (best.beta == 0.0)).all()
    kept, same, _ = certify_composite(objective, bound, before)  # without a tolerance it stays where it is
    assert same.beta is before.beta
    assert kept.suboptimality * truth >= before.evaluation.value - best.evaluation.value


@pytest.mark.parametrize("tol", [None, 1e-6])
@pytest.mark.parametrize("above", [1 - 1e-9, 1.0, 1 + 1e-9, 2.0])
def test_where_all_is_0_without_an_intercept(tol, above):
    problem = generate(200, 3, 1)
    made = Problem.of(problem.source, Logistic(), L1(1.0), intercept=False, standardize=False, threads=None)
    ratio, _ = largest_alpha(made.objective, made.bound())
    penalty = made.at(L1(above * ratio)).bound()
    told, *_ = certify_composite(made.objective, penalty, at(made.objective, penalty, np.zeros(3)), tol=tol)
    assert told.kind == "proved"
    assert told.suboptimality <= ((tol or 1e-12) if above < 1 else 0.0)


def test_columns_that_repeat_one_another_are_proved_too():
    """One of two equal columns has the coefficient; of the other only the gradient is at its threshold."""
    problem = generate(300, 4, 8)
    X = np.column_stack([problem.X, problem.X])
    made = Problem.of(as_source(X, problem.y), Logistic(), L1(0.02), intercept=True, standardize=False, threads=None)
    for tol in (None, 1e-6, 1e-9):
        solver = ProximalNewton()
        found = solver.solve(made.objective, made.bound(), np.zeros(9), tol=tol, max_passes=None)
        told, *_ = certify_composite(made.objective, made.bound(), found, tol=tol)
        assert told.kind == "proved"
        assert told.suboptimality < max(1e-12, tol or 0.0)


def test_many_classes():
    X, y = many_classes(300, 5, 3, 2)
    made = Problem.of(as_source(X, y), Multinomial(3), L1(0.02), intercept=True, standardize=False, threads=None)
    objective, bound = made.objective, made.bound()
    best = best_of(objective, bound)
    rng = np.random.default_rng(0)
    for size in (1e-2, 1e-5, 0.0):
        found = at(objective, bound, best.beta * (1 + size * rng.standard_normal(objective.size)))
        told, *_ = certify_composite(objective, bound, found)
        assert told.kind == "proved"
        assert told.suboptimality >= (found.evaluation.value / best.evaluation.value - 1) - 4e-16
        assert told.suboptimality <= max(1e-15, 100 * size)


def test_what_is_not_finite_is_not_proved():
    objective, bound = bound_problem(L1(0.03))
    found = at(objective, bound, np.full(6, np.nan))
    assert certify_composite(objective, bound, found)[0].kind == "none"
