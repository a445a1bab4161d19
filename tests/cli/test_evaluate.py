import json


def test_evaluate_scores_the_rows_of_a_file(run):
    run("fit data.csv --target died --out m.json")
    code, out, _ = run("evaluate m.json data.csv")
    assert code == 0
    assert "Logistic regression of died: probability of 'yes'" in out
    assert "Scores on data.csv (500 rows)" in out
    code, text, _ = run("evaluate m.json data.csv --json")
    assert json.loads(text)["model"]["rows"] == 500
