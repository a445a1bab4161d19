"""Problems that share passes end where each would end alone."""

import numpy as np
import pytest

import oddsmith
from oddsmith import L1, ElasticNet, as_source
from oddsmith.fitting import Problem
from oddsmith.losses import Logistic
from oddsmith.paths.shared_path import SOON, SharedPath
from oddsmith.paths.shared_rows import SharedRows
from tests.problems import generate

ALPHAS = (0.05, 0.02, 0.005)


def shared(problem, penalty, masks, tol, threads=2):
    made = Problem.of(problem.source, Logistic(), penalty, intercept=True, standardize=True, threads=threads)
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
    at_hand = np.append(0, 1 + state.rows.columns)
    np.testing.assert_allclose(state.gradient(0)[at_hand], seen.gradient[at_hand], atol=1e-12)
    # others are told away from 0, beyond what rounding may take; or, not having been looked at, what they may be
    beyond, told = np.abs(state.gradient(0)) - np.abs(seen.gradient), np.abs(state.gradient(0))
    assert (beyond > -1e-12).all()
    assert ((beyond <= 2 * state.rows.rounding[0]) | (told <= SOON * state.alpha)).all()
    assert state.passes <= 2 * len(ALPHAS) + 1
    assert len(state.rows.columns) < 600


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
    monkeypatch.setattr(state, "_search", lambda todo, *_: np.zeros(len(todo)))
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
