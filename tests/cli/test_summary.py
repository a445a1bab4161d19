import json


def test_summary_tells_what_is_in_a_model_file(run):
    run("fit data.csv --target died --out m.json")
    code, out, _ = run("summary m.json")
    assert code == 0
    assert "age" in out
    _, text, _ = run("summary m.json --json")
    assert [row["name"] for row in json.loads(text)["coefficients"]] == [
        "(Intercept)",
        "age",
        "dose",
        "x3",
        "x4",
        "x5",
        "x6",
    ]
