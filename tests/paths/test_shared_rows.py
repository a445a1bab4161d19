import numpy as np
import pytest
import scipy.sparse

from oddsmith import as_source
from oddsmith.losses import Logistic
from oddsmith.objective import Objective
from oddsmith.paths.shared_rows import Metrics, SharedRows
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
    rows.take_in(np.array([5, 1]))
    rows.take_in(np.array([0, 3]))
    at_hand = Z[:, [5, 1, 0, 3]]
    np.testing.assert_allclose(rows.scores(beta), beta @ at_hand.T, atol=1e-12)
    np.testing.assert_allclose(rows.scores(beta * [0, 1, 0, 0]), (beta * [0, 1, 0, 0]) @ at_hand.T, atol=1e-12)
    np.testing.assert_allclose(rows.slopes(r), r @ at_hand, atol=1e-11)
    np.testing.assert_allclose(rows.all_slopes(r), r @ Z, atol=1e-11)
    rows.keep(np.array([0, 2]))
    np.testing.assert_allclose(rows.slopes(r), r @ Z[:, [5, 0]], atol=1e-11)
    rows.take_in(np.array([1, 2, 3, 4, 6]))
    np.testing.assert_allclose(rows.all_slopes(r), r @ Z, atol=1e-11)
    assert rows.weights.sum(axis=1) == pytest.approx(1.0)


@pytest.mark.parametrize("intercept", [True, False])
def test_metrics_are_the_hessians_and_grow(rows, intercept):
    h = np.random.default_rng(1).random(300)
    rows.take_in(np.array([2, 0]))
    metrics = Metrics(rows, h, intercept=intercept)
    rows.take_in(np.array([6]))
    metrics.grow()
    columns = Z[:, [2, 0, 6]]
    full = np.column_stack([np.ones(300), columns]) if intercept else columns
    for k, mask in enumerate(MASKS):
        total = PROBLEM.weight[mask].sum()
        expected = (full[mask].T * h[mask]) @ full[mask] / total
        np.testing.assert_allclose(metrics.whole(k, np.array([0, 1, 2])), expected, atol=1e-12)
        reduced, across, mass = metrics.of(k)
        if intercept:
            expected = expected[1:, 1:] - np.outer(expected[0, 1:], expected[0, 1:]) / expected[0, 0]
            np.testing.assert_allclose(across * mass, (h[mask] @ columns[mask]) / total, atol=1e-12)
        np.testing.assert_allclose(reduced, expected, atol=1e-12)
