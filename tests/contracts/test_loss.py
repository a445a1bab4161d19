"""Laws of every loss in `losses.CATALOGUE`, along random lines in eta."""

import numpy as np
import pytest

from oddsmith import SpecificationError, losses

LOSSES = [losses.Logistic(), losses.Multinomial(3), losses.Multinomial(7)]
RNG = np.random.default_rng(0)
ROWS = 400

pytestmark = [
    pytest.mark.usefixtures("both_kernels"),
    pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: f"{loss.name} of {classes(loss)}"),
]


def classes(loss):
    return 2 if loss.outputs == 1 else len(loss.contrasts)


def line(loss, spread=5.0):
    """Points, unit directions and targets."""
    shape = (ROWS, loss.outputs)
    eta, direction = RNG.standard_normal(shape) * spread, RNG.standard_normal(shape)
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    target = (np.arange(ROWS) % classes(loss)).astype(float)
    return (eta[:, 0], direction[:, 0], target) if loss.outputs == 1 else (eta, direction, target)


def dot(one, other):
    return one * other if one.ndim == 1 else np.einsum("ni,ni->n", one, other)


def curvature(h, d):
    return h * d * d if h.ndim == 1 else np.einsum("ni,nij,nj->n", d, h, d)


def test_every_loss_of_the_catalogue_is_examined(loss):
    assert {type(loss) for loss in LOSSES} == set(losses.CATALOGUE.values())
    assert losses.CATALOGUE[loss.name].of(classes(loss)) == loss
    with pytest.raises(SpecificationError, match=r"\d classes"):
        losses.CATALOGUE[loss.name].of(5 - classes(loss) if classes(loss) < 4 else 2)


def test_row_gradient_is_the_derivative_of_the_value(loss):
    eta, d, target = line(loss)
    above, below = (loss.rows(eta + side * 1e-5 * d, target)[0] for side in (1, -1))
    np.testing.assert_allclose(dot(loss.rows(eta, target)[1], d), (above - below) / 2e-5, rtol=1e-6, atol=1e-8)


def test_value_and_row_gradient_have_the_same_bits_at_any_order(loss):
    eta, _, target = line(loss)
    for order in (0, 1):
        for below, full in zip(loss.rows(eta, target, order)[:2], loss.rows(eta, target)[:2], strict=True):
            np.testing.assert_array_equal(below, full)


def test_the_conjugate_is_the_largest_gap_to_a_line(loss):
    """Fenchel: value + conjugate >= eta' r for every r, with equality at the row_gradient."""
    eta, _, target = line(loss, 2.0)
    elsewhere = line(loss, 2.0)[0]
    value, r = loss.rows(eta, target, 1)[:2]
    np.testing.assert_allclose(value + loss.conjugate(eta, target, 1.0), dot(eta, r), rtol=1e-12, atol=1e-12)
    for shrink in (0.0, 0.5, 1.0):
        above = loss.rows(elsewhere, target, 0)[0] + loss.conjugate(eta, target, shrink) - shrink * dot(elsewhere, r)
        assert (above >= -1e-12).all()


def test_scores_are_the_same_loss(loss):
    eta, _, target = line(loss)
    scores = loss.of_scores()
    s = eta if loss.outputs == 1 else eta @ loss.contrasts.T
    for one, other in ((loss, scores), (scores, scores.of_scores())):
        np.testing.assert_allclose(one.rows(eta if one is loss else s, target)[0], other.rows(s, target)[0], rtol=1e-12)
    r = scores.rows(s, target)[1]
    back = r if loss.outputs == 1 else r @ loss.contrasts
    np.testing.assert_allclose(back, loss.rows(eta, target)[1], atol=1e-13)
    shares = np.arange(1.0, 1 + classes(loss)) / np.arange(1.0, 1 + classes(loss)).sum()
    null = scores.null(shares)
    np.testing.assert_allclose(null if loss.outputs == 1 else loss.contrasts.T @ null, loss.null(shares), atol=1e-13)


def test_row_hessian_is_the_derivative_of_the_row_gradient(loss):
    eta, d, target = line(loss)
    above, below = (loss.rows(eta + side * 1e-5 * d, target)[1] for side in (1, -1))
    h = loss.rows(eta, target)[2]
    change = h * d if h.ndim == 1 else np.einsum("nij,nj->ni", h, d)
    np.testing.assert_allclose(change, (above - below) / 2e-5, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("spread", [1.0, 30.0, 1000.0])
def test_finite_convex_and_not_negative_at_any_eta(loss, spread):
    eta, d, target = line(loss, spread)
    value, gradient, hessian = loss.rows(eta, target)
    for part in (value, gradient, hessian):
        assert np.isfinite(part).all()
    assert (value >= 0).all()
    assert (curvature(hessian, d) >= -1e-16).all()


def test_curvature_lies_between_its_bounds(loss):
    eta, d, target = line(loss, 2.0)
    assert (curvature(loss.rows(eta, target)[2], d) <= loss.steepest * (1 + 1e-12)).all()
    np.testing.assert_allclose(curvature(loss.rows(0 * eta, target)[2], d), loss.flattest, rtol=1e-12)


def test_third_derivative_is_bounded_by_the_second(loss):
    """What the certificate rests on."""
    for spread in (0.5, 2.0, 8.0):
        eta, d, target = line(loss, spread)
        above, here, below = (curvature(loss.rows(eta + s * 1e-4 * d, target)[2], d) for s in (1, 0, -1))
        bound = np.sqrt(loss.concordance) * here
        assert (np.abs(above - below) / 2e-4 <= bound * (1 + 1e-5) + 1e-12).all()


def test_contrasts_are_orthonormal_and_sum_to_zero(loss):
    q = loss.contrasts
    np.testing.assert_allclose(q.T @ q, np.eye(loss.outputs), atol=1e-15)
    if loss.outputs > 1:
        np.testing.assert_allclose(q.sum(axis=0), 0.0, atol=1e-15)


@pytest.mark.parametrize("spread", [1.0, 100.0])
def test_probabilities_are_those_whose_logarithm_is_the_loss(loss, spread):
    eta, _, target = line(loss, spread)
    scores = eta if loss.outputs == 1 else eta @ loss.contrasts.T
    q = loss.probabilities(scores)
    np.testing.assert_allclose(q.sum(axis=1), 1.0, rtol=1e-14)
    own = loss.log_probabilities(scores)[np.arange(ROWS), target.astype(int)]
    np.testing.assert_allclose(loss.rows(eta, target)[0], -own, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(np.exp(loss.log_probabilities(scores)), q, rtol=1e-12, atol=1e-300)


def test_at_the_null_eta_every_class_has_its_share(loss):
    shares = np.arange(1.0, classes(loss) + 1)
    shares /= shares.sum()
    eta = loss.null(shares)
    assert eta.shape == (loss.outputs,)
    scores = eta if loss.outputs == 1 else (eta @ loss.contrasts.T)[None, :]
    np.testing.assert_allclose(loss.probabilities(scores)[0], shares, rtol=1e-13)


def test_a_nan_stays_one(loss):
    eta = np.full(1, np.nan) if loss.outputs == 1 else np.full((1, loss.outputs), np.nan)
    value, gradient, _ = loss.rows(eta, np.array([1.0]))
    assert np.isnan(value[0])
    assert np.isnan(gradient[0]).all()


def test_the_named_kernel_exists_and_agrees(loss):
    from oddsmith import kernels

    if loss.kernel is None:
        assert kernels.sweep_for(None, "dense") is None
        return
    sweep = kernels.sweep_for(loss.kernel, "dense")
    assert sweep is not None
    if loss.outputs > 1:
        _agrees_on_intercepts(loss, sweep)
        return
    eta, _, target = line(loss)
    gradient, hessian = np.zeros(2), np.zeros((2, 2))
    value, _ = sweep(
        eta[:, None], np.zeros(1), np.ones(1), target, None, None, np.array([0.0, 1.0]), gradient, hessian, 1
    )
    rows = loss.rows(eta, target)
    assert value == pytest.approx(rows[0].sum(), rel=1e-13)
    np.testing.assert_allclose(gradient, [rows[1].sum(), rows[1] @ eta], rtol=1e-12)
    np.testing.assert_allclose(hessian[1, 1], rows[2] @ eta**2, rtol=1e-12)


def _agrees_on_intercepts(loss, sweep):
    """Rows without columns, whose predictors are intercepts."""
    eta, _, target = line(loss)
    none, scores, count = np.zeros(0), loss.contrasts @ eta[0], loss.outputs * (loss.outputs + 1) // 2
    value, gradient, hessian = np.zeros(1), np.zeros((len(scores), 1)), np.zeros((count, 1, 1))
    sweep(np.zeros((ROWS, 0)), none, none, target, None, loss.contrasts, scores[:, None], value, gradient, hessian, 1)
    rows = loss.rows(np.tile(eta[0], (ROWS, 1)), target)
    assert value[0] == pytest.approx(rows[0].sum(), rel=1e-12)
    np.testing.assert_allclose(loss.contrasts.T @ gradient[:, 0], rows[1].sum(axis=0), rtol=1e-11, atol=1e-11)
    lower = np.tril_indices(loss.outputs)
    np.testing.assert_allclose(hessian[:, 0, 0], rows[2].sum(axis=0)[lower], rtol=1e-11, atol=1e-11)
