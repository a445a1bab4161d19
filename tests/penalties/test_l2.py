import numpy as np
import pytest

from oddsmith import L2, SpecificationError


def test_value_by_hand():
    penalty = L2(0.5, np.array([1.0, 0.0, 2.0])).bound(np.ones(3), intercept=True)
    assert penalty.value(np.array([9.0, 1.0, 5.0, 3.0])) == pytest.approx(0.25 * (1 + 2 * 9))


@pytest.mark.parametrize("alpha", [-1.0, np.nan, np.inf, "1", [1.0]])
def test_a_bad_alpha_is_refused(alpha):
    with pytest.raises(SpecificationError, match="alpha must be a number >= 0"):
        L2(alpha)


@pytest.mark.parametrize("factors", [[1.0, -1.0], [np.nan, 1.0], [[1.0, 2.0]]])
def test_bad_factors_are_refused(factors):
    with pytest.raises(SpecificationError, match="factors must be numbers >= 0"):
        L2(1.0, factors)


@pytest.mark.parametrize(
    ("factors", "found"),
    [
        ([1.0, -2.0, *np.ones(400)], "-2.0 in place 1"),
        (np.ones((400, 2)), r"an array of shape \(400, 2\)"),
        ("x", "'x'"),
        ({"a": 1}, "{'a': 1}"),
        ([1.0, [2.0, 3.0]], r"\[1.0, \[2.0, 3.0\]\]"),
        ([f"x{k}" for k in range(400)], r"\['x0', 'x1', .*\.\.\.\]"),
    ],
)
def test_of_bad_factors_the_first_is_told(factors, found):
    with pytest.raises(SpecificationError, match=f"factors must be numbers >= 0, one for each column: {found}") as told:
        L2(1.0, factors)
    assert len(str(told.value)) < 200


def test_factors_of_the_wrong_length_are_refused():
    with pytest.raises(SpecificationError, match="2 for 3 columns. A category has a column for each of its levels"):
        L2(1.0, [1.0, 1.0]).bound(np.ones(3), intercept=True)
