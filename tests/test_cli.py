import csv
import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from oddsmith import cli, fit, infer, load
from oddsmith.sources import as_csv, read
from tests.problems import PROBLEMS, generate

PLAIN = PROBLEMS["plain"]
NAMES = ["age", "dose", "x3", "x4", "x5", "x6"]


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Run a command line in a folder that holds data.csv; returns exit code, stdout, stderr."""
    columns = dict(zip(NAMES, PLAIN.X.T, strict=True)) | {"died": np.array(["no", "yes"])[PLAIN.y]}
    (tmp_path / "data.csv").write_bytes(as_csv(**columns))
    monkeypatch.chdir(tmp_path)

    def call(line):
        with pytest.raises(SystemExit) as stop:
            cli.main(line.split())
        out, err = capsys.readouterr()
        return stop.value.code or 0, out, err

    return call


def test_fit_tells_all_that_was_asked(run):
    code, out, err = run("fit data.csv --target died")
    assert (code, err) == (0, "")
    for part in (
        "probability of 'yes'",
        "Read         500 rows and 6 columns beside 'died' from data.csv",
        "500 rows, 6 columns; ",
        "yes: ",
        "Penalty      no penalty",
        "Solver       sketched_newton, ",
        "passes over the data",
        "Certificate  proved",
        "95 % interval",
        "odds ratio",
        "Scores on the training data, which flatters (500 rows)",
        "base rate",
        "predicted no  predicted yes",
    ):
        assert part in out, part


def test_the_numbers_are_those_of_python(run):
    _, out, _ = run("fit data.csv --target died --penalty ridge --alpha 0.01 --json")
    told = json.loads(out)
    from oddsmith import L2

    table = infer(fit(read("data.csv", target="died"), penalty=L2(0.01), standardize=True))
    assert [row["coefficient"] for row in told["coefficients"]] == table.coef.tolist()
    assert [row["standard_error"] for row in told["coefficients"]] == table.se.tolist()
    assert "standardised columns" in told["penalty"]


def test_held_out_rows_are_scikit_learns_split(run):
    from sklearn.metrics import log_loss
    from sklearn.model_selection import train_test_split

    _, out, _ = run("fit data.csv --target died --test-size 0.25 --seed 3 --out m.json --json")
    told = json.loads(out)
    _, X, _, y = train_test_split(PLAIN.X, PLAIN.y, test_size=0.25, random_state=3, stratify=PLAIN.y)
    assert told["rows"] == 375
    assert told["origin"] == "500 rows and 6 columns beside 'died' from data.csv; 125 rows held out"
    assert told["scores"]["scored_on"] == "held-out data (125 rows)"
    assert told["scores"]["model"]["log_loss"] == pytest.approx(log_loss(y, load("m.json").predict_proba(X)), rel=1e-9)
    base = told["class_weights"][1] / 375
    assert told["scores"]["base_rate"]["log_loss"] == pytest.approx(log_loss(y, np.full(125, base)), rel=1e-9)


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


def test_evaluate_and_summary(run):
    run("fit data.csv --target died --out m.json")
    code, out, _ = run("evaluate m.json data.csv")
    assert code == 0
    assert "Scores on data.csv (500 rows)" in out
    code, text, _ = run("evaluate m.json data.csv --json")
    assert json.loads(text)["model"]["rows"] == 500
    code, out, _ = run("summary m.json")
    assert code == 0
    assert "age" in out
    _, text, _ = run("summary m.json --json")
    assert [row["name"] for row in json.loads(text)["coefficients"]] == ["(Intercept)", *NAMES]


def test_weights_and_offsets(run, tmp_path):
    problem = PROBLEMS["weighted"]
    (tmp_path / "w.csv").write_bytes(as_csv(a=problem.X[:, 0], n=problem.weight, o=problem.offset, y=problem.y))
    _, out, _ = run("fit w.csv --target y --weight n --offset o --out m.json --json")
    told = json.loads(out)
    assert sum(told["class_weights"]) == problem.weight.sum()
    _, out, _ = run("predict m.json w.csv --json")
    expected = load("m.json").predict_proba(problem.X[:, :1], problem.offset)[:, 1]
    assert json.loads(out)["probability"] == expected.tolist()
    assert run("evaluate m.json w.csv --weight n")[0] == 0


def test_warnings_go_to_stderr_and_strict_makes_them_count(run, tmp_path):
    (tmp_path / "s.csv").write_text("x,y\n" + "".join(f"{k},{int(k > 9)}\n" for k in range(20)))
    code, out, err = run("fit s.csv --target y --json")
    assert code == 0
    assert "warning: The classes are separated" in err
    assert json.loads(out)["status"] == "separated"
    code, out, err = run("fit s.csv --target y --strict --out m.json")
    assert code == 4
    assert "Add a penalty" in out
    assert run("fit s.csv --target y --penalty ridge --alpha 0.01 --strict")[0] == 0


@pytest.mark.parametrize(
    ("line", "code", "message"),
    [
        ("fit data.csv", 2, "Missing option '--target'"),
        ("fit data.csv --target died --penalty lasso", 2, "'lasso' is not one of"),
        ("fit data.csv --target died --penalty ridge", 2, "--penalty and --alpha disagree"),
        ("fit data.csv --target died --alpha 1", 2, "--penalty and --alpha disagree"),
        ("fit data.csv --target died --penalty ridge --alpha -1", 2, "alpha must be a number >= 0"),
        ("fit data.csv --target died --test-size 1.5", 2, "test size must lie between 0 and 1"),
        ("fit data.csv --target died --level 95", 2, "level must lie between 0 and 1"),
        ("nonsense", 2, "No such command 'nonsense'"),
        ("fit none.csv --target died", 3, "none.csv is not there"),
        ("fit data.csv --target dead", 3, "did you mean 'died'"),
        ("fit data.csv --target died --positive maybe", 3, "'maybe'; the classes are no and yes"),
        ("fit data.csv --target age", 3, "Column 'died' is not numeric: "),
        ("fit data.csv --target died --delimiter ;", 3, "There is no column 'died'"),
        ("fit data.csv --target died --out nowhere/m.json", 3, "there is no folder for nowhere/m.json"),
        ("predict none.json data.csv", 3, "model file cannot be read"),
        ("predict data.csv data.csv", 3, "not a whole model file"),
        ("summary data.csv", 3, "not a whole model file"),
    ],
)
def test_what_goes_wrong_is_one_message_and_an_exit_code(run, line, code, message):
    found, out, err = run(line)
    assert found == code
    assert message in err
    assert out == ""
    assert "Traceback" not in err


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


def test_an_existing_model_survives_a_failed_fit(run, tmp_path):
    run("fit data.csv --target died --out m.json")
    before = (tmp_path / "m.json").read_bytes()
    (tmp_path / "bad.csv").write_text("x,y\n1,0\nfoo,1\n")
    assert run("fit bad.csv --target y --out m.json")[0] == 3
    assert (tmp_path / "m.json").read_bytes() == before


def test_even_a_defect_is_one_message(run, monkeypatch):
    def broken(*_, **__):
        raise RuntimeError("boom")

    monkeypatch.setattr("oddsmith.sources.files.open_file", broken)
    code, out, err = run("fit data.csv --target died")
    assert (code, out) == (1, "")
    assert "unexpected RuntimeError: boom. This is a defect of oddsmith" in err
    monkeypatch.setenv("ODDSMITH_DEBUG", "1")
    with pytest.raises(RuntimeError, match="boom"):
        cli.main(["fit", "data.csv", "--target", "died"])


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("fit data.csv --target died --out data.csv", "--out would write over an input"),
        ("fit data.csv --target died --out ./data.csv", "--out would write over an input"),
        ("predict m.json data.csv --out m.json", "--out would write over an input"),
        ("predict m.json data.csv --out ./data.csv", "--out would write over an input"),
        ("predict m.json data.csv --out other.json", "--out would write predictions over a model"),
        ("fit data.csv --target died --test-size 0.2 --seed -1", "seed must lie between 0"),
        ("fit data.csv --target died --test-size 0.001", "The rows cannot be split: "),
        ("fit data.csv --target died --offset died", "A column has one role only"),
        ("evaluate m.json data.csv --threshold nan", "threshold must lie between 0 and 1"),
    ],
)
def test_nothing_is_written_over_and_nonsense_is_refused(run, tmp_path, line, message):
    run("fit data.csv --target died --out m.json")
    run("fit data.csv --target died --out other.json")
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    code, out, err = run(line)
    assert (code, out) == (2, "")
    assert message in err
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_an_empty_target_is_no_column(run):
    with pytest.raises(SystemExit) as stop:
        cli.main(["fit", "data.csv", "--target", ""])
    assert stop.value.code == 3


def test_help_and_version(run):
    code, out, _ = run("--help")
    assert code == 0
    for command in ("fit", "predict", "evaluate", "summary", "demo"):
        assert f"  {command} " in out
    assert run("--version")[1].startswith("oddsmith 0.")
    assert "--test-size" in run("fit --help")[1]


def test_as_a_process_it_is_quiet_on_a_broken_pipe(run, tmp_path):
    run("fit data.csv --target died --out m.json")
    line = f"{sys.executable} -m oddsmith predict m.json data.csv | head -n 1"
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.stdout == "prediction,probability\n"
    assert done.stderr == ""


@pytest.mark.slow
def test_an_interrupt_exits_with_130(tmp_path):
    problem = generate(300_000, 8, 1)
    columns = {f"x{j}": problem.X[:, j] for j in range(8)} | {"y": problem.y}
    (tmp_path / "big.csv").write_bytes(as_csv(**columns))
    command = [sys.executable, "-m", "oddsmith", "fit", "big.csv", "--target", "y"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path, text=True)
    time.sleep(0.35)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=20)
    assert process.returncode in (130, -signal.SIGINT)  # the latter: before Python was up
    assert "Traceback" not in errors or process.returncode != 130
    assert os.path.exists(tmp_path / "big.csv")
