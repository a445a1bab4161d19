import numpy as np
import pytest
import scipy.sparse as sp

from oddsmith import (
    L2,
    ColumnWarning,
    ConvergenceWarning,
    DataError,
    SeparationWarning,
    SketchedNewton,
    SpecificationError,
    as_source,
    fit,
)
from oddsmith.errors import Status
from tests.problems import PROBLEMS, generate, newton_by_hand

PLAIN = PROBLEMS["plain"]


def test_the_answer_is_right_on_either_kernel(both_kernels, problem):
    result = fit(problem.source)
    truth, _ = newton_by_hand(problem.X, problem.y, problem.weight, problem.offset)
    np.testing.assert_allclose(result.beta[0, 1:], truth[1:], rtol=1e-11)
    assert result.beta.shape == (1, 1 + problem.X.shape[1])
    assert result.status is Status.CONVERGED


@pytest.mark.parametrize("intercept", [True, False])
def test_penalty_on_raw_and_on_standardised_columns(intercept):
    X = PLAIN.X * np.array([1, 10, 100, 0.1, 1, 1])
    scale = X.std(axis=0) if intercept else np.sqrt((X**2).mean(axis=0))
    for standardize, alpha in ((False, 0.01), (True, 0.01 * scale**2)):
        result = fit(as_source(X, PLAIN.y), penalty=L2(0.01), standardize=standardize, intercept=intercept)
        truth, _ = newton_by_hand(X, PLAIN.y, alpha=alpha, intercept=intercept)
        np.testing.assert_allclose(result.beta[0, 0 if intercept else 1 :], truth, rtol=1e-10, atol=1e-13)
    if not intercept:
        assert result.beta[0, 0] == 0.0


def test_factors_penalise_column_by_column():
    factors = np.array([0.0, 1.0, 5.0, 1.0, 0.0, 2.0])
    result = fit(PLAIN.source, penalty=L2(0.1, factors))
    truth, _ = newton_by_hand(PLAIN.X, PLAIN.y, alpha=0.1 * factors)
    np.testing.assert_allclose(result.beta[0], truth, rtol=1e-10)


def test_dense_sparse_layouts_and_dtypes_agree(both_kernels):
    X = np.round(PLAIN.X, 3) * (np.abs(PLAIN.X) > 0.5)
    reference = fit(as_source(X, PLAIN.y)).beta
    for form in (np.asfortranarray(X), sp.csr_array(X), sp.csc_matrix(X), sp.coo_array(X)):
        np.testing.assert_allclose(fit(as_source(form, PLAIN.y)).beta, reference, rtol=1e-9)
    single = X.astype(np.float32)
    np.testing.assert_allclose(
        fit(as_source(single, PLAIN.y)).beta, fit(as_source(single.astype(float), PLAIN.y)).beta, rtol=1e-12
    )


def test_any_number_of_threads_gives_the_same_bits():
    problem = generate(80_000, 12, 9, weighted=True)
    fits = [
        fit(problem.source, threads=threads, solver=SketchedNewton(most_rows=5000, newton_limit=1))
        for threads in (1, 2, 4)
    ]
    for other in fits[1:]:
        np.testing.assert_array_equal(other.beta, fits[0].beta)
        np.testing.assert_array_equal(other.hessian, fits[0].hessian)
        assert other.passes == fits[0].passes


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("order", ["C", "F"])
def test_memory_beyond_x_is_a_few_vectors_and_the_sample(dtype, order):
    import tracemalloc

    problem = generate(3000, 30, 14)
    X, y = np.asarray(np.tile(problem.X, (100, 1)), dtype, order), np.tile(problem.y, 100)
    fit(as_source(X[:5000], y[:5000]))  # imports
    tracemalloc.start()
    fit(as_source(X, y))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    vectors, sample = 6 * 8 * len(X), 3 * 20_000 * 30 * 8
    assert peak < vectors + sample < X.nbytes


def test_metamorphic_laws():
    weighted = PROBLEMS["weighted"]
    base = fit(weighted.source).beta[0]
    p = len(base) - 1
    order = np.random.default_rng(0).permutation(len(weighted.y))
    shuffled = as_source(
        weighted.X[order], weighted.y[order], sample_weight=weighted.weight[order], offset=weighted.offset[order]
    )
    np.testing.assert_allclose(fit(shuffled).beta[0], base, rtol=1e-11)
    swapped = as_source(weighted.X, 1 - weighted.y, sample_weight=weighted.weight, offset=-weighted.offset)
    np.testing.assert_allclose(fit(swapped).beta[0], -base, rtol=1e-11)
    scale, shift = np.logspace(-4, 4, p), np.linspace(-50, 50, p)
    moved = as_source(
        weighted.X * scale + shift, weighted.y, sample_weight=weighted.weight, offset=weighted.offset + 1.5
    )
    found = fit(moved).beta[0]
    np.testing.assert_allclose(found[1:] * scale, base[1:], rtol=1e-9)
    assert found[0] + shift @ found[1:] + 1.5 == pytest.approx(base[0], rel=1e-8)


def test_tol_is_relative_suboptimality_and_saves_passes():
    problem = generate(50_000, 8, 10)
    exact = fit(problem.source)
    for tol in (1e-3, 1e-6, 1e-9):
        result = fit(problem.source, tol=tol, solver=SketchedNewton(most_rows=2000, newton_limit=1))
        assert (result.value - exact.value) / exact.value <= tol
        assert result.passes < exact.passes


def test_a_warm_start_at_the_optimum_has_nothing_to_do():
    problem = PROBLEMS["scaled"]
    cold = fit(problem.source)
    warm = fit(problem.source, start=cold.beta)
    assert warm.passes <= 4  # the moments, and three looks at where it is
    np.testing.assert_allclose(warm.beta, cold.beta, rtol=1e-10)


def test_complete_separation_is_named_and_ends_quickly():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((200, 3))
    with pytest.warns(SeparationWarning, match=r"Add a penalty.*age"):
        result = fit(as_source(X, X[:, 1] > 0.3, names=["dose", "age", "time"]))
    assert result.status is Status.SEPARATED
    assert "age" in result.runaway_names
    assert result.passes < 40
    assert np.isfinite(result.beta).all()


@pytest.mark.parametrize("tol", [None, 1e-9])
def test_quasi_complete_separation_keeps_the_rest(tol):
    problem = generate(2000, 3, 12)
    level = np.zeros((2000, 1))
    level[:40] = 1.0
    y = problem.y.copy()
    y[:40] = 1
    with pytest.warns(SeparationWarning, match="x3"):
        result = fit(as_source(np.hstack([problem.X, level]), y), tol=tol)
    assert result.runaway_names == ["x3"]
    rest = fit(as_source(problem.X[40:], y[40:]))
    np.testing.assert_allclose(result.beta[0, 1:4], rest.beta[0, 1:], rtol=1e-6)


def test_separation_in_many_rows_does_not_pass_for_convergence():
    problem = generate(30_000, 3, 13)
    level = (np.arange(30_000) < 300).astype(float)[:, None]
    y = np.where(level[:, 0] == 1, 1, problem.y)
    with pytest.warns(SeparationWarning, match="x3"):
        result = fit(
            as_source(np.hstack([problem.X, level]), y), tol=1e-9, solver=SketchedNewton(most_rows=1000, newton_limit=1)
        )
    assert result.status is Status.SEPARATED


def test_a_penalty_makes_separated_data_ordinary():
    X = np.arange(20.0)[:, None]
    result = fit(as_source(X, X[:, 0] > 9), penalty=L2(1e-3), standardize=True)
    assert result.status is Status.CONVERGED
    assert result.certificate.kind == "proved"


def test_collinear_and_constant_columns_are_named():
    X = np.column_stack([PLAIN.X, PLAIN.X[:, 0] - 2 * PLAIN.X[:, 1], np.full(500, 7.0)])
    with pytest.warns(ConvergenceWarning, match="linear combinations"):
        result = fit(as_source(X, PLAIN.y), collinear="min-norm")
    assert result.status is Status.COLLINEAR
    assert result.runaway_names == ["x0", "x1", "x6", "x7"]
    eta = X @ result.beta[0, 1:] + result.beta[0, 0]
    truth = fit(PLAIN.source).beta[0]
    np.testing.assert_allclose(eta, PLAIN.X @ truth[1:] + truth[0], rtol=1e-7, atol=1e-9)


def test_more_columns_than_rows_is_told():
    rng = np.random.default_rng(0)
    with pytest.warns(SeparationWarning), pytest.warns(ColumnWarning):
        result = fit(as_source(rng.standard_normal((10, 20)), np.arange(10) % 2))
    assert not result.status.trustworthy
    assert fit(as_source(rng.standard_normal((10, 20)), np.arange(10) % 2), penalty=L2(0.1)).status.trustworthy


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"loss": "hinge"}, "loss is not known: 'hinge'"),
        ({"solver": "magic"}, "solver is not known: 'magic'.*sketched_newton"),
        ({"tol": 0.0}, "tol must be a number > 0"),
        ({"tol": float("nan")}, "tol must be a number > 0"),
        ({"max_passes": 0}, "max_passes must be an integer >= 1"),
        ({"threads": -1}, "threads must be an integer >= 1"),
        ({"tol": "tight"}, "tol must be a number > 0"),
        ({"max_passes": "100"}, "max_passes must be an integer >= 1: '100'. That is text"),
        ({"threads": 1.5}, "threads must be an integer >= 1: 1.5"),
        ({"start": np.zeros(3)}, "start must be finite, of shape"),
        ({"penalty": L2(1.0, np.ones(2))}, "factors must have one entry for each column: 2 for 6"),
    ],
)
def test_bad_arguments_are_named(options, message):
    with pytest.raises(SpecificationError, match=message):
        fit(PLAIN.source, **options)


@pytest.mark.parametrize("penalty", ["l2", 1.0])
def test_arguments_of_another_kind_are_named(penalty):
    with pytest.raises(SpecificationError, match=r"fit needs a Source: a ndarray. Make one: oddsmith.as_source"):
        fit(PLAIN.X)
    with pytest.raises(SpecificationError, match="penalty must be a Penalty"):
        fit(PLAIN.source, penalty=penalty)


def test_a_class_without_weight_is_refused():
    with pytest.raises(DataError, match="no row of class 1 has any weight"):
        fit(as_source(PLAIN.X, PLAIN.y, sample_weight=1 - PLAIN.y))
