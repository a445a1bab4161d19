"""A target of three classes, through every command."""

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_iris

from oddsmith import L2, fit, read
from oddsmith.prediction import probabilities

SPECIES = ["Iris setosa", "versi, color", "virginica"]


@pytest.fixture
def iris(run):
    data = load_iris(as_frame=True)
    frame = data.data.set_axis(list("abcd"), axis=1)
    frame.assign(species=np.array(SPECIES)[data.target]).to_csv("iris.csv", index=False)
    return run


FIT = "fit iris.csv --target species --penalty ridge --alpha 0.01 --out m.json"


def test_the_fit_is_the_engines(iris):
    code, out, _ = iris(FIT + " --json")
    told = json.loads(out)
    assert code == 0
    assert (told["classes"], told["reference"]) == (SPECIES, SPECIES[0])
    expected = fit(read("iris.csv", target="species"), penalty=L2(0.01), standardize=True).beta
    contrasts = (expected[1:] - expected[0]).ravel()
    np.testing.assert_allclose([c["coefficient"] for c in told["coefficients"]], contrasts, rtol=1e-12)
    code, out, _ = iris(FIT + " --against virginica")
    assert "Logistic regression of species: 'Iris setosa', 'versi, color' against 'virginica'" in out
    assert "Iris setosa: a" in out
    assert iris(FIT + " --against none")[0] == 2


def test_predictions_have_a_column_for_each_class(iris):
    iris(FIT)
    code, out, _ = iris("predict m.json iris.csv")
    rows = list(csv.reader(io.StringIO(out)))
    assert code == 0
    assert rows[0] == ["prediction", *(f"probability {label}" for label in SPECIES)]
    source = read("iris.csv", target="species")
    fitted = fit(source, penalty=L2(0.01), standardize=True)
    expected = probabilities(fitted, source.coded("full").eta(fitted.beta))
    np.testing.assert_array_equal(np.array([row[1:] for row in rows[1:]], dtype=float), expected)
    told = json.loads(iris("predict m.json iris.csv --json")[1])
    np.testing.assert_array_equal(told["probability"], expected)
    assert told["prediction"] == [row[0] for row in rows[1:]]
    assert told["classes"] == SPECIES
    assert "of them versi, color" in iris("predict m.json iris.csv --out p.csv")[1]


def test_rows_with_gaps_are_empty_in_every_column(iris):
    iris(FIT)
    Path("gap.csv").write_text("a,b,c,d\n5,3,1,0.2\n5,,1,0.2\n")
    assert iris("predict m.json gap.csv --missing drop")[1].splitlines()[2] == ",,,"
    told = json.loads(iris("predict m.json gap.csv --missing drop --json")[1])
    assert told["probability"][1] == [None] * 3


def test_it_is_scored_beside_the_base_rates(iris):
    _, out, _ = iris(FIT + " --test-size 0.3 --json")
    card = json.loads(out)["scores"]
    assert np.array(card["model"]["confusion"]).shape == (3, 3)
    assert card["base_rate"]["log_loss"] == pytest.approx(np.log(3))
    code, out, _ = iris("evaluate m.json iris.csv")
    assert code == 0
    assert "Logistic regression of species: 3 classes" in out
    assert "actual versi, color" in out
    assert iris("evaluate m.json iris.csv --threshold 0.4")[0] == 2
    assert iris("predict m.json iris.csv --threshold 0.4")[0] == 2


def test_a_summary_can_be_against_another_class(iris):
    iris(FIT)
    assert "against 'virginica'" in iris("summary m.json --against virginica")[1]
