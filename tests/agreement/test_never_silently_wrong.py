"""What adversarial review found. Each is right, or says that it is not; none is silent."""

import numpy as np
import pytest
import scipy.sparse as sp

from oddsmith import L2, GradientDescent, SketchedNewton, SpecificationError, Status, as_source, fit
from oddsmith.errors import OddsmithWarning
from tests.problems import generate, newton_by_hand

ignoring = pytest.mark.filterwarnings("ignore::oddsmith.errors.OddsmithWarning")


def gaussian(rows, columns, seed=0):
    rng = np.random.default_rng(seed)
    return rng, rng.standard_normal((rows, columns)), rng.integers(0, 2, rows)


@ignoring
@pytest.mark.parametrize("start", [[0.0, 1.0, -0.5], [0.0, 1e3, 1e3], [0.0, -1e6, 1e6]])
def test_a_start_where_every_row_is_saturated(start):
    rng, _, y = gaussian(200, 1)
    x = 1e4 + rng.standard_normal(200)
    X = np.column_stack([x, x + 0.01 * rng.standard_normal(200)])
    for intercept in (True, False):
        result = fit(as_source(X, y), intercept=intercept, start=np.array([start]))
        cold = fit(as_source(X, y), intercept=intercept)
        assert np.isfinite(result.beta).all()
        assert result.status is cold.status
        np.testing.assert_allclose(result.beta, cold.beta, rtol=1e-6)


@pytest.mark.parametrize("tol", [0.1, 1e-4, 1e-9, 1e-10, 1e-12, 1e-15, None])
@pytest.mark.parametrize("seed", range(8))
def test_quasi_separation_is_told_at_any_tolerance(tol, seed):
    rng, X, y = gaussian(300, 2, seed)
    X = np.column_stack([X, rng.random(300) < 0.05])
    y[X[:, 2] == 1] = 1
    with pytest.warns(OddsmithWarning, match="separated"):
        result = fit(as_source(X, y), tol=tol)
    assert result.status is Status.SEPARATED
    assert result.runaway_names == ["x2"]


@pytest.mark.parametrize("tol", [1e-3, 1e-4, 1e-9])
def test_quasi_separation_in_many_rows_is_told_at_any_tolerance(tol):
    rng, X, y = gaussian(80_000, 3)
    X = np.column_stack([X, rng.random(80_000) < 0.001])
    y[X[:, 3] == 1] = 1
    with pytest.warns(OddsmithWarning, match="separated"):
        assert fit(as_source(X, y), tol=tol).runaway_names == ["x3"]


def test_collinear_columns_in_many_rows_are_told_at_any_tolerance():
    _, X, y = gaussian(80_000, 3)
    with pytest.warns(OddsmithWarning, match="linear combinations"):
        found = fit(as_source(np.column_stack([X, X[:, 0] + X[:, 1]]), y), tol=1e-6)
    assert found.dropped_in_words == ["x3 = x0 + x1"]


@pytest.mark.parametrize("value", [1.0, 0.1, -7.3])
def test_a_constant_sparse_column(value):
    _, X, y = gaussian(1000, 2)
    X = np.column_stack([X, np.full(1000, value)])
    with pytest.warns(OddsmithWarning):
        sparse = fit(as_source(sp.csr_array(X), y))
    assert sparse.dropped_in_words == [f"x2 = {value:g}"]
    np.testing.assert_allclose(sparse.beta[0, :3], fit(as_source(X[:, :2], y)).beta[0], rtol=1e-9)
    assert fit(as_source(sp.csr_array(X), y), penalty=L2(0.1)).status is Status.CONVERGED


def test_many_columns_without_a_penalty_are_not_vouched_for():
    level = np.repeat(np.arange(4100), 20)
    y = np.tile([0, 1], 41_000)
    y[:20], y[20:40] = 1, 0
    X = sp.csr_array((np.ones(82_000), (np.arange(82_000), level)))
    with pytest.warns(OddsmithWarning, match="not verified"):
        result = fit(as_source(X, y), intercept=False)
    assert result.status is Status.UNVERIFIED
    assert fit(as_source(X, y), intercept=False, penalty=L2(1e-4), tol=1e-6).status is Status.CONVERGED


@ignoring
@pytest.mark.parametrize("seed", range(5))
def test_gradient_descent_does_not_outvote_its_certificate(seed):
    rng = np.random.default_rng(seed)
    z = rng.standard_normal(2000)
    X = np.column_stack([z, z + 1e-4 * rng.standard_normal(2000)])
    y = (rng.random(2000) < 1 / (1 + np.exp(-z - 0.3 * (X[:, 1] - X[:, 0]) / 1e-4))).astype(int)
    slow, exact = fit(as_source(X, y), solver=GradientDescent(), tol=1e-6), fit(as_source(X, y))
    if slow.status is Status.CONVERGED:
        assert (slow.value - exact.value) / exact.value <= 1e-6


def test_a_mean_far_above_the_spread_without_an_intercept():
    rng, _, _ = gaussian(500, 1)
    X = 1e7 + rng.standard_normal((500, 3))
    y = (X[:, 0] + rng.standard_normal(500) > 1e7).astype(int)
    result = fit(as_source(X, y), intercept=False)
    assert result.status is Status.CONVERGED
    differences = np.column_stack([X[:, 1:] - X[:, :1], X[:, 0]])  # the same space, far better conditioned
    other = fit(as_source(differences, y), intercept=False)
    turned = np.array([other.beta[0, 3] - other.beta[0, 1:3].sum(), *other.beta[0, 1:3]])
    np.testing.assert_allclose(result.beta[0, 1:], turned, rtol=1e-7)


@pytest.mark.parametrize("tol", [1e300, 1.0, 0.1, 1e-2])
def test_a_loose_tolerance_is_not_taken_for_separation(tol):
    rng, X, y = gaussian(500, 4)
    heavy = rng.standard_t(1.5, (500, 4))
    for A in (X, heavy):
        for penalty in (None, L2(0.01)):
            assert fit(as_source(A, y), tol=tol, penalty=penalty).status is Status.CONVERGED


def test_an_outlier_is_not_taken_for_separation():
    rng = np.random.default_rng(3)
    X = rng.standard_normal((80_000, 10))
    y = (rng.random(80_000) < 1 / (1 + np.exp(-X[:, 0]))).astype(int)
    X[17, 3] = 1e6
    result = fit(as_source(X, y), tol=1e-9)
    assert result.status is Status.CONVERGED


@ignoring
@pytest.mark.parametrize("size", [1e4, 1e6, 1e8, 1e10])
def test_one_wild_cell_is_not_called_separation(size):
    rng = np.random.default_rng(0)
    X = rng.standard_normal((80, 3))
    y = (rng.random(80) < 1 / (1 + np.exp(-X[:, 0]))).astype(int)
    X[4, 0], y[4] = size, 1
    assert fit(as_source(X, y)).status is not Status.SEPARATED


@pytest.mark.parametrize("shift", [-200.0, -20.0, 20.0, 200.0])
def test_a_large_constant_offset_only_moves_the_intercept(shift):
    problem = generate(2000, 3, 1)
    plain = fit(problem.source).beta[0]
    moved = fit(as_source(problem.X, problem.y, offset=np.full(2000, shift))).beta[0]
    np.testing.assert_allclose(moved[1:], plain[1:], rtol=1e-9)
    assert moved[0] + shift == pytest.approx(plain[0], rel=1e-9, abs=1e-9)


def test_an_offset_that_fits_by_itself_is_not_separation():
    problem = generate(1000, 3, 2)
    offset = 20.0 * (2 * problem.y - 1)
    result = fit(as_source(problem.X, problem.y, offset=offset))
    assert result.status is Status.CONVERGED
    assert result.certificate.kind == "proved"


def test_rows_of_weight_zero_count_for_nothing():
    problem = generate(400, 3, 3)
    truth = fit(problem.source).beta
    for place in (0, 400):
        X = np.insert(problem.X, place, 1e14, axis=0)
        y, weight = np.insert(problem.y, place, 1), np.insert(np.ones(400), place, 0.0)
        for form in (X, sp.csr_array(X), np.asfortranarray(X)):
            result = fit(as_source(form, y, sample_weight=weight))
            assert result.status is Status.CONVERGED
            np.testing.assert_allclose(result.beta, truth, rtol=1e-9)
    constant = np.column_stack([problem.X, np.full(400, 2.0)])
    X = np.insert(constant, 0, -5.0, axis=0)
    with pytest.warns(OddsmithWarning, match="constant"):
        result = fit(as_source(X, np.insert(problem.y, 0, 1), sample_weight=np.insert(np.ones(400), 0, 0.0)))
    assert result.dropped_in_words == ["x3 = 2"]


def test_a_penalty_with_a_free_column_that_separates():
    rng, X, y = gaussian(500, 2)
    X = np.column_stack([X, y == 1])
    with pytest.warns(OddsmithWarning, match="separated"):
        result = fit(as_source(X, y), penalty=L2(0.1, np.array([1.0, 1.0, 0.0])))
    assert "x2" in result.runaway_names


def test_separation_that_an_offset_hides_is_told():
    problem = generate(200, 2, 4)
    X = np.column_stack([problem.X, problem.y])
    offset = np.random.default_rng(0).standard_normal(200) * 5
    with pytest.warns(OddsmithWarning, match="separated"):
        assert fit(as_source(X, problem.y, offset=offset)).status is Status.SEPARATED


def test_a_sample_smaller_than_a_rare_class():
    y = np.zeros(500, dtype=int)
    y[[3, 400]] = 1
    X = np.random.default_rng(0).standard_normal((500, 2))
    result = fit(
        as_source(X, y), penalty=L2(0.01), solver=SketchedNewton(most_rows=5, rows_per_column=1, newton_limit=1)
    )
    np.testing.assert_allclose(result.beta, fit(as_source(X, y), penalty=L2(0.01)).beta, rtol=1e-9)


@pytest.mark.parametrize("seed", range(20))
def test_a_tolerance_that_is_met_is_proved_to_be(seed):
    problem = generate(300, 4, seed)
    for tol in (1e-2, 1e-3, 1e-6):
        result = fit(problem.source, tol=tol, solver="newton")
        assert result.status is Status.CONVERGED
        assert result.certificate.suboptimality <= tol


@pytest.mark.parametrize("settings", [{"most_rows": 0}, {"rows_per_column": 0}, {"newton_limit": 0}, {"memory": 0}])
def test_settings_without_meaning(settings):
    with pytest.raises(SpecificationError, match="must be an integer >= 1"):
        SketchedNewton(**settings)


@pytest.mark.parametrize("seed", range(30))
def test_heavy_tails_weights_and_rare_classes_at_defaults(seed):
    rng = np.random.default_rng(seed)
    X = rng.standard_t(2, (3000, 4)) * 10.0 ** rng.uniform(-6, 6, 4)
    eta = -4 + (X / np.abs(X).mean(axis=0)) @ rng.uniform(-1, 1, 4)
    y = (rng.random(3000) < 1 / (1 + np.exp(-eta))).astype(int)
    weight = 10.0 ** rng.uniform(-3, 3, 3000)
    result = fit(as_source(X, y, sample_weight=weight))
    truth, _ = newton_by_hand(X, y, weight)
    assert result.status is Status.CONVERGED
    np.testing.assert_allclose(result.beta[0, 1:], truth[1:], rtol=1e-9)
