import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import oddsmith
from oddsmith import L2, DataError, SpecificationError, as_source, fit, infer, logit
from oddsmith.errors import ColumnWarning, ConvergenceWarning, SeparationWarning


def table(rows=400, seed=0):
    rng = np.random.default_rng(seed)
    data = pd.DataFrame({"age": rng.normal(40, 10, rows), "bmi": rng.normal(25, 4, rows)})
    data["sex"] = rng.choice(["f", "m"], rows)
    data["ward"] = rng.choice(["a", "b", "c"], rows)
    data["count"] = rng.integers(1, 4, rows)
    data["shift"] = 0.3 * rng.standard_normal(rows)
    eta = (data.age - 40) / 15 + 0.8 * (data.sex == "m") + 0.05 * (data.bmi - 25) + data["shift"]
    data["died"] = np.where(rng.random(rows) < 1 / (1 + np.exp(-eta)), "yes", "no")
    return data


DATA = table()
RESULT = logit("died ~ age + bmi + C(sex)", DATA)


def test_it_is_the_fit_of_the_matrix_that_the_formula_means():
    X = np.column_stack([DATA.age, DATA.bmi, DATA.sex == "m"])
    by_hand = fit(as_source(X, DATA.died))
    np.testing.assert_array_equal(RESULT.fit.beta, by_hand.beta)
    assert RESULT.inference().names == ("(Intercept)", "age", "bmi", "C(sex)[T.m]")
    np.testing.assert_array_equal(RESULT.inference(0.9).ci_low, infer(by_hand, 0.9).ci_low)
    assert RESULT.fit.classes.tolist() == ["no", "yes"]


@pytest.mark.parametrize("formula", ["died ~ sex + age - 1", "died ~ 0 + sex + age"])
def test_without_an_intercept_every_level_has_a_coefficient(formula):
    result = logit(formula, DATA)
    assert result.inference().names == ("sex[f]", "sex[m]", "age")
    assert result.log_likelihood == pytest.approx(logit("died ~ sex + age", DATA).log_likelihood, rel=1e-12)


def test_an_intercept_alone_is_the_null_model():
    result = logit("died ~ 1", DATA)
    share = (DATA.died == "yes").mean()
    assert result.inference().names == ("(Intercept)",)
    np.testing.assert_allclose(result.predict(), share, rtol=1e-14)
    assert result.log_likelihood == pytest.approx(result.null_log_likelihood, rel=1e-14)
    assert result.pseudo_r2 == pytest.approx(0.0, abs=1e-14)
    assert len(result.odds_ratios().names) == 0
    assert result.summary().null_test is None


@pytest.mark.parametrize("offset", ["shift", DATA["shift"], DATA["shift"].to_numpy()])
def test_the_null_model_keeps_the_offset(offset):
    result = logit("died ~ age", DATA, offset=offset)
    null = logit("died ~ 1", DATA, offset=offset)
    assert result.null_log_likelihood == pytest.approx(null.log_likelihood, rel=1e-13)
    assert null.log_likelihood == pytest.approx(null.null_log_likelihood, rel=1e-13)
    assert result.null_log_likelihood != pytest.approx(RESULT.null_log_likelihood, rel=1e-6)


def test_weights_are_rows_that_repeat():
    weighted = logit("died ~ age + C(ward)", DATA, weights="count", offset="shift")
    repeated = logit("died ~ age + C(ward)", DATA.loc[DATA.index.repeat(DATA["count"])], offset="shift")
    np.testing.assert_allclose(weighted.inference().coef, repeated.inference().coef, rtol=1e-12)
    np.testing.assert_allclose(weighted.inference().se, repeated.inference().se, rtol=1e-12)
    for name in ("log_likelihood", "null_log_likelihood", "aic", "bic", "pseudo_r2"):
        assert getattr(weighted, name) == pytest.approx(getattr(repeated, name), rel=1e-12)


@pytest.mark.parametrize(
    ("response", "positive", "classes"),
    [
        ("died", None, ["no", "yes"]),
        ("died", "no", ["yes", "no"]),
        ("I(age > 40)", None, [False, True]),
        ("flag", None, [False, True]),
        ("flag", False, [True, False]),
        ("number", None, [0, 1]),
        ("ordered", None, ["yes", "no"]),
        ("C(died)", None, ["no", "yes"]),
    ],
)
def test_the_response_may_be_of_any_type(response, positive, classes):
    data = DATA.assign(
        flag=DATA.died == "yes",
        number=(DATA.died == "yes").astype(float),
        ordered=pd.Categorical(DATA.died, ["yes", "no"], ordered=True),
    )
    result = logit(f"{response} ~ bmi", data, positive=positive)
    assert result.fit.classes.tolist() == classes
    modelled = 1.0 if response == "I(age > 40)" else np.mean(data[response.strip("C()")] == classes[1])
    assert response == "I(age > 40)" or np.mean(result.predict()) == pytest.approx(modelled, rel=1e-10)


@pytest.mark.parametrize(
    "formula", ["died ~ age + C(sex)", "died ~ poly(age, 2) + bs(bmi, df=4)", "died ~ ward:bmi - 1"]
)
def test_predictions_of_the_rows_of_the_fit(formula):
    result = logit(formula, DATA)
    np.testing.assert_array_equal(result.predict(), result.predict(DATA))
    pd.testing.assert_frame_equal(result.predict(interval=0.9), result.predict(DATA, interval=0.9))
    X = result._rows.matrix
    np.testing.assert_allclose(
        result.predict(), result.fit.loss.mean(X @ result.fit.beta[0, 1:] + result.fit.beta[0, 0])
    )
    again = pickle.loads(pickle.dumps(result))
    np.testing.assert_array_equal(again.predict(DATA), result.predict())


@pytest.mark.slow
@given(st.lists(st.integers(0, len(DATA) - 1), min_size=1, max_size=20))
def test_a_prediction_depends_on_its_own_row_alone(rows):
    result = logit("died ~ center(age) + poly(bmi, 2) + C(ward)", DATA)
    np.testing.assert_allclose(result.predict(DATA.iloc[rows]), result.predict()[rows], rtol=1e-12)


def test_an_interval_is_that_of_the_linear_predictor():
    """For one profile: shift the columns so that it is the intercept, whose standard error is known."""
    profile = {"age": 55.0, "bmi": 31.0, "sex": "m"}
    shifted = DATA.assign(age=DATA.age - 55, bmi=DATA.bmi - 31)
    there = logit("died ~ age + bmi + C(sex, contr.treatment('m'))", shifted).inference(0.8)
    row = RESULT.predict(profile, interval=0.8).iloc[0]
    for name, eta in (("probability", there.coef[0]), ("low", there.ci_low[0]), ("high", there.ci_high[0])):
        assert row[name] == pytest.approx(1 / (1 + np.exp(-eta)), rel=1e-10)


def test_rows_with_missing_values_keep_their_place():
    holes = DATA.copy()
    holes.loc[3, "age"] = np.nan
    holes.loc[[5, 9], "sex"] = None
    holes.loc[11, "died"] = None
    holes.loc[13, "shift"] = np.nan
    holes.loc[17, "count"] = np.nan
    result = logit("died ~ age + sex", holes, weights="count", offset="shift")
    rest = logit("died ~ age + sex", holes.dropna(), weights="count", offset="shift")
    np.testing.assert_array_equal(result.fit.beta, rest.fit.beta)
    assert result.left_out == 6
    assert "394 rows, 2 columns, total weight" in str(result.summary())
    assert "6 rows left out for missing values" in str(result.summary())
    np.testing.assert_array_equal(np.flatnonzero(np.isnan(result.predict())), [3, 5, 9, 11, 13, 17])
    frame = result.predict(holes, interval=0.95)  # neither the response nor the weight is needed there
    np.testing.assert_array_equal(np.flatnonzero(frame.isna().all(axis=1)), [3, 5, 9, 13])
    assert not frame.drop([3, 5, 9, 13]).isna().any(axis=None)
    assert np.isnan(RESULT.predict({"age": None, "bmi": 20, "sex": "f"})).all()


def test_an_offset_by_name_is_looked_up_and_an_array_is_asked_for():
    named, given_ = (logit("died ~ age", DATA, offset=offset) for offset in ("shift", DATA["shift"]))
    np.testing.assert_array_equal(named.predict(DATA), given_.predict(DATA, offset=DATA["shift"]))
    np.testing.assert_array_equal(named.predict(DATA, offset=DATA["shift"]), named.predict())
    with pytest.raises(DataError, match="A variable is not in the data: 'shift'"):
        named.predict(DATA[["age"]])
    with pytest.raises(SpecificationError, match="fitted with an offset, and needs one here"):
        given_.predict(DATA)
    with pytest.raises(SpecificationError, match="fitted without an offset"):
        RESULT.predict(DATA, offset="shift")
    with pytest.raises(SpecificationError, match="have their own offset"):
        named.predict(offset="shift")


@pytest.mark.parametrize("name", ["C(ward)", "ward", "cat"])
def test_a_level_that_was_not_seen_is_an_error_and_never_the_reference(name):
    data = DATA.assign(cat=pd.Categorical(DATA.ward, ["a", "b", "c", "z"]))
    result = logit(f"died ~ age + {name}", data)
    new = data.head(3).copy()
    new["ward"] = ["a", "z", "b"]
    new["cat"] = pd.Categorical(["a", "z", "b"], ["a", "b", "c", "z"])
    with pytest.raises(DataError) as caught:
        result.predict(new)
    assert name in str(caught.value)
    assert "'z' in row 1; it knows" in str(caught.value)


def test_a_column_that_becomes_text_is_refused():
    with pytest.raises(DataError, match="cannot be evaluated"):
        RESULT.predict({"age": ["forty"], "bmi": [20.0], "sex": ["f"]})


def test_lr_test_against_the_difference_of_likelihoods():
    larger = logit("died ~ age + bmi + C(sex) + C(ward)", DATA)
    test = RESULT.lr_test(larger)
    assert test.statistic == pytest.approx(2 * (larger.log_likelihood - RESULT.log_likelihood), rel=1e-10)
    assert (test.df, test.hypothesis) == (2, "C(ward)[T.b] = 0, C(ward)[T.c] = 0")
    assert larger.lr_test(RESULT) == test
    assert RESULT.lr_test(logit("died ~ 1", DATA)).statistic == pytest.approx(RESULT.summary().null_test.statistic)
    assert RESULT.lr_test(logit("died ~ bs(age, df=4) + bmi + C(sex)", DATA)).df == 3  # a line is a spline


REFUSED = {
    "fitted to the same rows: 400 of 400 rows and 399 of 400 rows": lambda: logit(
        "died ~ age", DATA.assign(age=DATA.age.where(DATA.index > 0))
    ),
    "fitted to the same rows: 400 of 400 rows and 300 of 300 rows": lambda: logit("died ~ age", DATA.head(300)),
    "differ in their response: yes and no in row": lambda: logit("died ~ age", DATA.assign(died=[*DATA.died[::-1]])),
    "differ in their weights: 1.0 and 3.0 in row 0": lambda: logit("died ~ age", DATA, weights="count"),
    "differ in their offset": lambda: logit("died ~ age", DATA, offset="shift"),
    "differ in their classes": lambda: logit("died ~ age", DATA, positive="no"),
    "penalised": lambda: logit("died ~ age", DATA, penalty=L2(0.01)),
    "as many parameters: 4 each": lambda: logit("died ~ age + bmi + C(sex)", DATA),
    "not nested: C\\(ward\\)\\[T.b\\], C\\(ward\\)\\[T.c\\] is no combination": lambda: logit("died ~ C(ward)", DATA),
}


@pytest.mark.parametrize("reason", REFUSED)
def test_lr_test_refuses_what_is_not_nested_in_either_order(reason):
    other = REFUSED[reason]()
    with pytest.raises(SpecificationError, match=reason.split(":")[0]):
        other.lr_test(RESULT)
    with pytest.raises(SpecificationError, match=reason):
        RESULT.lr_test(other)


def test_lr_test_needs_a_result():
    with pytest.raises(SpecificationError, match="needs a LogitResult: a Fit"):
        RESULT.lr_test(RESULT.fit)


def test_a_penalised_fit_says_what_does_not_hold():
    result = logit("died ~ age + C(sex)", DATA, penalty=L2(0.01))
    np.testing.assert_array_equal(
        result.fit.beta, fit(as_source(result._rows.matrix, DATA.died), penalty=L2(0.01)).beta
    )
    for name in ("aic", "bic", "pseudo_r2"):
        with pytest.raises(SpecificationError, match=r"the coefficients are penalised \(ridge, alpha 0.01"):
            getattr(result, name)
    with pytest.raises(SpecificationError, match="An interval needs a maximum of the likelihood"):
        result.predict(interval=0.95)
    assert result.log_likelihood < logit("died ~ age + C(sex)", DATA).log_likelihood
    assert "conditional on the penalty" in repr(result.wald_test("age = 0"))
    assert "conditional on the penalty" in repr(result.odds_ratios())
    assert "AIC" not in str(result.summary())


def test_separated_rows_have_the_whole_interval_and_the_others_theirs():
    data = DATA.assign(died=np.where(DATA.ward == "c", "yes", DATA.died))
    with pytest.warns(SeparationWarning, match=r"ward\[T.c\]"):
        result = logit("died ~ age + ward", data)
    found = result.predict(interval=0.95)
    rest = logit("died ~ age + ward", data[data.ward != "c"]).predict(interval=0.95)
    assert (found.low[data.ward == "c"] == 0.0).all() and (found.high[data.ward == "c"] == 1.0).all()
    np.testing.assert_allclose(found[data.ward != "c"], rest, rtol=1e-6)
    with pytest.raises(SpecificationError, match="The classes are separated"):
        _ = result.aic
    with pytest.raises(SpecificationError, match=r"no finite and unique estimate: ward\[T.c\]"):
        result.wald_test("age = 0, ward[T.c] = 0")
    assert np.isfinite(result.wald_test("age = 0").statistic)


def test_collinear_columns_do_not_count_and_predictions_that_depend_on_them_are_told():
    data = DATA.assign(months=12 * DATA.age)
    with pytest.warns(ColumnWarning, match=r"months = 12\*age"):
        result = logit("died ~ age + months + C(sex)", data)
    plain = logit("died ~ age + C(sex)", data)
    assert (result.aic, result.bic) == pytest.approx((plain.aic, plain.bic), rel=1e-12)
    np.testing.assert_allclose(result.predict(interval=0.95), plain.predict(interval=0.95), rtol=1e-8)
    with pytest.warns(ConvergenceWarning, match=r"1 of 2 rows \(first: row 1\)"):
        found = result.predict({"age": [40, 40], "months": [480, 490], "sex": ["f", "m"]}, interval=0.95)
    assert found.low[0] > 0.1 and (found.low[1], found.high[1]) == (0.0, 1.0)
    with pytest.raises(SpecificationError, match="no finite and unique estimate: months"):
        result.wald_test("months = 0")
    assert result.wald_test("age = 0").statistic == pytest.approx(plain.wald_test("age = 0").statistic, rel=1e-9)
    assert result.summary().to_dict()["dropped"] == ["months = 12*age"]


def test_warnings_point_at_the_line_of_the_user():
    with pytest.warns(SeparationWarning) as caught:
        logit("died ~ age", DATA.assign(age=(DATA.died == "yes").astype(float)))
    assert caught[0].filename == __file__


def test_what_it_shows():
    text = str(RESULT.summary())
    assert text.startswith("Logistic regression of died: probability of 'yes'")
    for line in (
        "Formula      died ~ age + bmi + C(sex)",
        f"AIC {RESULT.aic:.6g}",
        f"BIC {RESULT.bic:.6g}",
        "Null model",
    ):
        assert line in text
    assert "C(sex)[T.m]" in RESULT._repr_html_()
    assert repr(RESULT).startswith("<LogitResult: died ~ age + bmi + C(sex); <Fit:")
    assert RESULT.summary().to_frame().loc["age", "odds_ratio"] == np.exp(RESULT.fit.beta[0, 1])
    frame = RESULT.covariance()
    assert list(frame.index) == list(frame.columns) == list(RESULT.inference().names)
    np.testing.assert_allclose(np.sqrt(np.diag(frame)), RESULT.inference().se, rtol=1e-13)


def test_a_model_of_its_fit_can_be_saved(tmp_path):
    oddsmith.save(RESULT.fit, tmp_path / "model.json")
    model = oddsmith.load(tmp_path / "model.json")
    np.testing.assert_array_equal(model.predict_proba(RESULT._rows.matrix)[:, 1], RESULT.predict())
