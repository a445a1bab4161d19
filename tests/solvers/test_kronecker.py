import numpy as np
import pytest

from oddsmith import L2, SketchedNewton, as_source, fit
from oddsmith.solvers.kronecker import Kronecker
from tests.problems import many_classes


def spd(size, seed):
    half = np.random.default_rng(seed).standard_normal((size, size))
    return half @ half.T + np.eye(size)


def test_it_solves_with_the_product():
    A, G, d = spd(4, 0), spd(6, 1), np.random.default_rng(2).uniform(0.1, 1e6, 6)
    matrix = np.kron(A, G) + np.kron(np.eye(4), np.diag(d))
    vector = np.arange(24.0)
    np.testing.assert_allclose(
        Kronecker.of(A, G, np.tile(d, (4, 1))).solve(matrix @ vector), vector, rtol=1e-9, atol=1e-9
    )


def test_it_is_the_hessian_where_rows_curve_alike():
    """At beta = 0 every row has the same curvature, and the product is exact."""
    from oddsmith.losses import Multinomial
    from oddsmith.objective import Objective

    X, y = many_classes(500, 5, 4)
    for intercept in (True, False):
        objective = Objective(as_source(X, y), Multinomial(4), intercept=intercept)
        zero = np.zeros(objective.size)
        product = np.kron(objective.curvature_between_outputs(zero), objective.second_moments())
        np.testing.assert_allclose(product, objective.evaluate(zero, 2).hessian, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("unscaled", [False, True])
def test_many_classes_take_few_passes_whatever_the_scales(unscaled):
    """Asserted, for it is what makes the fit fast: passes over the data at 1e-9, moments included."""
    X, y = many_classes(20_000, 40, 10, unscaled=unscaled)
    result = fit(as_source(X, y), penalty=L2(1 / 20_000), tol=1e-9)
    assert result.status.trustworthy
    assert "dense factor" in result.trace[0].note
    assert result.passes <= 12
    exact = fit(as_source(X, y), penalty=L2(1 / 20_000))
    assert exact.certificate.kind == "proved"
    assert abs(result.value - exact.value) <= 1e-9 * exact.value


def test_where_the_hessian_would_cost_too_much_the_product_stands_for_it(monkeypatch):
    monkeypatch.setattr("oddsmith.solvers.sketches.SAVED", 0)
    X, y = many_classes(20_000, 20, 10)
    source = as_source(X, y)
    result = fit(source, penalty=L2(1 / 20_000), tol=1e-9, solver=SketchedNewton(newton_limit=1))
    assert "Kronecker metric: a Hessian of 189 x 189 would cost more than the passes it saves" in result.trace[0].note
    assert result.passes <= 25
    huge = fit(source, penalty=L2(1 / 20_000), tol=1e-9, solver=SketchedNewton(dense_limit=100, newton_limit=1))
    assert "is too large" in huge.trace[0].note
    monkeypatch.undo()
    exact = fit(source, penalty=L2(1 / 20_000))
    for found in (result, huge):
        assert abs(found.value - exact.value) <= 1e-9 * exact.value
