import json
from pathlib import Path


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
