"""Coordinate descent on a quadratic, compiled and in NumPy."""

import numpy as np
import pytest

from oddsmith import kernels

rng = np.random.default_rng(0)
A = rng.standard_normal((30, 8))
HESSIAN = A.T @ A / 30
THRESHOLDS, CURVATURE = rng.uniform(0, 1.0, 8), rng.uniform(0, 0.1, 8)
START, SLOPE = rng.standard_normal(8) * (rng.random(8) < 0.5), rng.standard_normal(8)


def descend(hessian=HESSIAN, target=1e-14, limit=1000):
    gradient, step = SLOPE.copy(), np.zeros(8)
    sweeps = kernels.descend(hessian, THRESHOLDS, CURVATURE, START, target, limit, gradient, step)
    return sweeps, gradient, step


@pytest.mark.usefixtures("both_kernels")
def test_it_ends_at_the_minimum_and_carries_the_gradient():
    sweeps, gradient, step = descend()
    np.testing.assert_allclose(gradient, SLOPE + HESSIAN @ step, atol=1e-13)
    b = START + step
    slope = gradient + CURVATURE * b
    assert 1 < sweeps < 1000
    assert (b == 0.0).any()
    np.testing.assert_allclose(slope[b != 0], -THRESHOLDS[b != 0] * np.sign(b[b != 0]), atol=1e-13)
    assert (np.abs(slope[b == 0]) <= THRESHOLDS[b == 0]).all()


def test_both_kinds_of_kernels_make_the_same_steps():
    found = []
    for name in ("compiled", "reference"):
        with kernels.using(name):
            found.append([descend(limit=limit) for limit in (1, 2, 3, 20)])
    for one, other in zip(*found, strict=True):
        assert one[0] == other[0]
        np.testing.assert_allclose(one[1], other[1], rtol=1e-12, atol=1e-13)
        np.testing.assert_allclose(one[2], other[2], rtol=1e-12, atol=1e-13)


@pytest.mark.usefixtures("both_kernels")
def test_without_curvature_nothing_moves():
    bare = np.zeros((8, 8))
    gradient, step = SLOPE.copy(), np.zeros(8)
    kernels.descend(bare, THRESHOLDS, np.zeros(8), START, 0.0, 5, gradient, step)
    assert not step.any()


def test_wrong_shapes_are_refused():
    with pytest.raises(ValueError, match="hessian must be square"):
        kernels.descend(HESSIAN[:5], THRESHOLDS, CURVATURE, START, 0.0, 1, SLOPE.copy(), np.zeros(8))
    with pytest.raises(ValueError, match="one entry a coefficient"):
        kernels.descend(HESSIAN, THRESHOLDS[:5], CURVATURE, START, 0.0, 1, SLOPE.copy(), np.zeros(8))
