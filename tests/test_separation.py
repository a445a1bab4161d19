import numpy as np
import pytest

from oddsmith import ConvergenceWarning, SeparationWarning, as_source, fit
from tests.problems import PROBLEMS


def names(X, y, warning, **options):
    with pytest.warns(warning):
        result = fit(as_source(X, y), **options)
    return result.runaway


def test_a_column_twice_and_a_constant():
    X = PROBLEMS["plain"].X
    y = PROBLEMS["plain"].y
    constant, shortest = np.full(500, 9.0), {"collinear": "min-norm"}
    assert names(np.column_stack([X, X[:, 2]]), y, ConvergenceWarning, **shortest) == (2, 6)
    assert names(np.column_stack([X, constant]), y, ConvergenceWarning, **shortest) == (6,)
    assert names(np.column_stack([X, constant, X[:, 2]]), y, ConvergenceWarning, **shortest) == (2, 6, 7)


def test_all_levels_beside_an_intercept_concern_the_intercept_too():
    rng = np.random.default_rng(0)
    level = rng.integers(0, 3, 300)
    X = np.eye(3)[level]
    y = (rng.random(300) < 0.3 + 0.2 * level).astype(int)
    assert names(X, y, ConvergenceWarning, collinear="min-norm") == (-1, 0, 1, 2)
    assert fit(as_source(X, y), intercept=False).status.trustworthy


def test_a_threshold_separates_through_its_column_and_the_intercept():
    rng = np.random.default_rng(1)
    X = rng.standard_normal((300, 3))
    assert set(names(X, X[:, 1] > 0.4, SeparationWarning)) >= {-1, 1}
