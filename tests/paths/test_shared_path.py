"""Problems that share passes end where each would end alone."""

import numpy as np
import pytest
import scipy.sparse

import oddsmith
from oddsmith import L1, ElasticNet, as_source
from oddsmith.fitting import Problem
from oddsmith.losses import Logistic
from oddsmith.paths.shared_path import NOWHERE, SOON, SharedPath
from oddsmith.paths.shared_rows import SharedRows
from tests.problems import generate

ALPHAS = (0.05, 0.02, 0.005)


def shared(problem, penalty, masks, tol, threads=2, source=None):
    source = problem.source if source is None else source
    made = Problem.of(source, Logistic(), penalty, intercept=True, standardize=True, threads=threads)
    unit, zeros = penalty.bound(np.ones(problem.X.shape[1]), intercept=False), np.zeros(problem.X.shape[1])
    thresholds, curvature = (np.tile(v, (len(masks), 1)) for v in (unit.thresholds(zeros), unit.curvature(zeros)))
    start = made.objective.null()[0]
    return made, SharedPath(
        SharedRows(made.objective, masks, threads), thresholds, curvature, start, intercept=True, tol=tol
    )


@pytest.mark.slow
@pytest.mark.parametrize("penalty", [L1(), ElasticNet(l1_ratio=0.5)])
@pytest.mark.parametrize("columns", [12, 560])
def test_each_ends_where_it_would_end_alone(penalty, columns):
    problem = generate(260, columns, 7)
    masks = np.array([np.ones(260), np.arange(260) % 2 == 0, np.arange(260) > 60], dtype=bool)
    made, state = shared(problem, penalty, masks, 1e-13)
    for alpha in ALPHAS:
        state.solve(alpha)
        assert state.done.all()
        for k, mask in enumerate(masks):
            # alone, on the columns as they are standardised here
            rows = as_source((problem.X[mask] - made.axes.centre) / made.axes.scale, problem.y[mask])
            own = {name: value for name, value in (("l1_ratio", getattr(penalty, "l1_ratio", None)),) if value}
            alone = oddsmith.fit(rows, penalty=type(penalty)(alpha, **own))
            np.testing.assert_allclose(state.coefficients(k), alone.beta[0], atol=2e-5)
            assert state.value[k] == pytest.approx(alone.value, rel=1e-11)


def test_the_gradient_is_that_of_the_loss_and_passes_are_one_for_each_look():
    problem = generate(300, 600, 8)
    made, state = shared(problem, L1(), np.ones((1, 300), dtype=bool), 1e-9)
    for alpha in ALPHAS:
        state.solve(alpha)
    seen = made.objective.evaluate(state.coefficients(0), 1)
    own = np.append(0, 1 + np.flatnonzero(state._inside[0]))
    np.testing.assert_allclose(state.gradient(0)[own], seen.gradient[own], atol=1e-12)
    # others are told away from 0, beyond what rounding may take; or, not having been looked at, what they may be
    beyond, told = np.abs(state.gradient(0)) - np.abs(seen.gradient), np.abs(state.gradient(0))
    assert (beyond > -1e-12).all()
    assert ((beyond <= 2 * state.rows.rounding[0]) | (told <= SOON * state.alpha)).all()
    assert state.passes <= 2 * len(ALPHAS) + 1
    assert len(state.rows.columns) < 600


@pytest.mark.parametrize("sparse", [False, True])
def test_no_slope_is_told_nearer_to_zero_than_it_is_and_models_have_all_that_matters(sparse):
    problem = generate(400, 300, 12, centre=0.5)
    X = problem.X + 0.5 * np.roll(problem.X, 1, axis=1)
    kept = np.random.default_rng(0).random(X.shape) < 0.1
    source = as_source(scipy.sparse.csr_array(X * kept) if sparse else X, problem.y)
    masks = np.array([np.ones(400), np.arange(400) % 3 != 0, np.arange(400) < 250], dtype=bool)
    _, state = shared(problem, ElasticNet(1.0, 0.9), masks, 1e-6, source=source)
    looked = 0
    for alpha in np.geomspace(0.2, 0.003, 40):
        state.solve(alpha)
        true = state.rows.slopes(state.r, np.arange(300))
        assert (np.abs(state.slopes) >= np.abs(true) - 2.0 * state.rows.rounding[:, None] - 1e-12).all()
        looked += int((np.abs(state.slopes) - np.abs(true) < 1e-5).sum())
        np.testing.assert_allclose(state.slopes[state._inside], true[state._inside], atol=1e-6)
        # what a model does not work on is 0, and may be; what it works on is at hand, where it is looked for
        outside = ~state._inside
        assert not state.beta[outside].any()
        for own, places in zip(state._inside, state._places, strict=True):
            np.testing.assert_array_equal(np.sort(state.rows.columns[places]), np.flatnonzero(own))
        beyond = np.maximum(np.abs(true) - alpha * state._unit[0], 0.0) * outside
        assert (2.0 * (beyond**2).sum(axis=1) <= 1e-6 * state.value).all()
    assert 0.2 * 40 * 900 < looked < 0.95 * 40 * 900
    assert 0 < len(state._places[1]) < len(state.rows.columns)


def test_no_bit_depends_on_how_many_threads_there_are():
    problem = generate(3000, 300, 11)
    masks = np.array([np.ones(3000), np.arange(3000) % 2 == 0], dtype=bool)
    found = []
    for threads in (1, 2, 3):
        _, state = shared(problem, L1(), masks, 1e-9, threads)
        for alpha in ALPHAS:
            state.solve(alpha)
        found.append((state.beta, state.slopes, state.value))
    for other in found[1:]:
        for one, same in zip(found[0], other, strict=True):
            np.testing.assert_array_equal(one, same)


def test_one_problem_goes_on_alone():
    problem = generate(400, 20, 12)
    masks = np.array([np.ones(400), np.arange(400) % 2 == 0], dtype=bool)
    _, state = shared(problem, L1(), masks, 1e-2)
    state.solve(0.01)
    before, other = float(state.value[0]), state.beta[1].copy()
    state.goal[0] = 1e-13
    state.go_on(np.zeros(1, dtype=int))
    assert state.value[0] < before
    np.testing.assert_array_equal(state.beta[1], other)


@pytest.mark.parametrize("count", [1, 2])
def test_where_no_step_descends_there_is_an_end(monkeypatch, count):
    problem = generate(300, 20, 13)
    masks = np.array([np.ones(300), np.arange(300) % 2 == 0], dtype=bool)[:count]
    _, state = shared(problem, L1(), masks, 1e-6)
    monkeypatch.setattr(state, "_walk", lambda todo: np.full(len(todo), NOWHERE))
    state.solve(0.01)
    assert not state.done.any()
    assert not state.beta.any()


def test_what_a_step_leaves_that_was_not_looked_at_is_within_what_is_told():
    problem = generate(1500, 60, 13)
    masks = np.array([np.ones(1500), np.arange(1500) % 3 != 0, np.arange(1500) % 3 != 1], dtype=bool)
    _, state = shared(problem, L1(), masks, 1e-5)
    _, exact = shared(problem, L1(), masks, None)
    unseen = 0
    for alpha in np.geomspace(0.1, 0.005, 25):
        told = state._left.copy()
        state.solve(alpha)
        exact.solve(alpha)
        unseen += int((state._left == 2.0 * told).sum() > 0)
        assert state.done.all()
        above = (state.value - exact.value) / exact.value
        assert above.max() <= 1e-5
        assert (state.value - exact.value <= 3.0 * state.decrement + 1e-12).all()  # in a frozen metric
    assert unseen > 0
