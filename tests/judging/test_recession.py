import numpy as np
import pytest

from oddsmith import ConvergenceWarning, Newton, NoPenalty, SeparationWarning, as_source, fit
from oddsmith.judging import recession
from oddsmith.judging.recession import Cone
from oddsmith.losses import Logistic
from oddsmith.objective import Objective
from tests.problems import PROBLEMS


def names(X, y, warning, **options):
    with pytest.warns(warning):
        result = fit(as_source(X, y), **options)
    return result.runaway


def test_a_column_twice_and_a_constant():
    X = PROBLEMS["plain"].X
    y = PROBLEMS["plain"].y
    assert names(np.column_stack([X, X[:, 2]]), y, ConvergenceWarning, collinear="min-norm") == (2, 6)
    assert names(np.column_stack([X, np.full(500, 9.0)]), y, ConvergenceWarning, collinear="min-norm") == (6,)
    assert names(np.column_stack([X, np.full(500, 9.0), X[:, 2]]), y, ConvergenceWarning, collinear="min-norm") == (
        2,
        6,
        7,
    )


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


def cone_of(X, y, **options):
    objective = Objective(as_source(X, y), Logistic(), **options)
    return objective, Cone.of(objective, np.ones(objective.size, dtype=bool))


def quasi(rows=300, seed=0):
    rng = np.random.default_rng(seed)
    X = np.column_stack([rng.standard_normal((rows, 2)), rng.random((rows, 2)) < 0.05])
    y = np.where(X[:, 2] > 0, 1, np.where(X[:, 3] > 0, 0, rng.integers(0, 2, rows)))
    return X, y


@pytest.mark.parametrize("intercept", [True, False])
def test_what_a_solver_saw_and_what_the_program_finds_are_the_same(both_kernels, intercept):
    X, y = quasi()
    objective, cone = cone_of(X, y, intercept=intercept)
    near = Newton().solve(objective, NoPenalty(), np.zeros(objective.size), tol=1e-8, max_passes=None)
    seen, found = cone.guess(near.beta, near.evaluation.hessian), cone.search(np.zeros(objective.size))
    rows = np.column_stack([np.ones(len(X)), X]) if intercept else X
    for told in (seen, found):
        lead = (2 * y - 1) * (rows @ told.direction)
        assert lead.min() > -1e-12
        separated = X[:, 2:].any(axis=1)
        assert (lead[separated] > 1 - 1e-9).all() and (np.abs(lead[~separated]) < 1e-9).all()
    both = np.column_stack([seen.span, found.span])
    assert np.linalg.matrix_rank(both, tol=1e-9) == seen.span.shape[1] == found.span.shape[1] == 2


def test_the_program_sees_few_rows_and_its_word_is_held_against_all(monkeypatch):
    sizes = []
    programme = recession._programme
    monkeypatch.setattr(recession, "_programme", lambda leads: (sizes.append(len(leads)), programme(leads))[1])
    rng = np.random.default_rng(2)
    X = rng.standard_normal((20_000, 5))
    eta = X @ rng.standard_normal(5)
    y = eta > 0
    objective, cone = cone_of(X, y)
    found = cone.search(np.zeros(6))
    assert found.complete
    assert ((2 * y - 1) * (found.direction[0] + X @ found.direction[1:]) > 1 - 1e-9).all()
    assert sizes[-1] < 1000
    y[eta.argmax()] = False
    assert cone_of(X, y)[1].search(np.zeros(6)) is None


def test_no_span_where_an_optimum_exists(both_kernels):
    objective, cone = cone_of(PROBLEMS["plain"].X, PROBLEMS["plain"].y)
    near = Newton().solve(objective, NoPenalty(), np.zeros(objective.size), tol=1e-8, max_passes=None)
    assert cone.guess(near.beta, near.evaluation.hessian) is None
    assert cone.search(near.beta) is None
