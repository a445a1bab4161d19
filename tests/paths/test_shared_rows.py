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


def test_products_are_those_of_the_columns_at_hand(rows):
    rng = np.random.default_rng(0)
    beta, r = rng.standard_normal((3, 4)), rng.standard_normal((3, 300))
    single = 2.0**-23 * np.abs(r).max() * np.abs(Z).sum(axis=0).max()
    rows.take_in(np.array([5, 1]))
    rows.take_in(np.array([0, 3]))
    # rows that are in the same problems stand together
    order = np.lexsort((np.arange(300), *MASKS[::-1]))
    z = Z[order]
    at_hand = z[:, [5, 1, 0, 3]]
    np.testing.assert_array_equal(rows.target, PROBLEM.y[order])
    np.testing.assert_array_equal(rows.offset, PROBLEM.offset[order])
    np.testing.assert_allclose(rows.weights * rows.totals[:, None], (MASKS * PROBLEM.weight)[:, order], rtol=1e-14)
    for atom in rows.atoms:
        assert (MASKS[:, order][:, atom] == MASKS[:, order][:, atom][:, :1]).all()
    np.testing.assert_allclose(rows.scores(beta), beta @ at_hand.T, atol=1e-12)
    np.testing.assert_allclose(rows.scores(beta * [0, 1, 0, 0]), (beta * [0, 1, 0, 0]) @ at_hand.T, atol=1e-12)
    np.testing.assert_allclose(rows.slopes(r), r @ at_hand, atol=1e-11)
    np.testing.assert_allclose(rows.all_slopes(r), r @ z, atol=1e-11 if not rows.rounding.any() else single)
    rows.keep(np.array([0, 2]))
    np.testing.assert_allclose(rows.slopes(r), r @ z[:, [5, 0]], atol=1e-11)
    rows.take_in(np.array([1, 2, 3, 4, 6]))
    np.testing.assert_allclose(rows.all_slopes(r), r @ z, atol=1e-11 if not rows.rounding.any() else single)
    assert rows.weights.sum(axis=1) == pytest.approx(1.0)


def test_work_is_shared_and_an_error_is_not_lost(rows):
    assert rows.each(lambda item: item**2, range(50)) == [item**2 for item in range(50)]
    assert rows.each(lambda item: item, range(50), products=1.0) == list(range(50))
    with pytest.raises(ZeroDivisionError):
        rows.each(lambda item: 1 / (item - 49), range(50))
