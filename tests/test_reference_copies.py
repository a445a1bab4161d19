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


def by_column(rng, shape, share):
    """Columns in compressed form whose rows are in any order, and the same dense."""
    X = rng.standard_normal(shape) * (rng.random(shape) < share)
    stored = sp.csc_array(X)
    for start, end in zip(stored.indptr, stored.indptr[1:], strict=False):
        order = start + rng.permutation(end - start)
        stored.data[start:end], stored.indices[start:end] = stored.data[order], stored.indices[order]
    return (stored.data, stored.indices.astype(np.int32), stored.indptr.astype(np.int64)), X


@pytest.mark.usefixtures("both_kernels")
@pytest.mark.parametrize("columns", [[], [4], [20, 3, 3, 0], list(range(37))])
def test_stored_columns_are_copied_standardised(columns):
    stored, X = by_column(RNG, (150, 37), 0.2)
    centre, scale, columns = RNG.standard_normal(37), RNG.uniform(0.5, 2.0, 37), np.array(columns, dtype=np.int64)
    z, single = np.full((len(columns), 150), np.nan), np.full((len(columns), 150), np.nan, dtype=np.float32)
    kernels.standardise_stored(*stored, columns, centre, scale, z, single, 2)
    np.testing.assert_array_equal(z, ((X - centre) / scale)[:, columns].T)
    np.testing.assert_array_equal(single, z.astype(np.float32))


@pytest.mark.usefixtures("both_kernels")
@pytest.mark.parametrize("sides", [1, 2, 6])
def test_stored_columns_against_several_right_hand_sides(sides):
    stored, X = by_column(RNG, (900, 60), 0.1)
    r, columns = RNG.standard_normal((900, sides)), RNG.permutation(60)[:45]
    found = []
    for threads in (1, 3):
        found.append(np.ones((sides, 45)))
        kernels.slopes_stored(*stored, columns, r, found[-1], threads)
    np.testing.assert_allclose(found[0], 1.0 + (X[:, columns].T @ r).T, atol=1e-12)
    np.testing.assert_array_equal(found[0], found[1])


def test_stored_columns_that_do_not_belong_together_are_refused():
    stored, _ = by_column(RNG, (20, 5), 0.5)
    compiled, columns = kernels.load("compiled"), np.arange(5)
    with pytest.raises(ValueError, match="no such column"):
        compiled.slopes_stored(*stored, columns + 1, np.ones((20, 1)), np.zeros((1, 5)), 1)
    with pytest.raises(ValueError, match="begin: all entries"):
        compiled.slopes_stored(*stored[:2], stored[2][:-1], columns[:4], np.ones((20, 1)), np.zeros((1, 4)), 1)
    with pytest.raises(ValueError, match="shapes"):
        compiled.slopes_stored(*stored, columns, np.ones((20, 2)), np.zeros((1, 5)), 1)
