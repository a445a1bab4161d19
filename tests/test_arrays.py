import numpy as np
import pytest
import scipy.sparse as sp

from oddsmith.arrays import check_matrix, check_vector, first_not_finite, is_sparse
from oddsmith.errors import DataError


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
