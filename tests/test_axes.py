import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oddsmith.axes import Axes
from oddsmith.design import Moments
from oddsmith.errors import NumericalError

AXES = Axes(np.array([2.0, 0.0]), np.array([1.0, 4.0]), intercept=True)
FIXED = Axes(np.zeros(2), np.array([1.0, 4.0]), intercept=False)


@pytest.mark.parametrize("axes", [AXES, FIXED])
def test_eta_is_the_same_on_either_side(axes):
    rng = np.random.default_rng(0)
    X, b = rng.standard_normal((20, 2)), rng.standard_normal(2 + axes.intercept)
    Z = (X - axes.centre) / axes.scale
    raw = axes.to_raw(b)
    eta = Z @ b[-2:] + (b[0] if axes.intercept else 0.0)
    np.testing.assert_allclose(X @ raw[1:] + raw[0], eta, rtol=1e-13)
    np.testing.assert_allclose(axes.from_raw(raw), b, rtol=1e-13)
    np.testing.assert_allclose(axes.rows_to_raw(b[:, None])[:, 0], raw[not axes.intercept :], rtol=1e-13)


@given(
    st.lists(st.tuples(st.floats(-1e7, 1e7), st.floats(1e-4, 1e4), st.floats(-1e3, 1e3)), min_size=1, max_size=6),
    st.floats(-1e3, 1e3),
    st.booleans(),
)
def test_there_and_back(columns, first, intercept):
    centre, scale, coef = (np.array(part) for part in zip(*columns, strict=True))
    axes = Axes(centre if intercept else np.zeros_like(centre), scale, intercept)
    raw = np.append(first if intercept else 0.0, coef)
    noise = 1e-15 * (np.abs(raw[0]) + np.abs(axes.centre) @ np.abs(coef))
    np.testing.assert_allclose(axes.to_raw(axes.from_raw(raw)), raw, rtol=1e-14, atol=10 * noise + 1e-300)


def test_standardising():
    moments = Moments(4.0, np.array([3.0, 1.0]), np.array([16.0, 4.0]))
    free, fixed = (Axes.standardising(moments, intercept=i) for i in (True, False))
    np.testing.assert_array_equal(free.centre, [3.0, 1.0])
    np.testing.assert_array_equal(free.scale, [2.0, 1.0])
    np.testing.assert_array_equal(fixed.centre, [0.0, 0.0])
    np.testing.assert_allclose(fixed.scale, np.sqrt([13.0, 2.0]))


def test_a_constant_column_has_coefficient_zero_on_either_side():
    axes = Axes(np.array([2.0, 7.0]), np.array([4.0, np.inf]), intercept=True)
    np.testing.assert_array_equal(axes.to_raw(np.array([1.0, 8.0, 3.0])), [-3.0, 2.0, 0.0])
    np.testing.assert_array_equal(axes.from_raw(np.array([-3.0, 2.0, 5.0])), [36.0, 8.0, 0.0])
    np.testing.assert_array_equal(axes.spread, [4.0, 1.0])


def test_what_is_not_finite_is_refused():
    with pytest.raises(NumericalError, match="coefficients are not finite"):
        AXES.to_raw(np.array([np.inf, 0.0, 1.0]))


def test_columns_are_counted_from_zero_and_the_intercept_is_minus_one():
    assert AXES.touched(np.array([[0.0], [0.0], [1.0]]), 0.1) == (1,)
    # b moves with b_0 so that the raw intercept stays where it is, and without, so that it moves
    assert AXES.touched(np.array([[2.0], [1.0], [0.0]]), 0.1) == (0,)
    assert AXES.touched(np.array([[0.0], [1.0], [0.0]]), 0.1) == (-1, 0)
    assert AXES.touched(np.zeros((3, 0)), 0.1) == ()
    assert FIXED.touched(np.array([[1.0], [0.01]]), 0.1) == (0,)
