import numpy as np
import pytest

from oddsmith.losses import Logistic


def test_known_values():
    value, gradient, hessian = Logistic().rows(np.zeros(2), np.array([0.0, 1.0]))
    np.testing.assert_allclose(value, np.log(2.0), rtol=1e-15)
    np.testing.assert_allclose(gradient, [0.5, -0.5], rtol=1e-15)
    np.testing.assert_allclose(hessian, 0.25, rtol=1e-15)


def test_the_sigmoid_is_symmetric_and_exact_in_both_tails():
    mean = Logistic().mean(np.array([-800.0, -40.0, 0.0, 40.0, 800.0]))
    assert mean[1] == pytest.approx(np.exp(-40.0), rel=1e-15)
    assert mean[2] == 0.5
    assert mean[4] == 1.0
    assert 0.0 <= mean[0] < 1e-300
