"""The cost that a learner hands to SciPy is the engine's, and its derivative is its derivative."""

import doctest

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from scipy.optimize import approx_fprime, minimize

import oddsmith
from oddsmith import L2, DataError, SpecificationError, as_source, cost, cost_function
from oddsmith.scratch import LogisticRegression
from tests.problems import generate

PLAIN = generate(300, 4, 7)
X = (PLAIN.X - PLAIN.X.mean(axis=0)) / PLAIN.X.std(axis=0)
Y = PLAIN.y
RNG = np.random.default_rng(0)


def textbook(theta, lam=0.0):
    """The formula as it stands, which takes complex numbers; 1 - h is h of minus the score, without cancelling."""
    z = theta[0] + X @ theta[1:]
    h, not_h = 1.0 / (1.0 + np.exp(-z)), 1.0 / (1.0 + np.exp(z))
    return -np.mean(Y * np.log(h) + (1 - Y) * np.log(not_h)) + lam / (2 * len(Y)) * (theta[1:] @ theta[1:])


@pytest.mark.parametrize("lam", [0.0, 3.0])
@pytest.mark.parametrize("size", [0.0, 0.5, 2.0])
@pytest.mark.usefixtures("both_kernels")
def test_value_and_gradient_are_the_textbooks(lam, size):
    theta = size * RNG.standard_normal(5)
    J, gradient = cost_function(X, Y, penalty=L2(lam / len(Y)))(theta)
    assert type(J) is float
    assert pytest.approx(textbook(theta, lam), rel=1e-13) == J
    by_complex_step = [textbook(theta + 1e-30j * e, lam).imag / 1e-30 for e in np.eye(5)]
    np.testing.assert_allclose(gradient, by_complex_step, rtol=1e-11, atol=1e-15)


def test_the_gradient_is_the_derivative_of_the_value():
    J = cost_function(X, Y, penalty=L2(0.1))
    for theta in RNG.standard_normal((5, 5)) * 3:
        np.testing.assert_allclose(J(theta)[1], approx_fprime(theta, lambda t: J(t)[0], 1e-7), atol=2e-6)


@pytest.mark.parametrize("method", ["BFGS", "CG", "L-BFGS-B", "Newton-CG", None])
@pytest.mark.parametrize("penalty", [None, L2(0.05)])
def test_minimised_by_scipy_it_is_the_engines_fit(method, penalty):
    found = minimize(
        cost_function(X, Y, penalty=penalty), np.zeros(5), jac=True, method=method, tol=1e-9, options={"maxiter": 100}
    )
    exact = oddsmith.fit(as_source(X, Y), penalty=penalty)
    np.testing.assert_allclose(found.x, exact.beta[0], atol=1e-6)
    assert found.fun == pytest.approx(exact.value, rel=1e-12)


def test_the_learners_class_agrees():
    model = LogisticRegression()
    model.weights, model.bias = RNG.standard_normal(4), 0.3
    a = model.feed_forward(X)
    dw, db = model.backward(X, Y, a)
    J, gradient = cost_function(X, Y)([model.bias, *model.weights])
    assert pytest.approx(model.compute_loss(Y, a), rel=1e-12) == J
    np.testing.assert_allclose(gradient, [db, *dw], atol=1e-15)


def test_far_away_it_is_finite():
    J, gradient = cost_function(X, Y)(np.full(5, 1e4))
    assert np.isfinite(J)
    assert np.isfinite(gradient).all()


def test_frames_sparse_matrices_and_labels_will_do():
    theta = RNG.standard_normal(5)
    J = cost_function(X, Y)(theta)[0]
    for form in (pd.DataFrame(X), sp.csr_array(X), X.tolist(), np.asfortranarray(X)):
        assert cost_function(form, Y)(theta)[0] == pytest.approx(J, rel=1e-13)
    assert cost_function(X, np.where(Y == 1, "yes", "no"))(theta)[0] == J
    assert cost_function(X, Y == 1)(theta.tolist())[0] == J


def test_what_is_handed_in_stays_as_it_is():
    rows, theta = X.copy(), np.ones(5)
    gradient = cost_function(rows, Y, penalty=L2(1.0))(theta)[1]
    gradient[:] = 7.0
    assert (rows == X).all()
    assert (theta == 1.0).all()


@pytest.mark.parametrize("theta", [np.zeros(4), np.zeros(6), np.zeros((5, 1)), 0.0])
def test_a_theta_of_another_shape_is_told_what_belongs_in_it(theta):
    with pytest.raises(SpecificationError, match=r"shape \(5,\): the intercept.*Start from numpy\.zeros\(5\)"):
        cost_function(X, Y)(theta)


def test_data_without_meaning_are_refused():
    with pytest.raises(DataError, match=r"for two classes: 3 classes. .*pass y == label"):
        cost_function(X, np.arange(300) % 3)
    bad = X.copy()
    bad[3, 1] = np.nan
    for form in (bad, sp.csr_array(bad)):
        with pytest.raises(DataError, match="NaN"):
            cost_function(form, Y)


def test_its_example_is_true():
    assert doctest.testmod(cost).attempted >= 4
    assert doctest.testmod(cost).failed == 0
