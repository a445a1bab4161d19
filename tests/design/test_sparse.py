import numpy as np
import scipy.sparse as sp

from oddsmith.design import make_design

RNG = np.random.default_rng(0)
X = RNG.standard_normal((300, 6)) * (RNG.random((300, 6)) < 0.3)


def test_the_verbs_are_those_of_the_dense_matrix():
    centre, scale = RNG.standard_normal(6), RNG.uniform(0.5, 2.0, 6)
    one, two = (make_design(A).standardised(centre, scale) for A in (sp.csr_array(X), X))
    v, r, h = RNG.standard_normal((6, 2)), RNG.standard_normal((300, 2)), RNG.random(300)
    np.testing.assert_allclose(one.matvec(v), two.matvec(v), atol=1e-12)
    np.testing.assert_allclose(one.rmatvec(r), two.rmatvec(r), atol=1e-11)
    np.testing.assert_allclose(one.gram(h), two.gram(h), atol=1e-11)


def test_the_matrix_is_neither_copied_nor_changed():
    matrix = sp.csr_array(X)
    before = matrix.data.copy()
    view = make_design(matrix).standardised(np.ones(6), np.full(6, 2.0))
    view.moments(None)
    assert view.array is matrix
    np.testing.assert_array_equal(matrix.data, before)
