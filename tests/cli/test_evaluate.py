import json
from pathlib import Path

import numpy as np
import pytest

from oddsmith import as_source, fit, save
from oddsmith.sources import as_csv


def test_evaluate_scores_the_rows_of_a_file(run):
    run("fit data.csv --target died --out m.json")
    code, out, _ = run("evaluate m.json data.csv")
    assert code == 0
    assert "Logistic regression of died: probability of 'yes'" in out
    assert "Scores on data.csv (500 rows)" in out
    code, text, _ = run("evaluate m.json data.csv --json")
    assert json.loads(text)["model"]["rows"] == 500


def test_evaluate_may_leave_out_rows_with_gaps_and_pass_over_new_levels(run):
    Path("t.csv").write_text("c,x,y\n" + "".join(f"{'ab'[k % 2]},{k % 7},{k % 3 % 2}\n" for k in range(60)))
    Path("new.csv").write_text("c,x,y\na,1,0\nb,,1\nz,3,1\n")
    run("fit t.csv --target y --out m.json")
    assert run("evaluate m.json new.csv")[0] == 3
    code, out, _ = run("evaluate m.json new.csv --missing drop --unseen reference")
    assert code == 0
    assert "new.csv, 1 rows with missing values left out (2 rows)" in out


@pytest.mark.parametrize("labels", [np.array([0, 1]), np.array(["no", "yes"])], ids=["numbers", "texts"])
def test_a_model_that_does_not_know_its_target_is_told(run, labels):
    X, y = np.arange(24.0).reshape(12, 2) % 7, labels[[0, 1, 1] * 4]
    save(fit(as_source(X, y)), "m.json")
    Path("new.csv").write_bytes(as_csv(x0=X[:, 0], x1=X[:, 1], y=y))
    code, _, err = run("evaluate m.json new.csv")
    assert code == 2
    assert "Name its column: --target COL." in err
    code, out, _ = run("evaluate m.json new.csv --target y")
    assert code == 0
    assert "Logistic regression of y: probability of" in out
    assert run("evaluate m.json new.csv --target z")[0] == 3


def test_the_target_may_have_another_name(run):
    run("fit data.csv --target died --out m.json")
    Path("new.csv").write_text(Path("data.csv").read_text().replace("died", "dead"))
    assert run("evaluate m.json new.csv")[0] == 3
    code, out, _ = run("evaluate m.json new.csv --target dead --json")
    assert (code, json.loads(out)["model"]["rows"]) == (0, 500)
