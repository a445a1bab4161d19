"""Fewer than four digits are never silent, where no Hessian was formed either: a metric tells of each coefficient."""

import warnings
from functools import partial

import numpy as np
import pytest
import scipy.sparse as sp

from oddsmith import L1, L2, ConvergenceWarning, ElasticNet, ProximalNewton, SketchedNewton, as_source, fit
from tests.problems import generate

pytestmark = pytest.mark.slow

TOLERANCES = (1e-2, 1e-4, 1e-6, 1e-8, 1e-10, 1e-12)


def correlated(seed, rows=4000, columns=12):
    problem = generate(rows, columns, seed, scales=(0.1, 10), centre=1.0)
    mixed = problem.X @ (np.eye(columns) + 0.5 * np.random.default_rng(seed).standard_normal((columns, columns)))
    return mixed, problem.y


def sparse(seed):
    rng = np.random.default_rng(seed)
    X = sp.random_array((6000, 700), density=0.02, rng=rng, format="csr")
    eta = X @ (rng.standard_normal(700) * (rng.random(700) < 0.2)) * 3
    return X, (rng.random(6000) < 1 / (1 + np.exp(-eta))).astype(int)


def three_classes(seed):
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((3000, 5))
    return X, (X[:, 0] + rng.standard_normal(3000) > 0) + (X[:, 1] + rng.standard_normal(3000) > 1) * 1


KINDS = {
    "many rows": (partial(correlated, rows=100_000), L2(1e-4), SketchedNewton()),
    "a sketch": (correlated, L2(1e-4), SketchedNewton(newton_limit=1)),
    "a sketch, hardly penalised": (correlated, L2(1e-9), SketchedNewton(newton_limit=1, rows_per_column=20)),
    "block and diagonal": (sparse, L2(1e-3), SketchedNewton(newton_limit=1)),
    "a diagonal": (correlated, L2(1e-2), SketchedNewton(dense_limit=4, newton_limit=1)),
    "lasso": (correlated, L1(1e-3), ProximalNewton()),
    "lasso by a sample": (correlated, L1(1e-3), ProximalNewton(sample=300, sample_per_column=10)),
    "working sets": (sparse, ElasticNet(2e-3, l1_ratio=0.8), ProximalNewton()),
    "classes": (three_classes, L1(1e-3), ProximalNewton()),
    "classes, a sketch": (three_classes, L2(1e-3), SketchedNewton(newton_limit=1)),
}


def true_digits(found, exact):
    """Of the worst coefficient; one below a tenth of its standard error, as far as that is known, beside the tenth."""
    apart = np.abs(np.array([exact.axes.from_raw(part) for part in found.beta - exact.beta]))
    size = np.abs([exact.axes.from_raw(part) for part in exact.beta])
    if exact.hessian is not None:
        curved = np.diagonal(exact.hessian).reshape(exact.loss.outputs, -1).max(axis=0)
        size = np.maximum(size, 0.1 / np.sqrt(exact.weight * curved))
    kept = size > 0.0
    return float(-np.log10(np.maximum(apart[kept] / size[kept], 1e-16)).min())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(3))
def test_a_tolerance_too_loose_for_four_digits_is_told(kind, seed):
    make, penalty, solver = KINDS[kind]
    source = as_source(*make(seed))
    exact = fit(source, penalty=penalty, standardize=True)
    for tol in TOLERANCES:
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            found = fit(source, penalty=penalty, standardize=True, solver=solver, tol=tol)
        digits = true_digits(found, exact)
        assert found.digits <= digits + 0.5
        assert digits >= 4.0 or any(issubclass(w.category, ConvergenceWarning) for w in told)


def test_where_the_metric_is_good_four_digits_are_no_reason_to_warn():
    source = as_source(*correlated(0))
    exact = fit(source, penalty=L2(1e-4), standardize=True)
    for tol in (1e-15, 1e-16):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            found = fit(source, penalty=L2(1e-4), standardize=True, solver=SketchedNewton(newton_limit=1), tol=tol)
        assert found.hessian is None
        assert found.digits >= 4.0
        assert true_digits(found, exact) >= 4.0
