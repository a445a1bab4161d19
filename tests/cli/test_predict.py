import csv
import json

import numpy as np

from oddsmith import load
from tests.problems import PROBLEMS

PLAIN = PROBLEMS["plain"]


def test_predict_gives_every_row_in_order(run):
    run("fit data.csv --target died --out m.json")
    code, out, _ = run("predict m.json data.csv")
    rows = list(csv.DictReader(out.splitlines()))
    expected = load("m.json").predict_proba(PLAIN.X)[:, 1]
    assert code == 0
    np.testing.assert_array_equal([float(row["probability"]) for row in rows], expected)
    assert [row["prediction"] for row in rows] == np.array(["no", "yes"])[(expected > 0.5).astype(int)].tolist()
    code, out, _ = run("predict m.json data.csv --out p.csv --threshold 0.2")
    assert "500 predictions in p.csv" in out
    with open("p.csv") as file:
        assert sum(row["prediction"] == "yes" for row in csv.DictReader(file)) == int((expected >= 0.2).sum())
    _, out, _ = run("predict m.json data.csv --json")
    assert json.loads(out)["probability"] == expected.tolist()


def test_other_data_than_the_models(run, tmp_path):
    run("fit data.csv --target died --out m.json")
    (tmp_path / "other.csv").write_text("age,doses,x3,x4,x5,x6\n1,2,3,4,5,6\n")
    code, _, err = run("predict m.json other.csv")
    assert code == 3
    assert "'dose' not among 6 columns" in err
    (tmp_path / "unlabelled.csv").write_text("age,dose,x3,x4,x5,x6\n1,2,3,4,5,6\n")
    assert run("predict m.json unlabelled.csv")[0] == 0
    code, _, err = run("evaluate m.json unlabelled.csv")
    assert code == 3
    assert "no column 'died'" in err
