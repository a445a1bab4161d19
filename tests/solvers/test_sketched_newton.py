import tracemalloc

import numpy as np
import pytest
import scipy.sparse as sp

from oddsmith import L2, NoPenalty, SketchedNewton, fit
from oddsmith.errors import Status
from oddsmith.losses import Logistic
from oddsmith.objective import Objective
from oddsmith.sources import as_source
from tests.problems import generate

SMALL = SketchedNewton(most_rows=500, rows_per_column=20, newton_limit=1)


@pytest.mark.parametrize("penalty", [None, L2(1e-3)])
@pytest.mark.parametrize(("scales", "centre"), [((1, 1), 0), ((1e-3, 1e3), 0), ((1e-3, 1e3), 1e3)])
def test_few_passes_whatever_the_scales(penalty, scales, centre):
    """Asserted, for it is what makes the fit fast: passes over the data at 1e-9, moments included."""
    problem = generate(60_000, 20, 1, scales=scales, centre=centre)
    result = fit(
        problem.source,
        penalty=penalty,
        standardize=True,
        solver=SketchedNewton(most_rows=10_000, newton_limit=1),
        tol=1e-9,
    )
    assert result.status is Status.CONVERGED
    assert "sample of" in result.trace[0].note
    assert result.passes <= 6


@pytest.mark.slow
@pytest.mark.parametrize(
    ("rows", "columns", "penalty"), [(1_000_000, 50, L2(1e-4)), (100_000, 300, L2(1e-4)), (500_000, 30, None)]
)
def test_the_arenas_problems_take_at_most_six_passes(rows, columns, penalty):
    problem = generate(rows, columns, 2, scales=(0.01, 100), centre=3.0)
    result = fit(problem.source, penalty=penalty, tol=1e-9)
    assert result.status is Status.CONVERGED
    assert result.passes <= 6


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("tol", [1e-4, 1e-6, 1e-9])
def test_what_a_step_that_no_pass_looked_at_leaves_is_told(seed, tol):
    problem = generate(12_000, 3 + 2 * seed, seed, scales=(0.1, 10), centre=1.0)
    penalty = L2(10.0 ** -(seed % 5))
    result = fit(problem.source, penalty=penalty, standardize=True, solver=SketchedNewton(newton_limit=1), tol=tol)
    exact = fit(problem.source, penalty=penalty, standardize=True, solver="newton")
    scored = result.beta[0, 0] + problem.X @ result.beta[0, 1:]
    value = np.mean(np.logaddexp(0, scored) - problem.y * scored) + result.cost
    assert result.status is Status.CONVERGED
    assert value - exact.value <= 0.6 * tol * value
    told = result.certificate.suboptimality
    assert value - exact.value <= (3.0 * told + 1e-14) * value
    assert abs(result.value - value) <= (3.0 * told + 1e-14) * value
    assert told <= tol


def test_the_sample_decides_passes_and_never_the_answer():
    problem = generate(20_000, 6, 3)
    fits = [
        fit(problem.source, solver=SketchedNewton(most_rows=rows, seed=seed, newton_limit=1))
        for rows, seed in ((200, 0), (3000, 7))
    ]
    np.testing.assert_allclose(fits[0].beta, fits[1].beta, rtol=1e-11)
    for result in fits:
        assert result.certificate.kind == "proved"


def test_a_level_that_the_sample_missed():
    """A column that is 1 in a handful of rows of 30 000: the sample never sees it."""
    problem = generate(30_000, 3, 4)
    rare = np.zeros((30_000, 1))
    rare[[7, 1000, 2000, 9000, 15_000, 29_000]] = 1.0
    problem.y[[7, 1000, 2000, 9000]] = [0, 1, 1, 0]
    X = np.hstack([problem.X, rare])
    result = fit(as_source(X, problem.y), solver=SMALL, tol=1e-10)
    exact = fit(as_source(X, problem.y), solver="newton")
    assert result.status is Status.CONVERGED
    assert result.passes <= 20
    np.testing.assert_allclose(result.beta, exact.beta, rtol=1e-3)


def test_rare_positives():
    problem = generate(40_000, 4, 5, base=-9.0, signal=1.5)
    assert 5 <= problem.y.sum() <= 100
    result = fit(problem.source, penalty=L2(1e-6), standardize=True, solver=SMALL, tol=1e-9)
    assert result.status is Status.CONVERGED
    assert result.passes <= 25


def test_a_misleading_sample_is_left_for_the_null_model():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((5000, 3))
    X[:20] *= 1e4  # outliers that a sample of 500 hardly sees
    y = (rng.random(5000) < 0.5).astype(int)
    result = fit(as_source(X, y), solver=SMALL)
    assert result.status is Status.CONVERGED
    assert result.certificate.kind == "proved"


def test_a_bad_metric_gives_way_to_exact_newton():
    """Nearly collinear columns: the sample's ridge hides the weak direction, and L-BFGS would crawl."""
    rng = np.random.default_rng(1)
    base = rng.standard_normal((20_000, 4))
    X = np.hstack([base, base[:, :1] + 1e-4 * rng.standard_normal((20_000, 1))])
    y = (rng.random(20_000) < 1 / (1 + np.exp(-base @ [1.0, -1, 0.5, 0] - 3e4 * 1e-4 * (X[:, 4] - X[:, 0])))).astype(
        int
    )
    result = fit(as_source(X, y), solver=SMALL)
    assert result.status is Status.CONVERGED
    assert result.certificate.kind == "proved"
    np.testing.assert_allclose(result.beta, fit(as_source(X, y), solver="newton").beta, rtol=1e-7)


@pytest.mark.parametrize("closeness", [1e-2, 1e-3, 1e-4])
def test_an_estimate_is_not_fooled_by_weak_directions(closeness):
    """Two columns nearly the same: the ridge of the sample must not pass for curvature along their difference."""
    rng = np.random.default_rng(2)
    base = rng.standard_normal((30_000, 2))
    X = np.column_stack([base, base[:, 0] + closeness * rng.standard_normal(30_000)])
    y = (rng.random(30_000) < 1 / (1 + np.exp(-base[:, 0] - (X[:, 2] - X[:, 0]) / closeness))).astype(int)
    source, penalty = as_source(X, y), L2(1e-12)
    exact = fit(source, penalty=penalty)
    for tol in (1e-4, 1e-6, 1e-9):
        rough = fit(source, penalty=penalty, tol=tol, solver=SMALL)
        assert (rough.value - exact.value) / exact.value <= 2 * tol


def power_law(rows, columns, *, per_row=40, positives=0.4, seed=0):
    """Sparse 0-1 rows whose columns have frequencies like words, and a target that all of them bear on."""
    rng = np.random.default_rng(seed)
    frequency = np.cumsum(1.0 / np.arange(1, columns + 1))
    count = rng.poisson(per_row, rows)
    column = rng.permutation(columns)[np.searchsorted(frequency / frequency[-1], rng.random(count.sum()))]
    X = sp.csr_array((np.ones(len(column)), (np.repeat(np.arange(rows), count), column)), shape=(rows, columns))
    X.data[:] = 1.0
    eta = X @ rng.standard_normal(columns)
    noisy = 2.0 * eta / eta.std() + rng.logistic(size=rows)
    return X, (noisy > np.quantile(noisy, 1.0 - positives)).astype(int)


@pytest.mark.slow
@pytest.mark.parametrize("standardize", [False, True])
def test_wide_sparse_rows_take_few_passes(standardize):
    """And the estimate of the distance to the optimum, by which it stops, is about right."""
    X, y = power_law(50_000, 20_000)
    source, penalty = as_source(X, y), L2(1e-2 if standardize else 1.0 / 50_000)
    result = fit(source, penalty=penalty, tol=1e-9, standardize=standardize)
    assert result.status is Status.CONVERGED
    assert "block of 501 and diagonal" in result.trace[0].note
    assert result.passes <= (40 if standardize else 25)  # standardised, rare columns are hardly penalised
    best = fit(source, penalty=penalty, tol=1e-14, standardize=standardize)
    assert result.certificate.kind == "estimated"
    left = (result.value - best.value) / best.value
    assert left <= 1e-9
    assert left <= 3 * result.certificate.suboptimality


def test_five_positives_among_sparse_rows():
    X, y = power_law(200_000, 6_000, per_row=8, positives=2.5e-5, seed=1)
    assert y.sum() == 5
    source = as_source(X, y)
    sample = source.sample(20_000, 0)
    assert sample.target.sum() == 5
    assert sample.weight.sum() == pytest.approx(200_000)
    for tol in (1e-9, None):
        result = fit(source, penalty=L2(5e-6), tol=tol)
        assert result.status is Status.CONVERGED
        assert result.passes <= 40


def test_many_correlated_columns_among_sparse_ones():
    """Dense columns that nearly agree, which no diagonal could tell apart, beside rare ones."""
    X, _ = power_law(30_000, 6_000, per_row=10, seed=2)
    rng = np.random.default_rng(3)
    dense = rng.standard_normal((30_000, 3)) @ rng.standard_normal((3, 12)) + 0.1 * rng.standard_normal((30_000, 12))
    X = sp.csr_array(sp.hstack([X, dense + 3.0]))
    eta = X @ np.concatenate([rng.standard_normal(6_000), rng.standard_normal(12)]) / 3
    y = (eta - eta.mean() + rng.logistic(size=30_000) > 0).astype(int)
    assert fit(as_source(X, y), penalty=L2(1e-5), tol=1e-9).passes <= 35


@pytest.mark.slow
def test_a_square_matrix_is_formed_where_a_proof_is_wanted():
    X, y = power_law(4_000, 1_100, per_row=10, seed=4)
    source = as_source(X, y)
    quick, proved = (fit(source, penalty=L2(1e-4), tol=tol) for tol in (1e-10, None))
    assert "block" in quick.trace[0].note
    assert proved.certificate.kind == "proved"
    assert abs(quick.value - proved.value) <= 1e-9 * proved.value


def test_blocks_that_do_not_do_are_formed_anew_and_then_given_up(monkeypatch):
    monkeypatch.setattr("oddsmith.solvers.sketches.WIDE_PATIENCE", 1)
    X, y = power_law(2_000, 500, per_row=20, seed=5)
    source, penalty = as_source(X, y), L2(1e-5)
    result = fit(
        source, penalty=penalty, tol=1e-9, solver=SketchedNewton(dense_limit=100, most_rows=300, newton_limit=1)
    )
    notes = [step.note for step in result.trace if step.note]
    assert "block and diagonal on the whole data" in notes
    assert "slow: Newton steps by conjugate gradients on the whole data" in notes
    assert result.status is Status.CONVERGED
    exact = fit(source, penalty=penalty, solver="newton")
    assert result.value - exact.value <= 1e-9 * exact.value


def test_nothing_as_large_as_a_dense_table_is_allocated():
    X, y = power_law(20_000, 20_000, seed=6)
    source = as_source(X, y)
    tracemalloc.start()
    fit(source, penalty=L2(1e-3), tol=1e-9)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 0.05 * 8 * X.shape[0] * X.shape[1]  # of the table; here its 500 x 500 blocks are most of it


def test_a_wrong_start_costs_passes_and_no_more():
    problem = generate(30_000, 5, 8)
    objective = Objective(problem.source, Logistic())
    solution = SMALL.solve(objective, NoPenalty(), np.full(6, 50.0), tol=1e-10, max_passes=None)
    reference = fit(problem.source)
    np.testing.assert_allclose(solution.beta, reference.beta[0], rtol=1e-3)
