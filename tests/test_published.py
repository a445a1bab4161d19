import math

import numpy as np
import pytest

import oddsmith
from oddsmith import DataError, SpecificationError, from_coefficients, infer, load, summarise

SCORE = {"age": 0.05, "sex": {"female": 0, "male": 0.7}, "smoker": 1.0}
ROWS = {"age": [60, 40], "sex": ["male", "female"], "smoker": [True, False]}


def test_it_predicts_what_the_numbers_say():
    model = from_coefficients(SCORE, intercept=-4, classes=("alive", "dead"))
    eta = np.array([-4 + 0.05 * 60 + 0.7 + 1.0, -4 + 0.05 * 40])
    np.testing.assert_allclose(model.decision_function(ROWS), eta, rtol=1e-15)
    np.testing.assert_allclose(model.predict_proba(ROWS)[:, 1], 1 / (1 + np.exp(-eta)), rtol=1e-15)
    assert model.predict(ROWS).tolist() == ["dead", "alive"]


def test_a_score_of_numbers_takes_arrays():
    model = from_coefficients({"a": 2.0, "b": -1.0}, intercept=0.5)
    np.testing.assert_allclose(model.decision_function([[1.0, 2.0], [0.0, 1.0]]), [0.5, -0.5])


def test_it_survives_the_model_file(tmp_path):
    model = from_coefficients(SCORE, intercept=-4, target="died", unseen="reference", missing="drop")
    model.save(tmp_path / "m.json")
    again = load(tmp_path / "m.json")
    assert again.schema == model.schema
    rows = {"age": [60, None], "sex": ["other", "male"], "smoker": [0, 1]}
    np.testing.assert_array_equal(again.decision_function(rows), model.decision_function(rows))
    np.testing.assert_allclose(again.decision_function(rows), [-1.0, np.nan], atol=1e-15)
    assert again.predict(rows).tolist() == [0, None]


def test_unseen_levels_are_errors_unless_told_otherwise():
    with pytest.raises(DataError, match="'other' in row 0; it knows 'female', 'male'"):
        from_coefficients(SCORE).predict({"age": [1], "sex": ["other"], "smoker": [1]})


def test_it_claims_nothing_that_it_cannot_know():
    fit = from_coefficients(SCORE).fit
    assert np.isnan(infer(fit).se).all()
    assert "not fitted here" in infer(fit).note
    told = summarise(fit).to_dict()
    assert told["status"] == "given"
    assert told["coefficients"][1]["standard_error"] is None
    assert "not fitted" in str(summarise(fit))
    assert fit.certificate.kind == "none"
    assert math.isnan(fit.certificate.suboptimality)


@pytest.mark.parametrize(
    ("coefficients", "options", "message"),
    [
        ({}, {}, "no coefficients"),
        ({"a": math.inf}, {}, "finite number: inf for 'a'"),
        ({"a": {"x": "much"}}, {}, "finite number: 'much' for 'a=x'"),
        ({"a": {"x": 0, "NA": 1}}, {}, "level of 'a' is a text that counts as missing: 'NA'"),
        ({"a": {"x": 0, " ": 1}}, {}, "level of 'a' is a text that counts as missing: ' '"),
        ({"a": 1}, {"intercept": None}, "finite number: None"),
        ({"a": 1}, {"classes": (1, 1)}, "two labels"),
        ({"a": 1}, {"missing": "impute"}, "what to impute"),
        ({"a": 1}, {"unseen": "ignore"}, "unseen is not known"),
    ],
)
def test_what_makes_no_sense_is_refused(coefficients, options, message):
    with pytest.raises(SpecificationError, match=message):
        from_coefficients(coefficients, **options)


def test_levels_are_named_as_tables_have_them():
    model = from_coefficients({"grade": {1.0: 0.0, "2.0": 1.0, " three": 2.0}})
    assert model.schema.columns[0].levels == ("1", "2", "three")
    assert model.decision_function({"grade": ["1.0", "2", "three "]}).tolist() == [0.0, 1.0, 2.0]
    with pytest.raises(DataError, match="same name: 'grade=1'"):
        from_coefficients({"grade": {1: 0.0, "1.0": 1.0}})


def test_it_is_public():
    assert oddsmith.from_coefficients is from_coefficients
