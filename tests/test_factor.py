import numpy as np
import pytest

from oddsmith.errors import NumericalError
from oddsmith.factor import Factor, RoughFactor


def spd(m, seed=0, spread=0.0):
    rng = np.random.default_rng(seed)
    A = rng.standard_normal((m + 5, m)) * 10.0 ** rng.uniform(-spread, spread, m)
    return A.T @ A


@pytest.mark.parametrize("spread", [0.0, 6.0])
def test_solve_half_and_inverse_agree(spread):
    H = spd(7, 1, spread)
    factor = Factor(H)
    assert factor.rank == 7
    np.testing.assert_allclose(factor.inverse @ H, np.eye(7), atol=1e-6)
    vector = np.arange(7.0) / np.sqrt(np.diag(factor.inverse))
    np.testing.assert_allclose(factor.solve(vector), factor.inverse @ vector, rtol=1e-9)
    np.testing.assert_allclose(factor.half @ factor.half.T, factor.inverse)
    assert factor.null_axes.shape == (7, 0)


def test_a_singular_matrix_reveals_its_rank_and_what_it_does_not_see():
    A = np.random.default_rng(2).standard_normal((50, 4))
    A = np.column_stack([A, A[:, 0] + A[:, 1], np.zeros(50)])
    H = A.T @ A
    factor = Factor(H)
    assert factor.rank == 4
    step = factor.solve(H @ np.array([1.0, -2.0, 3.0, 0.5, 0.0, 0.0]))
    np.testing.assert_allclose(H @ step, H @ np.array([1.0, -2.0, 3.0, 0.5, 0.0, 0.0]), rtol=1e-10, atol=1e-10)
    touched = np.abs(factor.null_axes).max(axis=1) > 1e-6
    np.testing.assert_array_equal(touched, [True, True, False, False, True, True])


def test_what_is_not_finite_is_refused():
    with pytest.raises(NumericalError, match="Hessian is not finite"):
        Factor(np.array([[1.0, np.nan], [np.nan, 1.0]]))


@pytest.mark.parametrize("least, rank, sure", [(1e-9, 3, True), (2e-14, 3, False), (1e-17, 2, True)])
def test_a_rank_that_may_be_rounding_is_not_sure(least, rank, sure):
    angle = least / 2.0
    H = np.array([[1.0, 1.0 - angle, 0.0], [1.0 - angle, 1.0, 0.0], [0.0, 0.0, 1.0]])
    factor = Factor(H)
    assert (factor.rank, factor.rank_is_sure) == (rank, sure)


def test_what_rounding_leaves_on_a_diagonal_is_not_seen():
    factor = Factor(np.diag([1.0, 1e-33, 1e-20]))
    assert factor.rank == 2
    np.testing.assert_allclose(factor.solve(np.array([1.0, 1.0, 1e-20])), [1.0, 0.0, 1.0])


def test_the_rough_factor_is_the_inverse_to_single_precision():
    half = np.random.default_rng(0).standard_normal((60, 20))
    matrix = half.T @ half / 60
    rough, inverse = RoughFactor.of(matrix.astype(np.float32)), np.linalg.inv(matrix)
    assert rough is not None
    np.testing.assert_allclose(rough.solve(np.arange(20.0)), inverse @ np.arange(20.0), rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(rough.variance, inverse.diagonal(), rtol=1e-4)
    assert RoughFactor.of(np.diag([1.0, -1.0])) is None


def test_the_error_of_a_matrix_that_was_rounded():
    hessian = np.diag([1.0, 1.0]) + 0.999 * np.array([[0.0, 1.0], [1.0, 0.0]])  # condition 2000
    factor = Factor(hessian)
    assert factor.error_in(np.float64) == factor.error
    assert 1000 * 2.0**-23 < factor.error_in(np.float32) < 4000 * 2.0**-23
