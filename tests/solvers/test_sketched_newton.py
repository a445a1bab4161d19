import numpy as np
import pytest

from oddsmith import L2, NoPenalty, SketchedNewton, fit
from oddsmith.errors import Status
from oddsmith.losses import Logistic
from oddsmith.objective import Objective
from oddsmith.solvers.sketched_newton import Metric
from oddsmith.sources import as_source
from tests.problems import generate

SMALL = SketchedNewton(least_rows=500, rows_per_column=20)


@pytest.mark.parametrize("penalty", [None, L2(1e-3)])
@pytest.mark.parametrize(("scales", "centre"), [((1, 1), 0), ((1e-3, 1e3), 0), ((1e-3, 1e3), 1e3)])
def test_few_passes_whatever_the_scales(penalty, scales, centre):
    """Asserted, for it is what makes the fit fast: passes over the data at 1e-9, moments included."""
    problem = generate(60_000, 20, 1, scales=scales, centre=centre)
    result = fit(problem.source, penalty=penalty, standardize=True, solver=SketchedNewton(least_rows=10_000), tol=1e-9)
    assert result.status is Status.CONVERGED
    assert "sample of" in result.trace[0].note
    assert result.passes <= 6


@pytest.mark.slow
@pytest.mark.parametrize(("rows", "columns", "penalty"), [(1_000_000, 50, L2(1e-4)), (500_000, 30, None)])
def test_the_arenas_problems_take_at_most_six_passes(rows, columns, penalty):
    problem = generate(rows, columns, 2, scales=(0.01, 100), centre=3.0)
    result = fit(problem.source, penalty=penalty, tol=1e-9)
    assert result.status is Status.CONVERGED
    assert result.passes <= 6


def test_the_sample_decides_passes_and_never_the_answer():
    problem = generate(20_000, 6, 3)
    fits = [
        fit(problem.source, solver=SketchedNewton(least_rows=rows, seed=seed)) for rows, seed in ((200, 0), (3000, 7))
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


def test_many_columns_use_a_diagonal_metric():
    problem = generate(4000, 12, 6, signal=0.5)
    result = fit(problem.source, penalty=L2(1e-2), standardize=True, solver=SketchedNewton(dense_limit=5), tol=1e-10)
    assert "diagonal metric" in result.trace[0].note
    np.testing.assert_allclose(
        result.beta, fit(problem.source, penalty=L2(1e-2), standardize=True).beta, rtol=1e-3, atol=1e-6
    )


def test_the_metric_satisfies_the_secant_equation():
    rng = np.random.default_rng(0)
    A = rng.standard_normal((5, 5))
    H = A @ A.T + np.eye(5)
    metric = Metric(np.full(5, 0.3), memory=5)
    for step in rng.standard_normal((5, 5)):
        metric.update(step, H @ step)
        np.testing.assert_allclose(metric.apply(H @ step), step, rtol=1e-10)
    before = len(metric.pairs)
    metric.update(np.ones(5), -np.ones(5))
    assert len(metric.pairs) == before


def test_a_wrong_start_costs_passes_and_no_more():
    problem = generate(30_000, 5, 8)
    objective = Objective(problem.source, Logistic())
    solution = SMALL.solve(objective, NoPenalty(), np.full(6, 50.0), tol=1e-10, max_passes=None)
    reference = fit(problem.source)
    np.testing.assert_allclose(solution.beta, reference.beta[0], rtol=1e-3)
