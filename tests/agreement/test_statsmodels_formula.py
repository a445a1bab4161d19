"""The statistician's face against statsmodels' formula fits, on the data that come with it."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
import statsmodels.formula.api as smf
from scipy import stats

from oddsmith import logit

CLOSE = {"rtol": 1e-8, "atol": 0.0}


def fair():
    data = sm.datasets.fair.load_pandas().data
    jobs = {1: "student", 2: "unskilled", 3: "office", 4: "skilled", 5: "manager", 6: "professional"}
    return data.assign(had=(data.affairs > 0).astype(int), job=data.occupation.map(jobs))


def star98():
    """Pupils above and below the median, a row of each for every district: weights and an offset."""
    data = sm.datasets.star98.load_pandas().data
    parts = [data.assign(above=k, pupils=data[name]) for k, name in ((1, "NABOVE"), (0, "NBELOW"))]
    return pd.concat(parts, ignore_index=True).assign(shift=lambda frame: 0.02 * (frame.LOWINC - 40))


DATA = {
    "fair": fair(),
    "spector": sm.datasets.spector.load_pandas().data,
    "anes96": sm.datasets.anes96.load_pandas().data.assign(band=lambda d: np.where(d.educ > 4, "degree", "none")),
    "star98": star98(),
}
FORMULAS = [
    ("fair", "had ~ age + yrs_married + C(job) + np.log(rate_marriage)"),
    ("fair", "had ~ age * C(job) + religious"),
    ("fair", "had ~ C(job) - 1 + age"),
    ("fair", "had ~ rate_marriage + I(yrs_married**2) + children:religious"),
    ("spector", "GRADE ~ GPA + TUCE + PSI"),
    ("anes96", "vote ~ PID + income + band"),
    ("anes96", "vote ~ TVnews + selfLR * age"),
]


def named(result):
    """The names of the coefficients, as statsmodels has them."""
    return [name.strip("()") if name == "(Intercept)" else name for name in result.inference().names]


def glm(formula, data, **options):
    return smf.glm(formula, data, family=sm.families.Binomial(), **options).fit(tol=1e-15, maxiter=100)


@pytest.mark.parametrize(("name", "formula"), FORMULAS)
def test_coefficients_likelihood_and_criteria(name, formula):
    ours = logit(formula, DATA[name])
    start = glm(formula, DATA[name]).params  # Newton of its own goes on from there
    theirs = smf.logit(formula, DATA[name]).fit(
        method="newton", start_params=start, tol=1e-14, maxiter=100, disp=False, warn_convergence=False
    )
    found, names = ours.inference(), named(ours)
    assert sorted(names) == sorted(theirs.params.index)
    np.testing.assert_allclose(found.coef, theirs.params[names], **CLOSE)
    np.testing.assert_allclose(found.se, theirs.bse[names], **CLOSE)
    np.testing.assert_allclose(found.p, theirs.pvalues[names], rtol=1e-6)
    np.testing.assert_allclose(ours.covariance(), theirs.cov_params().loc[names, names], **CLOSE)
    limits = theirs.conf_int(0.1).loc[names].to_numpy()
    np.testing.assert_allclose(
        np.column_stack([ours.inference(0.9).ci_low, ours.inference(0.9).ci_high]), limits, **CLOSE
    )
    for mine, other in (
        (ours.log_likelihood, theirs.llf),
        (ours.null_log_likelihood, theirs.llnull),
        (ours.aic, theirs.aic),
        (ours.bic, theirs.bic),
        (ours.pseudo_r2, theirs.prsquared),
    ):
        assert mine == pytest.approx(other, rel=1e-8)
    overall = ours.summary().null_test
    if overall is not None:
        assert overall.statistic == pytest.approx(theirs.llr, rel=1e-8)
        assert (overall.df, overall.p) == (theirs.df_model, pytest.approx(theirs.llr_pvalue, rel=1e-6))


@pytest.mark.parametrize(("name", "formula"), FORMULAS)
def test_predictions_and_their_intervals(name, formula):
    data = DATA[name]
    rows = data.iloc[:: max(1, len(data) // 50)]
    ours = logit(formula, data).predict(rows, interval=0.9)
    theirs = glm(formula, data).get_prediction(rows).summary_frame(alpha=0.1)
    np.testing.assert_allclose(ours["probability"], theirs["mean"], **CLOSE)
    np.testing.assert_allclose(ours[["low", "high"]], theirs[["mean_ci_lower", "mean_ci_upper"]], **CLOSE)


@pytest.mark.parametrize(
    "hypothesis",
    ["age = 0", "age = 0, yrs_married = 0", "2*age - yrs_married = 0.1", "C(job)[T.office] = C(job)[T.skilled]"],
)
def test_wald_tests(hypothesis):
    formula = "had ~ C(job) + age + yrs_married"
    ours = logit(formula, DATA["fair"]).wald_test(hypothesis)
    theirs = glm(formula, DATA["fair"]).wald_test(hypothesis, use_f=False, scalar=True)
    assert ours.statistic == pytest.approx(theirs.statistic, rel=1e-8)
    assert ours.p == pytest.approx(theirs.pvalue, rel=1e-6)
    assert ours.df == theirs.df_denom


def test_likelihood_ratio_tests():
    small, large = "had ~ age", "had ~ age + yrs_married + C(job)"
    ours = logit(small, DATA["fair"]).lr_test(logit(large, DATA["fair"]))
    one, other = (glm(formula, DATA["fair"]) for formula in (small, large))
    statistic = 2 * (other.llf - one.llf)
    assert ours.statistic == pytest.approx(statistic, rel=1e-8)
    assert (ours.df, ours.p) == (6, pytest.approx(stats.chi2.sf(statistic, 6), rel=1e-6))


def test_weights_and_an_offset():
    data = DATA["star98"]
    formula = "above ~ LOWINC + PERASIAN + PCTCHRT + AVYRSEXP * PERSPENK"
    ours = logit(formula, data, weights="pupils", offset="shift")
    theirs = glm(formula, data, freq_weights=data.pupils, offset=data["shift"])
    found, names = ours.inference(), named(ours)
    np.testing.assert_allclose(found.coef, theirs.params[names], **CLOSE)
    np.testing.assert_allclose(found.se, theirs.bse[names], **CLOSE)
    for mine, other in (
        (ours.log_likelihood, theirs.llf),
        (ours.null_log_likelihood, theirs.llnull),
        (ours.aic, theirs.aic),
        (ours.bic, theirs.bic_llf),  # whose n is the sum of weights too
    ):
        assert mine == pytest.approx(other, rel=1e-8)
    interval = theirs.get_prediction(data, offset=data["shift"]).summary_frame(alpha=0.05)
    np.testing.assert_allclose(
        ours.predict(interval=0.95), interval[["mean", "mean_ci_lower", "mean_ci_upper"]], **CLOSE
    )


def test_splines_are_those_of_statsmodels_on_new_rows_too():
    rows = DATA["fair"].query("20 < age < 40").iloc[::100]
    for formula in ("had ~ bs(yrs_married, df=4) + age", "had ~ center(age) + standardize(religious)"):
        ours, theirs = logit(formula, DATA["fair"]), glm(formula, DATA["fair"])
        assert ours.log_likelihood == pytest.approx(theirs.llf, rel=1e-10)
        np.testing.assert_allclose(ours.predict(rows), theirs.predict(rows), **CLOSE)


def test_large_means_cost_no_digits():
    """statsmodels is given the same column centred."""
    data = DATA["fair"].assign(born=lambda frame: 1e7 - frame.age, centred=lambda frame: 30 - frame.age)
    ours = logit("had ~ born + yrs_married", data)
    theirs = glm("had ~ centred + yrs_married", data)
    np.testing.assert_allclose(ours.inference().se[1:], theirs.bse[1:], **CLOSE)
    np.testing.assert_allclose(ours.inference().coef[1:], theirs.params[1:], **CLOSE)
    limits = theirs.get_prediction(data).summary_frame(alpha=0.05)[["mean_ci_lower", "mean_ci_upper"]]
    np.testing.assert_allclose(ours.predict(interval=0.95)[["low", "high"]], limits, **CLOSE)
    joint = ours.wald_test("born = 0, born = 2*yrs_married")
    same = theirs.wald_test("centred = 0, centred = 2*yrs_married", use_f=False, scalar=True)
    assert joint.statistic == pytest.approx(same.statistic, rel=1e-8)


def test_rows_with_missing_values_are_left_out_alike():
    data = DATA["fair"].copy()
    data.loc[::7, "age"] = np.nan
    data.loc[::11, "job"] = None
    formula = "had ~ age + C(job) + religious"
    ours, theirs = logit(formula, data), glm(formula, data)
    assert ours.fit.rows == theirs.nobs
    assert ours.left_out == len(data) - theirs.nobs
    np.testing.assert_allclose(ours.inference().coef, theirs.params[named(ours)], **CLOSE)
    np.testing.assert_array_equal(np.isnan(ours.predict()), theirs.predict(data).isna())
    np.testing.assert_allclose(ours.predict(), theirs.predict(data), **CLOSE)
