import numpy as np
import pytest
import scipy.sparse

from oddsmith import as_source
from oddsmith.losses import Logistic
from oddsmith.objective import Objective
from oddsmith.paths.shared_rows import SharedRows
from oddsmith.sources import StandardisedSource
from tests.problems import generate

PROBLEM = generate(300, 7, 3, weighted=True, centre=4.0)
CENTRE, SCALE = PROBLEM.X.mean(axis=0), PROBLEM.X.std(axis=0)
Z = (PROBLEM.X - CENTRE) / SCALE
MASKS = np.array([np.ones(300), np.arange(300) % 3 != 0, np.arange(300) < 200], dtype=bool)


@pytest.fixture(params=["dense", "sparse"])
def rows(request):
    X = PROBLEM.X if request.param == "dense" else scipy.sparse.csr_array(PROBLEM.X)
    source = as_source(X, PROBLEM.y, sample_weight=PROBLEM.weight, offset=PROBLEM.offset)
    return SharedRows(Objective(StandardisedSource(source, CENTRE, SCALE), Logistic()), MASKS, 2)


def test_columns_at_hand_and_slopes_of_all(rows):
    rng = np.random.default_rng(0)
    r = rng.standard_normal((3, 300))
    single = 2.0**-23 * np.abs(r).max() * np.abs(Z).sum(axis=0).max()
    for some in ([], [5, 1], [0, 3]):
        rows.take_in(np.array(some, dtype=np.intp))
    # rows that are in the same problems stand together
    order = np.lexsort((np.arange(300), *MASKS[::-1]))
    z = Z[order]
    np.testing.assert_array_equal(rows.target, PROBLEM.y[order])
    np.testing.assert_array_equal(rows.offset, PROBLEM.offset[order])
    np.testing.assert_allclose(rows.weights * rows.totals[:, None], (MASKS * PROBLEM.weight)[:, order], rtol=1e-14)
    for atom in rows.atoms:
        assert (MASKS[:, order][:, atom] == MASKS[:, order][:, atom][:, :1]).all()
    np.testing.assert_allclose(rows.z, z[:, [5, 1, 0, 3]].T, atol=1e-12)
    np.testing.assert_array_equal(rows.single, rows.z.astype(np.float32))
    np.testing.assert_allclose(rows.slopes(r, np.arange(7)), r @ z, atol=1e-11 if not rows.rounding.any() else single)
    np.testing.assert_allclose(rows.slopes_at_hand(r, np.array([3, 0])), r @ z[:, [3, 5]], atol=1e-11)
    np.testing.assert_array_equal(np.flatnonzero(rows.at_hand), [0, 1, 3, 5])
    rows.keep(np.array([0, 2]))
    np.testing.assert_array_equal(np.flatnonzero(rows.at_hand), [0, 5])
    np.testing.assert_allclose(rows.z, z[:, [5, 0]].T, atol=1e-12)
    rows.take_in(np.array([1, 2, 3, 4, 6]))
    np.testing.assert_allclose(rows.z, z[:, [5, 0, 1, 2, 3, 4, 6]].T, atol=1e-12)
    np.testing.assert_allclose(rows.slopes(r, np.arange(7)), r @ z, atol=1e-11 if not rows.rounding.any() else single)
    assert rows.weights.sum(axis=1) == pytest.approx(1.0)


def test_work_is_shared_and_an_error_is_not_lost(rows):
    assert rows.each(lambda item: item**2, range(50)) == [item**2 for item in range(50)]
    assert rows.each(lambda item: item, range(50), products=1.0) == list(range(50))
    with pytest.raises(ZeroDivisionError):
        rows.each(lambda item: 1 / (item - 49), range(50))
