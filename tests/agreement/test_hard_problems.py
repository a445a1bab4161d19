"""Random hard problems that have an optimum: every fit reaches it, by the sketch on few rows of many, or by Newton.

Judged in long double, on columns standardised there.
"""

import numpy as np
import pytest
import scipy.sparse as sp

from oddsmith import L2, SketchedNewton, as_source, fit
from oddsmith.errors import Status
from tests.problems import SOAK

TOL = 1e-9


def hard(seed):
    """Columns of many scales, correlated 0.9999, heavy tails, rare levels, large means; few positives; wild weights."""
    rng = np.random.default_rng(seed)
    rows, columns = int(rng.integers(500, 4000)), int(rng.integers(2, 12))
    X = rng.standard_normal((rows, columns))
    if seed % 2:
        X[:, 1] = 0.9999 * X[:, 0] + np.sqrt(1 - 0.9999**2) * X[:, 1]
    if seed % 3 == 0:
        X[:, -1] = rng.standard_t(2, rows)
    if seed % 4 == 0:
        X = np.column_stack([X, np.arange(rows) % (rows // 3) == 0])  # a level of three or four rows
    eta = X @ rng.standard_normal(X.shape[1]) / np.sqrt(X.shape[1])
    y = (rng.random(rows) < 1 / (1 + np.exp(-eta))).astype(int)
    if seed % 5 == 0:
        y = np.zeros(rows, dtype=int)
        y[rng.choice(rows, 5, replace=False, p=np.exp(eta) / np.exp(eta).sum())] = 1
    scale = 10.0 ** rng.uniform(-6, 6, X.shape[1])
    X = X * scale + scale * 10.0 ** rng.uniform(0, 7, X.shape[1]) * (seed % 7 == 0)
    weight = 10.0 ** rng.uniform(-3, 3, rows) if seed % 6 == 1 else None
    return X, y, weight, 10.0 ** rng.uniform(-6, -1)


def suboptimality(X, y, weight, alpha, beta):
    """Half the squared Newton decrement over the value: near an optimum, how far it is. The ridge is on z-scores."""
    X, beta = X.astype(np.longdouble), beta.astype(np.longdouble)
    w = np.ones(len(X), dtype=np.longdouble) if weight is None else weight.astype(np.longdouble)
    w = w / w.sum()
    mean = w @ X
    scale = np.sqrt(w @ (X - mean) ** 2)
    Z = np.column_stack([np.ones(len(X)), (X - mean) / scale])
    b = np.append(beta[0] + mean @ beta[1:], beta[1:] * scale)
    ridge = np.append(0.0, np.full(X.shape[1], alpha))
    eta = Z @ b
    q = 1 / (1 + np.exp(-eta))
    value = w @ (np.logaddexp(0, np.where(y == 1, -eta, eta))) + 0.5 * ridge @ b**2
    gradient = Z.T @ (w * (q - y)) + ridge * b
    hessian = (Z.T @ ((w * q * (1 - q))[:, None] * Z)).astype(float) + np.diag(ridge).astype(float)
    return float(0.5 * gradient @ np.linalg.solve(hessian, gradient.astype(float)) / value)


@pytest.mark.parametrize("tol", [TOL, None])
@pytest.mark.parametrize("seed", range(500 if SOAK else 50))
def test_every_hard_problem_with_an_optimum_is_solved(seed, tol):
    X, y, weight, alpha = hard(seed)
    solver = ["auto", SketchedNewton(most_rows=100, rows_per_column=20, seed=seed, newton_limit=1)][seed % 2]
    result = fit(as_source(X, y, sample_weight=weight), penalty=L2(alpha), standardize=True, tol=tol, solver=solver)
    assert result.status is Status.CONVERGED
    found = suboptimality(X, y, weight, alpha, result.beta[0])
    assert found <= TOL
    assert result.certificate.suboptimality <= TOL
    if result.certificate.kind == "proved":
        assert found <= result.certificate.suboptimality + 1e-14


@pytest.mark.parametrize("kind", [np.asarray, sp.csr_array])
def test_five_positives_in_many_rows_are_all_in_the_sample(kind):
    rng = np.random.default_rng(1)
    rows = 1_000_000 if SOAK else 200_000
    X = rng.standard_normal((rows, 5)) * (rng.random((rows, 5)) < 0.5)
    y = np.zeros(rows, dtype=int)
    y[rng.choice(rows, 5, replace=False)] = 1
    source = as_source(kind(X), y)
    assert source.sample(20_000, 0).target.sum() == 5
    result = fit(source, penalty=L2(1e-4), tol=TOL)
    assert "sample of" in result.trace[0].note
    assert result.status is Status.CONVERGED
    assert result.passes <= 12
    assert suboptimality(X, y, None, 0.0, result.beta[0]) < 1.0  # it is finite
    exact = fit(source, penalty=L2(1e-4))
    assert result.value - exact.value <= TOL * exact.value


def test_a_level_that_no_sample_has_costs_no_convergence():
    rng = np.random.default_rng(2)
    rows = 100_000
    X = np.column_stack([rng.standard_normal((rows, 3)), np.zeros((rows, 4))])
    for j in range(4):
        X[rng.choice(rows, 4, replace=False), 3 + j] = 1.0
    y = (rng.random(rows) < 0.3).astype(int)
    result = fit(as_source(X, y), penalty=L2(1e-6), tol=TOL)
    exact = fit(as_source(X, y), penalty=L2(1e-6), solver="newton")
    assert result.status is Status.CONVERGED
    assert result.passes <= 25
    assert result.value - exact.value <= TOL * exact.value
