import numpy as np
import pytest
import scipy.sparse as sp

from oddsmith import kernels
from tests.test_kernels import LAYOUTS


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("count", [1, 3])
def test_compiled_and_reference_are_the_matrix_product(layout, count):
    rng = np.random.default_rng(0)
    X, r = LAYOUTS[layout](rng.standard_normal((3001, 17)) + 3.0), rng.standard_normal((count, 3001))
    centre, scale = X.mean(axis=0, dtype=float), X.std(axis=0, dtype=float) + 0.1
    for kind in ("compiled", "reference"):
        out = np.ones((count, 17))
        kernels.load(kind).slopes_dense(X, centre, scale, r, out, 2)
        np.testing.assert_allclose(out, 1.0 + r @ ((X.astype(float) - centre) / scale), rtol=1e-11, atol=1e-10)


def test_threads_change_no_bit():
    rng = np.random.default_rng(1)
    X, r = rng.standard_normal((5000, 40)), rng.standard_normal((2, 5000))
    found = []
    for threads in (1, 2, 5):
        out = np.zeros((2, 40))
        kernels.load("compiled").slopes_dense(X, np.zeros(40), np.ones(40), r, out, threads)
        found.append(out)
    assert (found[0] == found[1]).all()
    assert (found[0] == found[2]).all()
    with pytest.raises(ValueError, match="out has the wrong shape"):
        kernels.load("compiled").slopes_dense(X, np.zeros(40), np.ones(40), r, np.zeros((1, 40)), 1)


@pytest.mark.parametrize("count", [1, 2, 3, 7])
@pytest.mark.parametrize("chosen", [[], [3], [5, 0, 2, 7], list(range(40))])
@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_slopes_among_some_columns(count, chosen, kind):
    rng = np.random.default_rng(count)
    z, r, columns = (
        rng.standard_normal((40, 2301)).astype(kind),
        rng.standard_normal((count, 2301)),
        np.array(chosen, int),
    )
    found = []
    for made, threads in (("compiled", 1), ("compiled", 3), ("reference", 1)):
        found.append(np.ones((count, len(chosen))))
        kernels.load(made).slopes_among(z, columns, r, found[-1], threads)
        np.testing.assert_allclose(found[-1], 1.0 + r @ z[columns].astype(float).T, rtol=1e-12, atol=1e-11)
    np.testing.assert_array_equal(found[0], found[1])
    with pytest.raises(ValueError, match="no such column"):
        kernels.load("compiled").slopes_among(z, np.array([40]), r, np.zeros((count, 1)), 1)


@pytest.mark.usefixtures("both_kernels")
@pytest.mark.parametrize("index", [np.int32, np.int64])
def test_scores_of_compressed_rows(index):
    rng = np.random.default_rng(2)
    X = rng.standard_normal((3000, 30)) * (rng.random((3000, 30)) < 0.2)
    X[100:200] = 0.0
    rows, v, centre, scale = (
        sp.csr_array(X),
        rng.standard_normal(30),
        rng.standard_normal(30),
        rng.uniform(0.5, 2.0, 30),
    )
    found = []
    for threads in (1, 3):
        found.append(np.ones(3000))
        indices, begin = rows.indices.astype(index), rows.indptr.astype(index)
        kernels.scores_sparse(rows.data, indices, begin, centre, scale, v, found[-1], threads)
    np.testing.assert_allclose(found[0], 1.0 + ((X - centre) / scale) @ v, atol=1e-12)
    np.testing.assert_array_equal(found[0], found[1])
