import numpy as np
import pytest

from oddsmith import L1, L2, ElasticNet, SpecificationError


def test_value_by_hand():
    bound = ElasticNet(0.5, 0.25, np.array([1.0, 0.0, 2.0])).bound(np.ones(3), intercept=True)
    b = np.array([9.0, 1.0, 5.0, -3.0])
    assert bound.value(b) == pytest.approx(0.5 * (0.25 * (1 + 2 * 3) + 0.375 * (1 + 2 * 9)))
    assert L1(0.5).bound(np.ones(3), intercept=True).value(b) == pytest.approx(0.5 * 9)


def test_its_ends_are_ridge_and_lasso():
    b, scale = np.array([0.3, -1.0, 0.0, 2.0]), np.array([0.5, 2.0, 3.0])
    for one, other in ((ElasticNet(0.2, 0.0), L2(0.2)), (ElasticNet(0.2, 1.0), L1(0.2))):
        one, other = (penalty.bound(scale, intercept=True) for penalty in (one, other))
        assert one.smooth == other.smooth
        assert one.value(b) == pytest.approx(other.value(b), rel=1e-15)
        np.testing.assert_allclose(one.violation(b, b[::-1]), other.violation(b, b[::-1]), rtol=1e-15)


@pytest.mark.parametrize("make", [L1, ElasticNet])
@pytest.mark.parametrize("alpha", [-1.0, np.nan, np.inf, "1"])
def test_a_bad_alpha_is_refused(make, alpha):
    with pytest.raises(SpecificationError, match="alpha must be a number >= 0"):
        make(alpha)


@pytest.mark.parametrize("ratio", [-0.1, 1.1, np.nan, "half", None])
def test_a_bad_ratio_is_refused(ratio):
    with pytest.raises(SpecificationError, match="l1_ratio must be a number from 0 to 1"):
        ElasticNet(1.0, ratio)


@pytest.mark.parametrize("make", [L1, ElasticNet])
def test_bad_factors_are_refused(make):
    with pytest.raises(SpecificationError, match="factors must be numbers >= 0"):
        make(1.0, factors=[1.0, -1.0])
    with pytest.raises(SpecificationError, match="All factors are 0"):
        make(1.0, factors=[0.0, 0.0])
    with pytest.raises(SpecificationError, match="2 for 3 columns"):
        make(1.0, factors=[1.0, 1.0]).bound(np.ones(3), intercept=True)
