"""Frozen Hessians of several problems: single precision, growing, corrected."""

import numpy as np
import pytest

from oddsmith import as_source, kernels
from oddsmith.losses import Logistic
from oddsmith.objective import Objective
from oddsmith.paths.shared_metrics import Metrics
from oddsmith.paths.shared_rows import SharedRows
from oddsmith.solvers.models import CURVED
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


def correct(metrics, k, step, image, change):
    kernels.correct_models([metrics.to_correct(k)], *(v[None] for v in (step, image, change)), CURVED, 1)


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
        reduced, across, mass = metrics.of(k)
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


def test_a_correction_makes_the_step_what_it_was_and_leaves_what_a_proof_needs():
    rows, h = rows_at_hand(), RNG.random(300)
    rows.take_in(np.array([1, 4]))
    metrics = Metrics(rows, h, intercept=True)
    before, frozen = metrics.of(0)[0].astype(float), metrics.whole(np.arange(4))
    step = RNG.standard_normal(4)
    root = RNG.standard_normal((4, 4))
    change = (before + 0.3 * root @ root.T) @ step  # of a Hessian with more curvature
    correct(metrics, 0, step, before @ step, change)
    after = metrics.of(0)[0]
    np.testing.assert_allclose(after @ step, change, rtol=1e-5)
    np.testing.assert_allclose(after, after.T, atol=1e-6)
    assert np.linalg.eigvalsh(after).min() > 0.0
    np.testing.assert_array_equal(metrics.whole(np.arange(4)), frozen)
    np.testing.assert_allclose(metrics.of(1)[0], Metrics(rows, h, intercept=True).of(1)[0], atol=1e-6)
    rows.take_in(np.array([5]))
    metrics.grow()
    np.testing.assert_allclose(metrics.of(0)[0][:4, :4], before, atol=1e-6)


@pytest.mark.parametrize("scale", [0.0, 0.05, -1.0])
def test_a_step_without_curvature_corrects_nothing(scale):
    metrics = Metrics(rows_at_hand(), RNG.random(300), intercept=True)
    before = metrics.of(0)[0].copy()
    step = RNG.standard_normal(2)
    correct(metrics, 0, step, before @ step, scale * (before @ step))
    np.testing.assert_array_equal(metrics.of(0)[0], before)
