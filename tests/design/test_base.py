import numpy as np
import pytest

from oddsmith.design import Moments, make_design


def test_scales_of_ordinary_and_constant_columns():
    moments = Moments(4.0, np.array([3.0, 1e9, 0.0]), np.array([16.0, 1e-12, 0.0]))
    np.testing.assert_allclose(moments.scale(centred=True), [2.0, np.inf, np.inf])
    np.testing.assert_allclose(moments.scale(centred=False), [np.sqrt(13.0), 1e9, np.inf])


def test_numbers_too_large_to_square_are_told_from_infinities():
    with pytest.raises(ValueError, match="too large to square"):
        make_design(np.array([[1e200, 1.0], [-1e200, 2.0]])).moments(None, 1)
