import numpy as np
import pytest
from scipy import stats
from sklearn.datasets import load_wine

from oddsmith import L1, L2, ElasticNet, Inference, SpecificationError, as_source, fit, infer, odds_ratios, summarise
from oddsmith.errors import OddsmithWarning
from oddsmith.inference import covariance
from tests.problems import PROBLEMS, generate, newton_by_hand


def test_standard_errors_against_long_double(both_kernels, problem):
    table = infer(fit(problem.source))
    truth, se = newton_by_hand(problem.X, problem.y, problem.weight, problem.offset)
    np.testing.assert_allclose(table.se, se, rtol=1e-9)
    np.testing.assert_allclose(table.coef[1:], truth[1:], rtol=1e-11)
    assert table.names == ("(Intercept)", *problem.source.columns)


def test_wald_numbers_follow_from_coef_and_se():
    table = infer(fit(PROBLEMS["plain"].source), level=0.9)
    np.testing.assert_allclose(table.z, table.coef / table.se)
    np.testing.assert_allclose(table.p, 2 * stats.norm.sf(np.abs(table.z)), rtol=1e-12)
    width = stats.norm.ppf(0.95)
    np.testing.assert_allclose(table.ci_low, table.coef - width * table.se, rtol=1e-12)
    np.testing.assert_allclose(table.ci_high, table.coef + width * table.se, rtol=1e-12)
    np.testing.assert_allclose(table.odds_ratio, np.exp(table.coef))


def test_far_tails_keep_their_digits():
    x = np.random.default_rng(0).standard_normal(5000)
    y = np.random.default_rng(1).random(5000) < 1 / (1 + np.exp(-1.5 * x))
    table = infer(fit(as_source(x[:, None], y)))
    assert abs(table.z[1]) > 20
    assert table.p[1] == pytest.approx(2 * stats.norm.sf(abs(table.z[1])), rel=1e-10)
    assert table.p[1] > 0.0


def test_weights_are_frequencies():
    problem = PROBLEMS["weighted"]
    repeats = problem.weight.astype(int)
    repeated = as_source(
        np.repeat(problem.X, repeats, axis=0), np.repeat(problem.y, repeats), offset=np.repeat(problem.offset, repeats)
    )
    np.testing.assert_allclose(infer(fit(problem.source)).se, infer(fit(repeated)).se, rtol=1e-10)


def test_without_an_intercept_there_is_no_row_for_it():
    problem = PROBLEMS["plain"]
    table = infer(fit(problem.source, intercept=False))
    truth, se = newton_by_hand(problem.X, problem.y, intercept=False)
    assert table.names == problem.source.columns
    np.testing.assert_allclose(table.coef, truth, rtol=1e-10)
    np.testing.assert_allclose(table.se, se, rtol=1e-9)


def test_after_a_penalty_the_note_says_so():
    problem = PROBLEMS["plain"]
    table = infer(fit(problem.source, penalty=L2(0.1)))
    _, se = newton_by_hand(problem.X, problem.y, alpha=0.1)
    np.testing.assert_allclose(table.se, se, rtol=1e-9)
    assert "conditional on the penalty" in table.note
    assert "conditional on the penalty" in repr(table)
    assert infer(fit(problem.source)).note == ""


def test_without_a_hessian_nothing_is_claimed():
    problem = generate(100_000, 3, 2)
    table = infer(fit(problem.source, tol=1e-6, penalty=L2(1e-3)))
    assert np.isnan(table.se).all()
    assert np.isnan(table.p).all()
    assert "not known" in table.note


@pytest.mark.filterwarnings("ignore::oddsmith.errors.OddsmithWarning")
def test_what_runs_off_has_infinite_standard_errors_and_the_rest_is_right():
    problem = generate(2000, 3, 12)
    level = (np.arange(2000) < 40).astype(float)[:, None]
    y = np.where(level[:, 0] == 1, 1, problem.y)
    table = infer(fit(as_source(np.hstack([problem.X, level]), y)))
    rest = infer(fit(as_source(problem.X[40:], y[40:])))
    assert np.isinf(table.se[4])
    assert table.p[4] == 1.0
    np.testing.assert_allclose(table.se[:4], rest.se, rtol=1e-5)
    assert "no finite optimum" in table.note


def test_collinear_columns_have_infinite_standard_errors_and_the_rest_is_right():
    problem = PROBLEMS["plain"]
    X = np.column_stack([problem.X, problem.X[:, 0] * 2, np.full(500, 3.0)])
    with pytest.warns(OddsmithWarning):
        table = infer(fit(as_source(X, problem.y), collinear="min-norm"))
    rest = infer(fit(problem.source))
    np.testing.assert_array_equal(np.isinf(table.se), np.isin(np.arange(9), [1, 7, 8]))
    np.testing.assert_allclose(table.se[[0, 2, 3, 4, 5, 6]], rest.se[[0, 2, 3, 4, 5, 6]], rtol=1e-9)


@pytest.mark.filterwarnings("ignore::oddsmith.errors.OddsmithWarning")
def test_after_complete_separation_no_standard_error_is_claimed():
    X = np.random.default_rng(0).standard_normal((100, 3))
    result = fit(as_source(X, X[:, 1] > 0.2))
    assert np.isinf(infer(result).se).all()
    assert str(result.certificate) == "none: there is no optimum"
    assert result.certificate.optimum_exists is False


@pytest.mark.parametrize("penalty", [L1(0.01), ElasticNet(0.02, 0.5), L2(0.01)])
def test_several_classes_have_a_table_under_any_penalty(penalty):
    """Under absolute values a fit has scores of all classes; the table is of contrasts all the same."""
    X, y = load_wine(return_X_y=True)
    result = fit(as_source(X, y), penalty=penalty, standardize=True)
    table = infer(result, reference=1)
    np.testing.assert_allclose(table.coef, (result.beta - result.beta[1])[[0, 2]].ravel())
    assert len(table.se) == len(table.names) == 2 * 14
    assert np.isnan(table.se).all() == (penalty.name != "ridge")
    assert np.isnan(covariance(result)).shape == (28, 28)
    assert str(summarise(result)).count("\n1: ") == str(summarise(result)).count("\n2: ") == 14
    assert len(odds_ratios(result).names) == 26


def test_something_else_than_a_fit_is_named():
    with pytest.raises(SpecificationError, match="infer needs a Fit: a str"):
        infer("fit")
    with pytest.raises(SpecificationError, match="summarise needs a Fit: a str"):
        summarise("fit")


@pytest.mark.parametrize("level", [0.0, 1.0, 95])
def test_a_bad_level_is_refused(level):
    with pytest.raises(SpecificationError, match="level must lie between 0 and 1"):
        infer(fit(PROBLEMS["tiny"].source), level)


def test_the_repr_is_a_table():
    table = infer(fit(PROBLEMS["tiny"].source))
    assert isinstance(table, Inference)
    lines = repr(table).splitlines()
    assert lines[0].split() == ["coef", "se", "z", "p", "low", "high"]
    assert [line.split()[0] for line in lines[1:]] == ["(Intercept)", "x0", "x1"]
