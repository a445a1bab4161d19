import numpy as np
import pytest

from oddsmith.design import make_design

RNG = np.random.default_rng(0)
X = RNG.standard_normal((400, 5))


def test_no_bit_depends_on_the_layout():
    v = RNG.standard_normal(5)
    one, two = (make_design(A).matvec(v) for A in (X, np.asfortranarray(X)))
    np.testing.assert_array_equal(one, two)


def test_a_row_alone_has_the_bits_that_it_has_among_others():
    v = RNG.standard_normal((5, 2))
    together = make_design(X).dot_rows(v)
    alone = np.vstack([make_design(X[k : k + 1]).dot_rows(v) for k in range(len(X))])
    np.testing.assert_array_equal(alone, together)
    np.testing.assert_allclose(together, X @ v, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("order", ["C", "F"])
def test_rows_are_taken_by_slice_by_number_or_by_mask(order):
    x = np.asarray(RNG.standard_normal((20, 3)), order=order)
    design = make_design(x)
    numbers = np.array([3, 3, 19, 0])
    mask = np.arange(20) % 3 == 0
    for rows in (slice(2, 9), numbers, mask):
        np.testing.assert_array_equal(design.take(rows).array, x[rows])
