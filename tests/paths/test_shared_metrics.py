"""Frozen Hessians of several problems: single precision, growing, corrected."""

import numpy as np
import pytest

from oddsmith import as_source
from oddsmith.losses import Logistic
from oddsmith.objective import Objective
from oddsmith.paths.shared_metrics import Metrics
from oddsmith.paths.shared_rows import SharedRows
from oddsmith.sources import StandardisedSource
from tests.problems import generate

PROBLEM = generate(300, 7, 3, weighted=True, centre=4.0)
CENTRE, SCALE = PROBLEM.X.mean(axis=0), PROBLEM.X.std(axis=0)
MASKS = np.array([np.ones(300), np.arange(300) % 3 != 0, np.arange(300) < 200], dtype=bool)
RNG = np.random.default_rng(0)


def rows_at_hand():
    source = as_source(PROBLEM.X, PROBLEM.y, sample_weight=PROBLEM.weight)
    rows = SharedRows(Objective(StandardisedSource(source, CENTRE, SCALE), Logistic()), MASKS, 2)
    rows.take_in(np.array([2, 0]))
    return rows


def correct(metrics, k, places, by):
    """What steps do: a model is changed where it is."""
    metrics.model(k, places)[:] += by


@pytest.mark.parametrize("intercept", [True, False])
def test_they_are_the_hessians_and_grow(intercept):
    rows, h = rows_at_hand(), RNG.random(300)
    metrics = Metrics(rows, h, intercept=intercept)
    rows.take_in(np.array([6]))
    metrics.grow()
    for k in range(len(MASKS)):
        weight = rows.weights[k] > 0.0
        full = np.vstack([np.ones(300), rows.z]) if intercept else rows.z
        expected = (full * (h * weight)) @ full.T / rows.totals[k]
        if k == 0:
            np.testing.assert_allclose(metrics.whole(np.array([0, 1, 2])), expected, atol=1e-6)
        (across, mass), reduced = metrics.eliminated(k), metrics.model(k, np.arange(3))
        if intercept:
            np.testing.assert_allclose(across * mass, expected[0, 1:], atol=1e-12)
            expected = expected[1:, 1:] - np.outer(expected[0, 1:], expected[0, 1:]) / expected[0, 0]
        np.testing.assert_allclose(reduced, expected, atol=1e-6)


def test_what_single_precision_may_cost_is_told():
    rows, h = rows_at_hand(), RNG.random(300)
    metrics = Metrics(rows, h, intercept=True)
    rows.take_in(np.array([1, 3, 4, 5, 6]))
    metrics.grow()
    full = np.vstack([np.ones(300), rows.z])
    exact = (full * h) @ full.T / rows.totals[0]
    unit = np.sqrt(np.outer(np.diagonal(exact), np.diagonal(exact)))
    assert np.abs((metrics.whole(np.arange(7)) - exact) / unit).max() <= metrics.error < 1e-5


def test_a_correction_stays_while_the_columns_do_and_leaves_what_a_proof_needs():
    rows, h = rows_at_hand(), RNG.random(300)
    rows.take_in(np.array([1, 4]))
    metrics, every = Metrics(rows, h, intercept=True), np.arange(4)
    before, frozen = metrics.model(0, every).astype(float), metrics.whole(every)
    correct(metrics, 0, every, 0.5)
    after = metrics.model(0, every)
    np.testing.assert_allclose(after, before + 0.5, atol=1e-6)
    np.testing.assert_array_equal(metrics.whole(every), frozen)
    fresh = Metrics(rows, h, intercept=True)
    np.testing.assert_allclose(metrics.model(1, every), fresh.model(1, every), atol=1e-6)
    # who works on the same columns keeps what was learned, though others have come to hand; who does not begins anew
    rows.take_in(np.array([5]))
    metrics.grow()
    assert metrics.model(0, every) is after
    np.testing.assert_allclose(
        metrics.model(0, np.array([0, 2, 3, 4]))[:3, :3], before[[0, 2, 3]][:, [0, 2, 3]], atol=1e-6
    )


def test_memory_is_used_again():
    rows, every = rows_at_hand(), np.arange(2)
    first = Metrics(rows, RNG.random(300), intercept=True)
    memory, h = first.model(1, every), RNG.random(300)
    fresh, again = Metrics(rows, h, intercept=True), Metrics(rows, h, intercept=True, old=first)
    np.testing.assert_array_equal(again.whole(every), fresh.whole(every))
    np.testing.assert_array_equal(again.model(1, every), fresh.model(1, every))
    assert np.shares_memory(again.model(1, every), memory)
