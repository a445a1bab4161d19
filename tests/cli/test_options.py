"""The options of tables, through the commands: text, categories, gaps, unseen levels, standard input."""

import csv
import io
import json
import sys

import numpy as np
import pandas as pd
import pytest

from oddsmith import SpecificationError
from oddsmith.cli.options import table_arguments


@pytest.fixture
def shop(run, tmp_path):
    """A folder with shop.csv: an identifier, text, numbers, a boolean, and gaps."""
    rng = np.random.default_rng(3)
    frame = pd.DataFrame(
        {
            "id": [f"c{k}" for k in range(300)],
            "age": rng.integers(18, 80, 300).astype(float),
            "city": rng.choice(["Oslo", "Paris", "Rome"], 300, p=[0.5, 0.3, 0.2]),
            "plan": rng.integers(1, 4, 300),
            "member": rng.random(300) < 0.5,
            "bought": np.where(rng.random(300) < 0.4, "yes", "no"),
        }
    )
    frame.loc[[3, 8], "age"] = np.nan
    frame.loc[8, "city"] = None
    frame.to_csv(tmp_path / "shop.csv", index=False)
    return run


def names(out):
    return [entry["name"] for entry in json.loads(out)["coefficients"]]


def test_gaps_are_refused_with_advice(shop):
    code, _, err = shop("fit shop.csv --target bought --drop id")
    assert code == 3
    assert "'age' (2), 'city' (1); the first in row 4 of 'age'" in err
    assert "--missing drop" in err


def test_kinds_are_told_and_left_out_columns_named(shop):
    code, out, err = shop("fit shop.csv --target bought --missing drop")
    assert code == 0
    told = " ".join(out.split())
    assert "1 boolean (member), category city (3 levels, against 'Oslo'); rows with missing values dropped" in told
    assert "298 rows and 4 columns beside 'bought' from shop.csv; 2 rows with missing values dropped" in told
    assert "warning: Left out: 'id' (300 distinct texts in 300 rows" in err


def test_every_option_has_its_effect(shop):
    line = "fit shop.csv --target bought --missing impute --drop id --json"
    assert names(shop(line)[1]) == [
        "(Intercept)", "age", "age is missing", "city=Paris", "city=Rome", "city=(missing)", "plan", "member",
    ]  # fmt: skip
    assert "plan=2" in names(shop(f"{line} --category plan")[1])
    assert "city=Oslo" in names(shop(f"{line} --reference city=Rome")[1])
    assert names(shop(f"{line} --columns age,member --columns plan".replace("--drop id", ""))[1]) == [
        "(Intercept)", "age", "age is missing", "plan", "member",
    ]  # fmt: skip
    assert {"city=Oslo", "city=Paris"} < {*names(shop(f"{line} --penalty ridge --alpha 0.1")[1])}
    assert "city=Rome" not in names(shop(f"{line} --na Rome --na NaN")[1])
    code, _, err = shop(f"{line} --numeric city")
    assert (code, "'city' mixes numbers and text: " in err) == (3, True)


def test_predictions_come_for_every_row_empty_where_dropped(shop, tmp_path):
    shop("fit shop.csv --target bought --missing drop --drop id --out m.json")
    code, out, _ = shop("predict m.json shop.csv")
    rows = list(csv.DictReader(out.splitlines()))
    assert (code, len(rows)) == (0, 300)
    assert [k for k, row in enumerate(rows) if not row["prediction"]] == [3, 8]
    assert [k for k, row in enumerate(rows) if not row["probability"]] == [3, 8]
    told = json.loads(shop("predict m.json shop.csv --json")[1])
    assert told["probability"][3] is None
    assert told["prediction"][8] is None
    assert "2 rows with missing values are empty" in shop("predict m.json shop.csv --out p.csv")[1]
    assert json.loads(shop("evaluate m.json shop.csv --json")[1])["model"]["rows"] == 298


def test_unseen_levels_at_prediction(shop, tmp_path):
    shop("fit shop.csv --target bought --missing drop --drop id --out m.json")
    (tmp_path / "new.csv").write_text("age,city,plan,member\n30,Oslo,1,true\n40,Bonn,2,false\n")
    code, _, err = shop("predict m.json new.csv")
    assert code == 3
    assert "'city' has a level that the model has not seen: 'Bonn' in row 2; it knows 'Oslo', 'Paris', 'Rome'" in err
    assert shop("predict m.json new.csv --unseen reference")[0] == 0
    shop("fit shop.csv --target bought --missing drop --drop id --out m.json --unseen reference")
    assert shop("predict m.json new.csv")[0] == 0


def test_the_help_tells_what_an_unseen_level_is_under_a_penalty(shop):
    told = " ".join(shop("fit --help")[1].split())
    assert "let it count as the reference; under a penalty, as none of the levels" in told


def test_a_dash_is_standard_input(shop, tmp_path, monkeypatch):
    content = (tmp_path / "shop.csv").read_bytes()

    def feed():
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))

    feed()
    assert shop("fit - --target bought --missing impute --drop id --out m.json")[0] == 0
    expected = shop("predict m.json shop.csv")[1]
    feed()
    assert shop("predict m.json -")[1] == expected


def test_names_are_lists_with_commas_or_quotes():
    given = {"columns": ["a,b", '"c,d"'], "drop": [], "category": [], "numeric": [], "reference": ["k=v=w"], "na": []}
    told = table_arguments(given)
    assert told["columns"] == ["a", "b", "c,d"]
    assert told["reference"] == {"k": "v=w"}
    assert "na" not in told
    with pytest.raises(SpecificationError, match="Write COL=LEVEL"):
        table_arguments(given | {"reference": ["k"]})
