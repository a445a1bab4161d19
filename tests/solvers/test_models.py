import numpy as np
import pytest

from oddsmith import L1
from oddsmith.factor import Factor
from oddsmith.losses import Logistic
from oddsmith.objective import Objective
from oddsmith.solvers import models
from oddsmith.solvers.composite import Composite
from oddsmith.solvers.models import Model
from tests.problems import generate

PROBLEM = generate(300, 6, 3)


@pytest.fixture
def function():
    factors = np.array([1.0, 1, 0, 1, 1, 1])
    return Composite.of(Objective(PROBLEM.source, Logistic()), L1(0.05, factors).bound(np.ones(6), intercept=True))


@pytest.mark.parametrize("exact", [False, True])
def test_a_step_ends_at_the_minimum_of_the_model(function, exact):
    beta = np.zeros(7)
    seen = function.evaluate(beta, 2)
    step, decrement = Model(function, seen.hessian).step(beta, seen.gradient, 1e-12, exact=exact)

    def model(d):
        return seen.gradient @ d + 0.5 * d @ seen.hessian @ d + function.cost(beta + d)

    assert decrement == pytest.approx(model(np.zeros(7)) - model(step), rel=1e-9)
    rng = np.random.default_rng(0)
    for other in step + rng.standard_normal((200, 7)) * 10.0 ** rng.uniform(-5, 0, (200, 1)):
        assert model(other) >= model(step) - 1e-14
    assert (step[function.thresholds > 0] == 0.0).any()


@pytest.mark.parametrize("kind", [np.float64, np.float32])
def test_a_correction_sends_the_step_to_the_change_that_it_made(function, kind):
    seen = function.evaluate(np.zeros(7), 2)
    model = Model(function, seen.hessian.astype(kind))
    digits = {np.float64: 1e-12, np.float32: 1e-5}[kind]
    np.testing.assert_allclose(model.hessian, seen.hessian, rtol=digits, atol=digits)
    for beta in np.random.default_rng(1).standard_normal((3, 7)):
        step, _ = model.step(beta, function.evaluate(beta).gradient, 0.1)
        change = 1.5 * seen.hessian @ step
        model.correct(0.5, 0.5 * change)
        np.testing.assert_allclose(model.hessian @ step, change, rtol=10 * digits, atol=10 * digits)
        assert np.linalg.eigvalsh(model.hessian).min() > 0.0
    before = model.hessian
    model.correct(1.0, -change)  # no curvature, no correction
    np.testing.assert_array_equal(model.hessian, before)


def test_a_step_of_which_rounding_left_no_curvature_corrects_nothing(function):
    seen = function.evaluate(np.zeros(7), 2)
    model = Model(function, seen.hessian)
    step, _ = model.step(np.zeros(7), seen.gradient, 0.1)
    before, model._image = model.hessian, -1e-17 * step
    model.correct(1.0, 1e-17 * step)
    np.testing.assert_array_equal(model.hessian, before)


def test_an_exact_step_makes_so_many_factors_and_no_more(monkeypatch):
    """What it has to change one by one may be hundreds of coefficients; what it has changed by then is better."""
    problem = generate(600, 120, 4)
    function = Composite.of(Objective(problem.source, Logistic()), L1(1e-4).bound(np.ones(120), intercept=True))
    seen, made = function.evaluate(np.zeros(121), 2), []
    monkeypatch.setattr(models, "Factor", lambda matrix: made.append(matrix) or Factor(matrix))
    model = Model(function, seen.hessian)
    monkeypatch.setattr(models.kernels, "descend", lambda *arguments: 0)  # nothing is known of the support
    made.clear()
    step, decrement = model.step(np.zeros(121), seen.gradient, 0.1, exact=True)
    assert 0 < len(made) <= models.CHANGES
    assert decrement > 0.0
    assert np.count_nonzero(step) < 60
