"""Laws of every penalty in `penalties.CATALOGUE`."""

import numpy as np
import pytest

from oddsmith import penalties

PENALTIES = list(penalties.CATALOGUE.values())
BETA = np.array([0.7, -1.3, 0.0, 2.0])
SCALE = np.array([0.1, 2.0, 30.0])

pytestmark = pytest.mark.parametrize("make", PENALTIES)


@pytest.fixture(params=[True, False])
def bound(make, request):
    scale = SCALE if request.param else np.append(SCALE, 5.0)
    return make().bound(scale, intercept=request.param)


def test_gradient_and_curvature_are_derivatives(bound):
    if not bound.smooth:
        return
    step = 1e-6
    for j in range(4):
        e = np.eye(4)[j] * step
        slope = (bound.value(BETA + e) - bound.value(BETA - e)) / (2 * step)
        assert bound.gradient(BETA)[j] == pytest.approx(slope, rel=1e-6, abs=1e-8)
        bend = (bound.gradient(BETA + e)[j] - bound.gradient(BETA - e)[j]) / (2 * step)
        assert bound.curvature(BETA)[j] == pytest.approx(bend, rel=1e-6, abs=1e-8)


def test_convex_zero_at_zero_and_never_negative(bound):
    rng = np.random.default_rng(0)
    assert bound.value(np.zeros(4)) == 0.0
    for _ in range(50):
        a, b, t = rng.standard_normal(4), rng.standard_normal(4), rng.random()
        assert bound.value(a) >= 0.0
        assert bound.value(t * a + (1 - t) * b) <= t * bound.value(a) + (1 - t) * bound.value(b) + 1e-12


def test_the_intercept_is_never_penalised(make):
    bound = make().bound(SCALE, intercept=True)
    assert bound.value(np.array([1e6, 0, 0, 0])) == 0.0
    assert bound.violation(np.array([1e6, 0, 0, 0]), np.zeros(4))[0] == 0.0


def test_bound_means_the_same_on_any_scale(make):
    coef = np.array([0.3, -2.0, 1.0])
    raw = make().bound(np.ones(3), intercept=False).value(coef)
    assert make().bound(SCALE, intercept=False).value(coef * SCALE) == pytest.approx(raw, rel=1e-14)


def test_violation_vanishes_exactly_at_the_optimum_of_a_quadratic(bound):
    """Minimise |b - c|^2 / 2 + P(b) by bisection in each coordinate; there, and not elsewhere, the violation is 0."""
    c = np.array([1.0, -2.0, 0.5, 3.0])
    for j in range(4):
        low, high = -5.0, 5.0
        for _ in range(200):
            middle = 0.5 * (low + high)
            b = np.where(np.arange(4) == j, middle, 0.0)
            slope = middle - c[j] + bound.gradient(b)[j]
            low, high = (low, middle) if slope > 0 else (middle, high)
        b = np.where(np.arange(4) == j, low, 0.0)
        assert bound.violation(b, b - c)[j] == pytest.approx(0.0, abs=1e-9)
        assert bound.violation(b + 0.1, b + 0.1 - c)[j] > 0.05
