import numpy as np
import pytest

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
