"""Collinear columns are found as R finds them, named, and cost the others nothing."""

from fractions import Fraction

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st

import oddsmith
from oddsmith import (
    L2,
    CollinearityError,
    ColumnWarning,
    ConvergenceWarning,
    DataError,
    Likelihood,
    LogisticRegression,
    SeparationWarning,
    SpecificationError,
    Status,
    as_source,
    fit,
    fit_one_vs_rest,
    infer,
    load,
    logit,
    save,
    summarise,
)
from oddsmith.collinear import Dependence
from oddsmith.inference import eta_standard_errors
from oddsmith.losses import Logistic
from oddsmith.objective import Objective
from oddsmith.sources import read
from tests.problems import PROBLEMS, generate, many_classes

PLAIN = PROBLEMS["plain"]
quiet = pytest.mark.filterwarnings("ignore::oddsmith.errors.OddsmithWarning")


def repeated(X):
    """Three more columns: combinations of the first ones, and a constant; the last columns of each are to go."""
    return np.column_stack([X[:, 0], X[:, 0] - 2 * X[:, 1] + 3, X[:, 1:], np.full(len(X), 7.0), 0.5 * X[:, 2]])


WORDS = "x2 = 1.5 + 0.5*x0 - 0.5*x1"


def same(found, truth, gone, rtol=1e-10):
    """The fit is that of the columns that stay, with zeros and without standard errors at the others."""
    assert [c.column for c in found.dropped] == list(gone)
    assert (found.status, found.runaway) == (truth.status, truth.runaway)
    assert not found.beta[:, 1:][:, gone].any()
    stay = np.delete(np.arange(len(found.names) + 1), np.add(gone, 1))
    np.testing.assert_allclose(found.beta[:, stay], truth.beta, rtol=rtol, atol=1e-14)
    mine, theirs = infer(found), infer(truth)
    contrasts = found.loss.outputs
    stay = np.delete(np.arange(len(mine.names)).reshape(contrasts, -1), np.add(gone, found.intercept), axis=1).ravel()
    np.testing.assert_allclose(mine.se[stay], theirs.se, rtol=1e-9)  # so far the last step moves the Hessian
    assert np.isnan(np.delete(mine.se, stay)).all()
    assert not np.delete(mine.coef, stay).any()
    assert found.value == pytest.approx(truth.value, rel=1e-12)
    assert found.certificate.kind == truth.certificate.kind
    assert Likelihood.of(found).parameters == Likelihood.of(truth).parameters


@pytest.mark.parametrize("name", PROBLEMS)
@pytest.mark.parametrize("form", [np.asarray, sp.csr_array])
def test_the_others_are_as_without_them(name, form):
    if name == "far" and form is not np.asarray:
        return  # rank-one centring has no digits left there
    problem = PROBLEMS[name]
    told = {"sample_weight": problem.weight, "offset": problem.offset}
    X = np.column_stack([problem.X, problem.X[:, 0] * 2, np.full(len(problem.y), 3.0)])
    p = problem.X.shape[1]
    with pytest.warns(ColumnWarning, match=rf"x{p} = 2\*x0, x{p + 1} = 3\."):
        found = fit(as_source(form(X), problem.y, **told))
    same(found, fit(as_source(form(problem.X), problem.y, **told)), [p, p + 1])


def test_from_the_left_and_in_words():
    X = repeated(PLAIN.X)
    with pytest.warns(ColumnWarning) as caught:
        found = fit(as_source(X, PLAIN.y))
    assert str(caught[0].message).endswith(f"without standard errors: {WORDS}, x7 = 7, x8 = 0.5*x3.")
    assert caught[0].filename == __file__
    same(found, fit(as_source(np.delete(X, [2, 7, 8], axis=1), PLAIN.y)), [2, 7, 8])


def test_more_than_two_classes():
    X, y = many_classes(600, 4, 3)
    with pytest.warns(ColumnWarning):
        found = fit(as_source(repeated(X), y))
    same(found, fit(as_source(np.delete(repeated(X), [2, 5, 6], axis=1), y)), [2, 5, 6])
    with pytest.warns(ColumnWarning):
        fits = fit_one_vs_rest(as_source(repeated(X), y))
    plain = fit_one_vs_rest(as_source(X, y))
    for one, other in zip(fits, plain, strict=True):
        assert [c.column for c in one.dropped] == [2, 5, 6]
        assert one.value == pytest.approx(other.value, rel=1e-12)


def test_without_an_intercept_a_constant_is_a_column():
    X = np.column_stack([PLAIN.X, np.full(500, 7.0), np.full(500, 3.5), np.zeros(500)])
    with pytest.warns(ColumnWarning, match=r"x7 = 0.5\*x6, x8 = 0\."):
        found = fit(as_source(X, PLAIN.y), intercept=False)
    same(found, fit(as_source(X[:, :7], PLAIN.y), intercept=False), [7, 8])


@pytest.mark.parametrize("solver", ["newton", "gradient_descent", "scipy-lbfgs"])
@pytest.mark.parametrize("tol", [None, 1e-6])
def test_any_solver(solver, tol):
    with pytest.warns(ColumnWarning):
        found = fit(as_source(repeated(PLAIN.X), PLAIN.y), solver=solver, tol=tol)
    assert [c.column for c in found.dropped] == [2, 7, 8]
    rest = fit(as_source(np.delete(repeated(PLAIN.X), [2, 7, 8], axis=1), PLAIN.y))
    near = 1e-2 if tol else 1e-8 if solver == "gradient_descent" else 1e-11
    np.testing.assert_allclose(np.delete(found.beta[0], [3, 8, 9]), rest.beta[0], atol=near)


def test_columns_that_are_nearly_collinear_are_kept():
    for gap in (1e-4, 1e-6, 1e-8):
        X = np.column_stack([PLAIN.X, PLAIN.X[:, 0] + gap * np.cos(np.arange(500.0))])
        source = as_source(X, PLAIN.y)
        objective = Objective(source, Logistic())
        from oddsmith.axes import Axes

        assert Dependence.of(objective, Axes(np.zeros(7), np.ones(7), True)).combinations == ()
        assert (fit(source).status, fit(source).combinations) == (Status.CONVERGED, ())


def test_rounding_of_the_columns_themselves_is_no_information():
    """0.1 * x is rounded; so is a sum at a mean of 1e7."""
    far = PLAIN.X + 1e7
    X = np.column_stack([far, 0.1 * far[:, 0], far[:, 1] + far[:, 2] / 3])
    with pytest.warns(ColumnWarning, match=r"x6 = 0.1\*x0, x7 = x1 \+ 0.333333\*x2"):
        found = fit(as_source(X, PLAIN.y))
    np.testing.assert_allclose(found.beta[0, 1:7], fit(as_source(far, PLAIN.y)).beta[0, 1:], rtol=1e-9)


@quiet
def test_sparse_columns_of_far_means_are_not_taken_for_constant():
    for mean in (1e5, 1e7):
        source = as_source(sp.csr_array(PLAIN.X + mean), PLAIN.y)
        assert fit(source).combinations == ()


def test_so_it_is_of_single_precision():
    single = PLAIN.X.astype(np.float32)
    X = np.column_stack([single, np.float32(0.1) * single[:, 0] + single[:, 1]])
    assert X.dtype == np.float32
    with pytest.warns(ColumnWarning, match=r"x6 = 0.1\*x0 \+ x1"):
        found = fit(as_source(X, PLAIN.y))
    same(found, fit(as_source(single, PLAIN.y)), [6])


def first_of_rank(columns):
    """Which columns of integers depend on earlier ones, by rational elimination; the intercept comes first."""
    rows = [[Fraction(int(v)) for v in column] for column in columns]
    basis, dependent = [], []
    for k, row in enumerate([[Fraction(1)] * len(rows[0]), *rows]):
        for lead, known in basis:
            row = [a - row[lead] * b for a, b in zip(row, known, strict=True)]
        lead = next((i for i, v in enumerate(row) if v), None)
        if lead is None:
            dependent.append(k - 1)
        else:
            row = [v / row[lead] for v in row]
            basis = [(at, [a - known[lead] * b for a, b in zip(known, row, strict=True)]) for at, known in basis]
            basis.append((lead, row))
    return dependent


@given(st.integers(0, 2**32 - 1))
def test_exact_arithmetic_drops_the_same_columns(seed):
    rng = np.random.default_rng(seed)
    n, p, rank = int(rng.integers(4, 40)), int(rng.integers(1, 8)), int(rng.integers(1, 5))
    X = rng.integers(-2, 3, (n, rank)) @ rng.integers(-2, 3, (rank, p)) + (rng.random() < 0.3) * rng.integers(0, 2, p)
    source = as_source(X.astype(float), np.arange(n) % 2)
    from oddsmith.axes import Axes
    from oddsmith.sources import StandardisedSource

    axes = Axes.standardising(source.moments(), intercept=True)
    objective = Objective(StandardisedSource(source, axes.centre, axes.scale), Logistic())
    found = Dependence.of(objective, axes).combinations
    assert [c.column for c in found] == first_of_rank(X.T)
    for combination in found:
        assert combination.gap(X.astype(float)).max() < 1e-9 or not np.abs(X[:, combination.column]).any()
        assert not {k for k, _ in combination.terms} & {c.column for c in found}


def test_the_shortest_coefficients():
    X = repeated(PLAIN.X)
    with pytest.warns(ConvergenceWarning, match=r"x2, x3, x7, x8. They satisfy x2 = 1.5 \+ 0.5\*x0 - 0.5\*x1, x7"):
        found = fit(as_source(X, PLAIN.y), collinear="min-norm")
    assert (found.status, found.dropped) == (Status.COLLINEAR, ())
    scale = np.where(X.std(axis=0) > 1e-9, X.std(axis=0), np.inf)
    Z = (X - X.mean(axis=0)) / scale
    rest = fit(as_source(np.delete(X, [2, 7, 8], axis=1), PLAIN.y)).beta[0]
    eta = np.delete(X, [2, 7, 8], axis=1) @ rest[1:] + rest[0]
    truth = np.linalg.pinv(Z, rcond=1e-10) @ (eta - eta.mean()) / scale
    np.testing.assert_allclose(found.beta[0, 1:], truth, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(X @ found.beta[0, 1:] + found.beta[0, 0], eta, atol=1e-12)
    se = infer(found).se
    np.testing.assert_array_equal(np.isinf(se), np.isin(np.arange(10), [0, 1, 2, 3, 4, 8, 9]))
    plain = infer(fit(as_source(np.delete(X, [2, 7, 8], axis=1), PLAIN.y))).se
    np.testing.assert_allclose(se[5:8], plain[4:7], rtol=1e-10)


def test_an_error_if_asked_for():
    with pytest.raises(CollinearityError, match=r"x2 = 1.5 \+ 0.5\*x0 - 0.5\*x1, x7 = 7, x8 = 0.5\*x3. Leave such"):
        fit(as_source(repeated(PLAIN.X), PLAIN.y), collinear="error")
    assert fit(PLAIN.source, collinear="error").status is Status.CONVERGED
    with pytest.raises(SpecificationError, match="collinear is not known: 'first'. Use one of: drop, min-norm, error"):
        fit(PLAIN.source, collinear="first")


def test_a_penalty_decides_by_itself():
    for policy in ("drop", "min-norm", "error"):
        found = fit(as_source(repeated(PLAIN.X), PLAIN.y), penalty=L2(0.1), collinear=policy)
        assert (found.status, found.combinations) == (Status.CONVERGED, ())


@quiet
def test_separation_beside_it_is_told_of_what_is_left():
    level = (np.arange(500) < 20).astype(float)
    y = np.where(level == 1.0, 1, PLAIN.y)
    X = np.column_stack([PLAIN.X, PLAIN.X[:, 0] + PLAIN.X[:, 1], level, 2 * level])
    with pytest.warns(SeparationWarning, match="Columns concerned: x7"):
        found = fit(as_source(X, y))
    assert found.dropped_in_words == ["x6 = x0 + x1", "x8 = 2*x7"]
    assert found.runaway_names == ["x7"]
    rest = fit(as_source(PLAIN.X[20:], PLAIN.y[20:]))
    np.testing.assert_allclose(found.beta[0, :7], rest.beta[0], rtol=1e-6)
    se = infer(found).se
    assert np.isinf(se[8]) and np.isnan(se[[7, 9]]).all() and np.isfinite(se[:7]).all()


@quiet
@pytest.mark.parametrize("limit", [1, 2, 3, 5])
def test_stopped_early_the_columns_are_dropped_all_the_same(limit):
    found = fit(as_source(repeated(PLAIN.X), PLAIN.y), max_passes=limit)
    assert [c.column for c in found.dropped] == [2, 7, 8]
    assert found.status is Status.PASS_LIMIT or limit == 5


def test_more_columns_than_rows():
    X = np.random.default_rng(0).standard_normal((10, 20))
    with pytest.warns(SeparationWarning), pytest.warns(ColumnWarning):
        found = fit(as_source(X, np.arange(10) % 2))
    assert [c.column for c in found.dropped] == list(range(9, 20))


def test_what_a_summary_shows():
    with pytest.warns(ColumnWarning):
        found = fit(as_source(repeated(PLAIN.X), PLAIN.y))
    summary = summarise(found)
    lines = str(summary).splitlines()
    assert f"Dropped      collinear: {WORDS}, x7 = 7, x8 = 0.5*x3" in lines
    assert [line.split() for line in lines if line.startswith("x7 ")] == [["x7", *["NA"] * 7]]
    assert "NA: dropped, as linear combinations of earlier columns." in lines
    told = summary.to_dict()
    assert told["dropped"] == [WORDS, "x7 = 7", "x8 = 0.5*x3"]
    assert told["coefficients"][3]["coefficient"] == 0.0
    assert told["coefficients"][3]["standard_error"] is None
    assert summary._repr_html_().count("<td>NA</td>") == 3 * 7
    assert np.isnan(oddsmith.covariance(found)[3]).all()
    assert np.isfinite(oddsmith.covariance(found)[4, 4])


def test_rows_off_the_combination_are_not_determined():
    with pytest.warns(ColumnWarning):
        found = fit(as_source(repeated(PLAIN.X), PLAIN.y))
    rows = repeated(PLAIN.X)[:3]
    plain = fit(as_source(np.delete(repeated(PLAIN.X), [2, 7, 8], axis=1), PLAIN.y))
    truth = eta_standard_errors(plain, np.delete(rows, [2, 7, 8], axis=1))
    np.testing.assert_allclose(eta_standard_errors(found, rows), truth, rtol=1e-10)
    for column in (2, 7, 8):
        moved = rows.copy()
        moved[1, column] += 0.1
        np.testing.assert_array_equal(np.isinf(eta_standard_errors(found, moved)), [False, True, False])


def test_a_model_file_keeps_them(tmp_path):
    with pytest.warns(ColumnWarning):
        found = fit(as_source(repeated(PLAIN.X), PLAIN.y))
    save(found, tmp_path / "m.json")
    again = load(tmp_path / "m.json").fit
    assert again.combinations == found.combinations
    assert str(summarise(again)) == str(summarise(found))


def test_categories_that_repeat_one_another_are_named_by_level():
    import pyarrow as pa

    rng = np.random.default_rng(3)
    ward = rng.choice(["a", "b", "c"], 400)
    floor = np.where(ward == "c", "upper", "lower")
    table = pa.table({"ward": ward, "age": rng.standard_normal(400), "floor": floor, "y": rng.random(400) < 0.4})
    with pytest.warns(ColumnWarning, match=r"`floor=upper` = `ward=c`|`floor=upper` = 1 - "):
        found = fit(read(table, target="y", reference={"ward": "a", "floor": "lower"}))
    same(found, fit(read(table, target="y", drop=["floor"], reference={"ward": "a"})), [3])


def test_the_estimator_shares_among_twins_as_scikit_learn_does_unless_told():
    import sklearn.linear_model

    X = np.column_stack([PLAIN.X[:, :2], PLAIN.X[:, 0]])
    peer = sklearn.linear_model.LogisticRegression(C=np.inf, tol=1e-10, max_iter=10_000).fit(X, PLAIN.y)
    with pytest.warns(ConvergenceWarning):
        found = LogisticRegression(C=np.inf).fit(X, PLAIN.y)
    np.testing.assert_allclose(found.coef_, peer.coef_, rtol=1e-4)
    with pytest.warns(ColumnWarning, match="x2 = x0"):
        found = LogisticRegression(C=np.inf, collinear="drop").fit(X, PLAIN.y)
    assert found.coef_[0, 2] == 0.0
    with pytest.raises(CollinearityError):
        LogisticRegression(C=np.inf, collinear="error").fit(X, PLAIN.y)


def test_a_formula():
    data = {"y": PLAIN.y, "a": PLAIN.X[:, 0], "b": PLAIN.X[:, 1]}
    with pytest.warns(ColumnWarning, match=r"`I\(a - 2 \* b\)` = a - 2\*b"):
        found = logit("y ~ a + b + I(a - 2 * b)", data)
    plain = logit("y ~ a + b", data)
    assert found.aic == pytest.approx(plain.aic, rel=1e-12)
    smaller = logit("y ~ a", data)
    assert found.lr_test(smaller).df == 1
    assert found.lr_test(smaller).statistic == pytest.approx(plain.lr_test(smaller).statistic, rel=1e-9)
    with pytest.raises(CollinearityError):
        logit("y ~ a + b + I(a - 2 * b)", data, collinear="error")


def test_levels_of_nested_categories_are_sums_and_found_in_few_passes():
    import pyarrow as pa

    rng = np.random.default_rng(0)
    city = rng.integers(0, 60, 20_000)
    names = {"city": [f"c{k}" for k in city], "zone": [f"z{k // 3}" for k in city]}
    table = pa.table({**names, "x": rng.standard_normal(20_000), "y": rng.random(20_000) < 0.4})
    with pytest.warns(ColumnWarning, match="`zone=z0` = "):
        found = fit(read(table, target="y"))
    assert len(found.dropped) == 19
    assert found.passes < 50
    rest = fit(read(table, target="y", drop=["zone"]))
    assert found.value == pytest.approx(rest.value, rel=1e-13)


def test_a_million_rows_would_not_be_asked_for_nothing():
    """Without collinear columns no pass is spent on them."""
    problem = generate(2000, 5, 3)
    passes = fit(problem.source).passes
    assert fit(problem.source, collinear="error").passes == passes


def test_beside_columns_so_close_that_doubles_do_not_do():
    """The rest takes double-double, and is as it is without the columns that are dropped."""
    for gap in (1e-4, 1e-6, 1e-7, 1e-8):
        close = np.column_stack([PLAIN.X, PLAIN.X[:, 0] + gap * np.cos(np.arange(500.0))])
        with pytest.warns(ColumnWarning, match=r"x7 = 2\*x1, x8 = 4\."):
            found = fit(as_source(np.column_stack([close, 2 * PLAIN.X[:, 1], np.full(500, 4.0)]), PLAIN.y))
        assert found.root is not None
        same(found, fit(as_source(close, PLAIN.y)), [7, 8])


def test_nothing_but_zeros_is_nothing_to_fit():
    with pytest.raises(DataError, match="nothing to fit: every column is 0"):
        fit(as_source(np.zeros((20, 2)), np.arange(20) % 2), intercept=False)
