"""Laws of every loss in `losses.CATALOGUE`."""

import numpy as np
import pytest

from oddsmith import losses

LOSSES = list(losses.CATALOGUE.values())
ETA = np.concatenate([np.linspace(-30, 30, 241), [-1000.0, 1000.0]])

pytestmark = [pytest.mark.usefixtures("both_kernels"), pytest.mark.parametrize("make", LOSSES)]


@pytest.mark.parametrize("label", [0.0, 0.3, 1.0])
def test_row_gradient_is_the_derivative_of_the_value(make, label):
    eta, step = ETA[:-2], 1e-5
    target = np.full_like(eta, label)
    above, below = (make().rows(eta + side * step, target)[0] for side in (1, -1))
    np.testing.assert_allclose(make().rows(eta, target)[1], (above - below) / (2 * step), rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("label", [0.0, 1.0])
def test_row_hessian_is_the_derivative_of_the_row_gradient(make, label):
    eta, step = ETA[:-2], 1e-5
    target = np.full_like(eta, label)
    above, below = (make().rows(eta + side * step, target)[1] for side in (1, -1))
    np.testing.assert_allclose(make().rows(eta, target)[2], (above - below) / (2 * step), rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("label", [0.0, 1.0])
def test_finite_convex_and_not_negative_at_any_eta(make, label):
    value, gradient, hessian = make().rows(ETA, np.full_like(ETA, label))
    for part in (value, gradient, hessian):
        assert np.isfinite(part).all()
    assert (value >= 0).all()
    assert (hessian >= 0).all()


def test_third_derivative_is_bounded_by_the_second(make):
    """What the certificate rests on: |f'''| <= f''."""
    eta, step = ETA[:-2], 1e-4
    zero = np.zeros_like(eta)
    above, here, below = (make().rows(eta + side * step, zero)[2] for side in (1, 0, -1))
    assert (np.abs(above - below) / (2 * step) <= here * (1 + 1e-6)).all()


def test_the_mean_is_where_the_gradient_vanishes_and_inverts_the_link(make):
    mean = make().mean(ETA)
    assert ((mean >= 0) & (mean <= 1)).all()
    np.testing.assert_allclose(mean + make().complement(ETA), 1.0, rtol=1e-15)
    assert (make().complement(ETA[:-2]) > 0).all()
    inside = np.abs(ETA) < 30
    np.testing.assert_allclose(make().rows(ETA, mean)[1][inside], 0.0, atol=1e-15)
    for m in (1e-12, 0.2, 0.5, 0.9):
        assert make().mean(np.array([make().link(m)]))[0] == pytest.approx(m, rel=1e-14)
    assert make().link(0.0) == -np.inf
    assert make().link(1.0) == np.inf


def test_a_nan_stays_one(make):
    value, gradient, _ = make().rows(np.array([np.nan]), np.array([1.0]))
    assert np.isnan(value[0])
    assert np.isnan(gradient[0])


def test_the_named_kernel_exists_and_agrees(make):
    from oddsmith import kernels

    loss = make()
    if loss.kernel is None:
        assert kernels.sweep_for(None, "dense") is None
        return
    sweep = kernels.sweep_for(loss.kernel, "dense")
    assert sweep is not None
    eta, target = ETA[:200], (np.arange(200) % 2).astype(float)
    gradient, hessian = np.zeros(2), np.zeros((2, 2))
    value, _ = sweep(
        eta[:, None], np.zeros(1), np.ones(1), target, None, None, np.array([0.0, 1.0]), gradient, hessian, 1
    )
    rows = loss.rows(eta, target)
    assert value == pytest.approx(rows[0].sum(), rel=1e-14)
    np.testing.assert_allclose(gradient, [rows[1].sum(), rows[1] @ eta], rtol=1e-12)
    np.testing.assert_allclose(hessian[1, 1], rows[2] @ eta**2, rtol=1e-12)
