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
    step = 1e-6
    for j in np.flatnonzero(BETA):
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


def test_prox_minimises_and_the_violation_vanishes_exactly_there(bound):
    """Of |b - c|^2 / 2 + P(b), whose gradient but for P is b - c."""
    rng = np.random.default_rng(1)
    for c in 3.0 * rng.standard_normal((20, 4)):
        b = bound.prox(c, 1.0)
        least = 0.5 * ((b - c) ** 2).sum() + bound.value(b)
        for other in b + rng.standard_normal((50, 4)) * 10.0 ** rng.uniform(-4, 1, (50, 1)):
            assert 0.5 * ((other - c) ** 2).sum() + bound.value(other) >= least - 1e-12
        np.testing.assert_allclose(bound.violation(b, b - c), 0.0, atol=1e-12)
        for j in range(4):
            moved = b + 0.1 * np.eye(4)[j]
            assert bound.violation(moved, moved - c)[j] > 0.05


def test_a_step_of_the_prox_is_still_exactly_where_nothing_is_violated(bound):
    rng = np.random.default_rng(2)
    for b in rng.standard_normal((20, 4)) * (rng.random((20, 4)) < 0.5):
        gradient = rng.standard_normal(4) - bound.gradient(b)
        still = np.isclose(bound.prox(b - 0.3 * gradient, 0.3), b, rtol=0, atol=1e-14)
        np.testing.assert_array_equal(still, bound.violation(b, gradient) <= 1e-13)


def test_the_dual_is_the_conjugate(bound):
    rng = np.random.default_rng(3)
    for b in rng.standard_normal((20, 4)):
        u = bound.gradient(b)
        assert bound.value(b) + bound.dual(u) == pytest.approx(u @ b, rel=1e-12)  # Fenchel's equality
        for other in rng.standard_normal((20, 4)):
            assert bound.value(other) + bound.dual(u) >= u @ other - 1e-12


def test_what_nothing_holds_has_no_dual(make):
    bound = make().bound(SCALE, intercept=True)
    assert bound.dual(np.array([1e-3, 0.0, 0.0, 0.0])) == np.inf


def test_smooth_is_where_no_threshold_is(bound):
    assert bound.smooth == (not bound.thresholds(BETA).any())
