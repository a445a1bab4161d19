import mpmath
import numpy as np
import pytest

from oddsmith.extended import Extended

mpmath.mp.dps = 60


def numbers(seed=0, rows=300, lowest=-30.0, highest=30.0):
    rng = np.random.default_rng(seed)
    hi = rng.choice([-1.0, 1.0], rows) * 10.0 ** rng.uniform(lowest, highest, rows)
    return Extended(hi, hi * rng.uniform(-1e-16, 1e-16, rows)).normalised()


def exact(number):
    return [mpmath.mpf(float(hi)) + mpmath.mpf(float(lo)) for hi, lo in zip(number.hi, number.lo, strict=True)]


def worst(found, truth):
    """The largest relative error."""
    return max(abs(one / two - 1) if two else abs(one) for one, two in zip(exact(found), truth, strict=True))


def test_arithmetic_has_32_digits():
    one, two = numbers(1), numbers(2)
    a, b = exact(one), exact(two)
    assert worst(one * two, [x * y for x, y in zip(a, b, strict=True)]) < 1e-31
    assert worst(one / two, [x / y for x, y in zip(a, b, strict=True)]) < 1e-31
    assert worst(one + two, [x + y for x, y in zip(a, b, strict=True)]) < 1e-31
    assert worst(one - two, [x - y for x, y in zip(a, b, strict=True)]) < 1e-31
    assert worst(2.5 - one * two.hi, [2.5 - x * float(y) for x, y in zip(a, two.hi, strict=True)]) < 1e-31
    assert worst(one + one * -1.0, [mpmath.mpf(0)] * len(a)) == 0


def test_a_sum_that_cancels_keeps_its_digits():
    one = numbers(3, 1001, 0.0, 8.0)
    both = Extended.joined(one, -one[1:])
    found = both.sum()
    assert abs(mpmath.mpf(float(found.hi)) + mpmath.mpf(float(found.lo)) - exact(one)[0]) < 1e-20
    assert Extended.of(np.zeros((0, 3))).sum().value.tolist() == [0.0, 0.0, 0.0]


def test_exp_has_22_digits():
    x = -abs(numbers(4, 500, -20.0, 2.8).value)
    argument = Extended(x, x * 1e-17)
    assert worst(argument.exp(), [mpmath.exp(value) for value in exact(argument)]) < 1e-22
    assert Extended.of([0.0, -1e4]).exp().value == pytest.approx([1.0, np.exp(-708.0)], rel=1e-15)


def test_what_is_divided_by_infinity_is_0():
    found = Extended.of([3.0, -2.0]).over(np.array([np.inf, 4.0]))
    assert found.value.tolist() == [0.0, -0.5]


def test_rows_and_columns_of_numbers():
    one = numbers(5, 12).reshape(3, 4)
    np.testing.assert_array_equal(one.T.hi, one.hi.T)
    np.testing.assert_array_equal(one[1:].lo, one.lo[1:])
    np.testing.assert_array_equal(one.sum(axis=1).hi, one.T.sum().hi)
    np.testing.assert_array_equal(one.where(one.hi > 0, -one).value, abs(one.value))
