import numpy as np
import pytest
import scipy.sparse as sp

from oddsmith.arrays import check_integer, check_matrix, check_positive, check_vector, first_not_finite, is_sparse
from oddsmith.errors import DataError, SpecificationError


@pytest.mark.parametrize("order", ["C", "F"])
def test_what_can_be_used_is_returned_itself(order):
    X = np.zeros((4, 3), order=order)
    assert check_matrix(X) is X


def test_sparse_becomes_csr_of_floats():
    for form in (sp.coo_array, sp.csc_matrix, sp.lil_array):
        checked = check_matrix(form(np.eye(3, dtype=int)))
        assert checked.format == "csr"
        assert checked.dtype == np.float64
    assert is_sparse(sp.csr_array(np.eye(3)))
    assert not is_sparse(np.eye(3))


def test_a_scalar_stands_for_every_row():
    np.testing.assert_array_equal(check_vector(2, 3, "offset"), [2.0, 2.0, 2.0])


def test_the_first_that_is_not_finite():
    X = np.zeros((20_000, 2))
    assert first_not_finite(X) is None
    X[15_000, 1] = np.inf
    X[18_000, 0] = np.nan
    assert first_not_finite(X) == (15_000, 1)
    assert first_not_finite(sp.csr_array(X)) == (15_000, 1)


def test_text_in_an_object_array_is_found_by_place():
    X = np.array([[1, 2], [3, "four"]], dtype=object)
    with pytest.raises(DataError, match="'four' in row 1, column 1"):
        check_matrix(X)


@pytest.mark.parametrize("value", [1, 100, np.int32(7), np.int64(10**12)])
def test_integers(value):
    check_integer(value, "max_iter")


@pytest.mark.parametrize("value", ["100", "ten", 0, -3, 2.5, 100.0, None, True, np.array([1, 2]), [100]])
def test_what_is_no_integer_is_named_and_shown(value):
    with pytest.raises(SpecificationError) as caught:
        check_integer(value, "max_iter", "Advice.")
    assert str(caught.value).startswith(f"max_iter must be an integer >= 1: {value!r}. ")
    assert caught.value.advice == ("That is text: leave out the quotes." if isinstance(value, str) else "Advice.")


@pytest.mark.parametrize("value", [1, 1e-300, np.float32(0.5), np.int8(3)])
def test_positive_numbers(value):
    check_positive(value, "tol")


@pytest.mark.parametrize("value", ["1e-4", 0, -1.0, np.nan, np.inf, None, True, 1j, np.array([1.0, 2.0])])
def test_what_is_no_positive_number_is_named_and_shown(value):
    with pytest.raises(SpecificationError) as caught:
        check_positive(value, "tol", "Advice.")
    assert str(caught.value).startswith(f"tol must be a number > 0: {value!r}. ")


def test_infinity_is_a_number_where_it_may_be():
    check_positive(np.inf, "C", finite=False)
    for value in ("inf", np.nan, -np.inf):
        with pytest.raises(SpecificationError):
            check_positive(value, "C", finite=False)
