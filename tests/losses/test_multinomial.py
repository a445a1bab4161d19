import mpmath
import numpy as np
import pytest

from oddsmith import SpecificationError
from oddsmith.losses import Logistic, Multinomial


@pytest.mark.parametrize("scores", [[0.1, -2.0, 1.9], [40.0, -20.0, -20.0], [300.0, -299.0, -1.0], [1e-9, 0.0, -1e-9]])
@pytest.mark.parametrize("label", [0, 1, 2])
def test_every_digit_against_four_hundred(scores, label):
    loss = Multinomial(3)
    eta = np.array([scores]) @ loss.contrasts
    value, gradient, _ = loss.rows(eta, np.array([float(label)]))
    with mpmath.workdps(400):
        exact = [mpmath.mpf(float(s)) for s in (eta @ loss.contrasts.T)[0]]
        e = [mpmath.e**s for s in exact]
        cost = mpmath.log(sum(e)) - exact[label]
        q = [float(x / sum(e) - (k == label)) for k, x in enumerate(e)]
    assert value[0] == pytest.approx(float(cost), rel=1e-13, abs=1e-300)
    np.testing.assert_allclose(gradient[0], np.array(q) @ loss.contrasts, rtol=1e-12, atol=1e-16)


def test_two_of_three_classes_are_logistic():
    """With a third score far below, a binary problem is left, whose eta is the difference of the two others."""
    loss = Multinomial(3)
    difference = np.linspace(-5, 5, 11)
    scores = np.column_stack([-difference / 2, difference / 2, np.full(11, -800.0)])
    value, _, _ = loss.rows(scores @ loss.contrasts, np.ones(11))
    np.testing.assert_allclose(value, Logistic().rows(difference, np.ones(11))[0], rtol=1e-13)


def test_below_order_two_no_hessian_of_any_row_is_formed():
    import tracemalloc

    loss, rows = Multinomial(20), 2000
    eta, y = np.random.default_rng(0).standard_normal((rows, 19)), np.arange(rows) % 20.0
    peaks = []
    for order in (0, 1, 2):
        tracemalloc.start()
        hessian = loss.rows(eta, y, order)[2]
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert (hessian is None) == (order < 2)
    assert max(peaks[:2]) < 12 * eta.nbytes < eta.nbytes * 19 <= peaks[2]


def test_two_classes_are_not_its_business():
    with pytest.raises(SpecificationError, match="Use 'logistic' for two"):
        Multinomial(2)
