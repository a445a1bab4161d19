"""Fits of separated classes: what stays finite is what the rows that are not separated say by themselves."""

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.datasets import load_iris

from oddsmith import (
    L2,
    ColumnWarning,
    GradientDescent,
    LogisticRegression,
    SeparationWarning,
    Status,
    as_source,
    covariance,
    fit,
    infer,
    load,
    read,
    save,
    separation,
    summarise,
)
from tests.problems import generate
from tests.test_separation import problem

pytestmark = pytest.mark.slow

SOLVERS = ["auto", "newton", "newton_cg", "scipy-cg", "scipy-bfgs", "scipy-lbfgs", "gd"]


def separated(rows=400, seed=0, *, weighted=True):
    """A column that separates a twentieth of the rows: with and without it, and which rows it leaves."""
    plain = generate(rows, 3, seed, weighted=weighted)
    rare = np.random.default_rng(seed).random(rows) < 0.05
    y = np.where(rare, 1, plain.y)
    left = ~rare
    weight, offset = (None if v is None else v[left] for v in (plain.weight, plain.offset))
    rest = as_source(plain.X[left], y[left], sample_weight=weight, offset=offset)
    X = np.column_stack([plain.X[:, 0], rare, plain.X[:, 1:]])
    return X, y, plain, rest


@pytest.mark.parametrize("form", [np.asarray, np.asfortranarray, sp.csr_array])
@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize("tol", [None, 1e-3])
def test_finite_estimates_and_their_standard_errors_are_those_of_the_other_rows(form, intercept, tol):
    X, y, plain, rest = separated()
    with pytest.warns(SeparationWarning, match=r"Columns concerned: x1\."):
        found = fit(
            as_source(form(X), y, sample_weight=plain.weight, offset=plain.offset), intercept=intercept, tol=tol
        )
    truth = fit(rest, intercept=intercept)
    np.testing.assert_allclose(np.delete(found.beta, 2), truth.beta[0], rtol=1e-9, atol=1e-10)
    column = 1 + intercept
    se, expected = infer(found).se, infer(truth).se
    assert np.flatnonzero(np.isinf(se)).tolist() == [column]
    np.testing.assert_allclose(np.delete(se, column), expected, rtol=1e-8)
    rows = np.delete(np.delete(covariance(found), column, axis=0), column, axis=1)
    np.testing.assert_allclose(rows, covariance(truth), rtol=1e-7, atol=1e-12)
    assert found.value * found.weight == pytest.approx(truth.value * truth.weight, rel=1e-12)
    assert found.beta[0, 2] > 10.0


def test_every_solver_tells_it_and_those_that_are_refined_are_right():
    X, y, plain, rest = separated(weighted=False)
    truth = fit(rest)
    for solver in SOLVERS:
        with pytest.warns(SeparationWarning, match="x1"):
            found = fit(as_source(X, y), solver=solver)
        np.testing.assert_allclose(np.delete(infer(found).se, 2), infer(truth).se, rtol=1e-8)
        if solver != "gd":
            np.testing.assert_allclose(np.delete(found.beta, 2), truth.beta[0], rtol=1e-9, atol=1e-10)


@pytest.mark.filterwarnings("ignore::oddsmith.errors.OddsmithWarning")
@pytest.mark.parametrize("max_passes", [1, 2, 5, 20])
def test_a_limit_of_passes_hides_no_separation_and_invents_none(max_passes):
    X, y, _, rest = separated(weighted=False)
    found = fit(as_source(X, y), max_passes=max_passes)
    assert (found.status, found.runaway_names) == (Status.SEPARATED, ["x1"])
    np.testing.assert_allclose(np.delete(found.beta, 2), fit(rest).beta[0], rtol=1e-9, atol=1e-10)
    assert fit(rest, max_passes=max_passes).status is not Status.SEPARATED
    slow = GradientDescent(learning_rate=1e-3, max_iter=5)
    assert fit(as_source(X, y), solver=slow).status is Status.SEPARATED
    assert fit(rest, solver=slow).status is Status.PASS_LIMIT


@pytest.mark.filterwarnings("ignore::oddsmith.errors.OddsmithWarning")
@pytest.mark.parametrize("solver", SOLVERS)
def test_fits_say_what_separation_says(solver):
    for seed in range(30 if solver != "gd" else 10):
        X, y, weight, offset, intercept = problem(np.random.default_rng(seed))
        verdict = separation(X, y, weight, offset, intercept)
        found = fit(as_source(X, y, sample_weight=weight, offset=offset), intercept=intercept, solver=solver)
        assert (found.status is Status.SEPARATED) == (verdict.kind != "none")
        if verdict.kind != "none" and not found.combinations:
            assert found.runaway == verdict.columns
        elif verdict.kind != "none":  # what runs off is told of the columns that are left
            assert set(found.runaway) - {c.column for c in found.combinations} == set(found.runaway) != set()


def test_of_three_classes_the_pair_that_overlaps_is_finite(tmp_path):
    """The sepals of setosa separate it from the other two irises, not these from one another."""
    data, species = load_iris(return_X_y=True)
    X, y = data[:, :2], np.array(["setosa", "versicolor", "virginica"])[species]
    with pytest.warns(SeparationWarning):
        found = fit(as_source(X, y))
    pair = fit(as_source(X[species > 0], y[species > 0]))
    against = infer(found, reference="versicolor")
    np.testing.assert_array_equal(np.isinf(against.se), [True] * 3 + [False] * 3)
    np.testing.assert_allclose(against.coef[3:], pair.beta[0], rtol=1e-9)
    np.testing.assert_allclose(against.se[3:], infer(pair).se, rtol=1e-8)
    assert np.isinf(infer(found).se).all()  # against setosa
    assert found.value * found.weight == pytest.approx(pair.value * pair.weight, rel=1e-11)
    save(found, tmp_path / "iris.json")
    np.testing.assert_array_equal(infer(load(tmp_path / "iris.json").fit, reference="versicolor").se, against.se)


def test_levels_of_a_table(tmp_path):
    rng = np.random.default_rng(3)
    ward = rng.choice(list("abcde"), 500, p=[0.4, 0.3, 0.2, 0.07, 0.03])
    age = rng.standard_normal(500)
    died = np.where(np.isin(ward, ["d", "e"]), ward == "d", rng.random(500) < 1 / (1 + np.exp(-age)))
    table = {"age": age, "ward": ward, "died": died}
    with pytest.warns(SeparationWarning, match=r"ward=d, ward=e\."):
        found = fit(read(table, target="died"))
    left = np.isin(ward, list("abc"))
    truth = fit(read({name: values[left] for name, values in table.items()}, target="died"))
    np.testing.assert_allclose(found.beta[0, :4], truth.beta[0], rtol=1e-9)
    np.testing.assert_allclose(infer(found).se, [*infer(truth).se, np.inf, np.inf], rtol=1e-8)
    assert "inf" in str(summarise(found))


def test_complete_separation_leaves_nothing_and_the_likelihood_at_its_supremum():
    X = np.random.default_rng(0).standard_normal((100, 3))
    y = X[:, 1] > 0.2
    with pytest.warns(SeparationWarning, match="bias_reduction='firth'"):
        model = LogisticRegression(C=np.inf).fit(X, y)
    assert np.isinf(infer(model.fit_).se).all()
    assert model.fit_.value * 100 < 1e-9
    assert model.score(X, y) == 1.0
    assert np.abs(model.coef_).max() < 1e6


def test_a_constant_column_beside_separation_has_no_standard_error_either():
    X, y, _, rest = separated(weighted=False)
    with pytest.warns(SeparationWarning, match=r"Columns concerned: x1\."), pytest.warns(ColumnWarning, match="x4 = 3"):
        found = fit(as_source(np.column_stack([X, np.full(400, 3.0)]), y))
    np.testing.assert_array_equal(np.isinf(infer(found).se), [False, False, True, False, False, False])
    np.testing.assert_array_equal(np.isnan(infer(found).se), [False, False, False, False, False, True])


def test_a_penalty_on_the_other_columns_stays_as_it_is():
    X, y, _, rest = separated(weighted=False)
    held = L2(0.1, np.array([1.0, 0.0, 1.0, 1.0]))
    with pytest.warns(SeparationWarning, match="x1"):
        found = fit(as_source(X, y), penalty=held)
    scale = 400 / rest.rows  # the mean is over more rows
    truth = fit(rest, penalty=L2(0.1 * scale))
    np.testing.assert_allclose(np.delete(found.beta, 2), truth.beta[0], rtol=1e-9, atol=1e-10)


@pytest.mark.parametrize("seed", [2, 9, 16, 22, 33])
def test_curvature_of_rounding_proves_no_optimum(seed):
    """A row far from the others separates; where it no longer counts, three columns are collinear but for rounding."""
    rng = np.random.default_rng(seed)
    x, w, alone = 1e-3 * rng.standard_normal(393), 100 * rng.standard_normal(393), np.zeros(393)
    alone[7] = 1.0
    y = (w + 30 * rng.standard_normal(393) > 0).astype(int)
    with pytest.warns(SeparationWarning):
        fit(as_source(np.column_stack([2 * x - alone, w, alone, x]), y), collinear="min-norm")
