"""Some columns, copied: compiled, and in NumPy."""

import numpy as np
import pytest
import scipy.sparse as sp

from oddsmith import kernels
from oddsmith.design import make_design

RNG = np.random.default_rng(0)


@pytest.mark.usefixtures("both_kernels")
@pytest.mark.parametrize("index", [np.int32, np.int64])
@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_some_columns_of_compressed_rows(index, kind):
    X = (RNG.random((3000, 40)) * (RNG.random((3000, 40)) < 0.2)).astype(kind)
    whole = sp.csr_array(X)
    whole = sp.csr_array((whole.data, whole.indices.astype(index), whole.indptr.astype(index)), shape=X.shape)
    for columns in (np.array([7, 0, 31]), np.arange(40)[::-1], np.array([], dtype=int)):
        chosen = make_design(whole).only(columns)
        np.testing.assert_array_equal(chosen.array.toarray(), X[:, columns])
        assert chosen.array.indices.dtype == index
        assert chosen.array.has_sorted_indices


@pytest.mark.parametrize("layout", [np.asarray, np.asfortranarray, lambda X: X.astype(np.float32)])
@pytest.mark.parametrize("columns", [[], [4], [20, 3, 3, 0], list(range(37))])
def test_columns_are_copied_standardised_with_their_rows_in_an_order(layout, columns):
    X, columns = layout(RNG.standard_normal((150, 37)) * 3.0 + 1.0), np.array(columns, dtype=np.int64)
    centre, scale, taken = RNG.standard_normal(37), RNG.uniform(0.5, 2.0, 37), RNG.permutation(150)[:130]
    expected = ((X[taken].astype(float) - centre) / scale)[:, columns].T
    for kind, threads in (("compiled", 1), ("compiled", 3), ("reference", 1)):
        for z in (np.full((len(columns), 140), 7.0), None):
            single = np.full((len(columns), 140), 7.0, dtype=np.float32)
            kernels.load(kind).standardise_dense(X, columns, centre, scale, taken, z, single, 5, threads)
            np.testing.assert_array_equal(single[:, 5:135], expected.astype(np.float32))
            assert (single[:, :5] == 7.0).all() and (single[:, 135:] == 7.0).all()
            if z is not None:
                np.testing.assert_array_equal(z[:, 5:135], expected)
    for wrong, what in (((taken + 21, 5), "no such row"), ((taken, 11), "shapes")):
        single = np.empty((len(columns), 140), dtype=np.float32)
        with pytest.raises(ValueError, match=what):
            kernels.load("compiled").standardise_dense(X, columns, centre, scale, wrong[0], None, single, wrong[1], 1)
