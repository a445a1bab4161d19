import json
from pathlib import Path

import numpy as np
import pytest

from oddsmith import cli, fit, infer, load
from oddsmith.sources import as_csv, read
from tests.problems import PROBLEMS

PLAIN = PROBLEMS["plain"]


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


def test_an_existing_model_survives_a_failed_fit(run, tmp_path):
    run("fit data.csv --target died --out m.json")
    before = (tmp_path / "m.json").read_bytes()
    (tmp_path / "bad.csv").write_text("x,y\n1,0\n2,0\nfoo,1\n")
    assert run("fit bad.csv --target y --out m.json")[0] == 3
    assert (tmp_path / "m.json").read_bytes() == before


def test_an_empty_target_is_no_column(run):
    with pytest.raises(SystemExit) as stop:
        cli.main(["fit", "data.csv", "--target", ""])
    assert stop.value.code == 3


def test_held_out_rows_are_read_like_new_ones(run):
    rows = [f"{'ab'[k % 2]},{k},{k % 3 % 2}" for k in range(60)]
    Path("t.csv").write_text("c,x,y\n" + "\n".join(rows) + "\nz,61,1\n")
    codes = {run(f"fit t.csv --target y --test-size 0.2 --seed {seed}")[0] for seed in range(12)}
    assert codes == {0, 3}  # 3 where the one row of level z is held out
    code, _, err = run("fit t.csv --target y --test-size 0.95 --seed 1")
    assert code == 3
    assert "'z' in row 61" in err
    assert "--unseen reference" in err
    assert run("fit t.csv --target y --test-size 0.95 --seed 1 --unseen reference")[0] == 0


def test_the_strength_is_chosen_by_cross_validation_and_told(run):
    from oddsmith import L1, cross_validate_path

    code, out, err = run("fit data.csv --target died --penalty lasso --cv 5 --one-se --out m.json")
    assert (code, err) == (0, "")
    tuned = cross_validate_path(read("data.csv", target="died"), L1())
    fitted = load("m.json").fit
    assert fitted.penalty == L1(tuned.best_1se.alpha)
    for part in (
        "Cross-validation: 5 folds",
        "held-out deviance".capitalize(),
        f"Chosen: alpha {fitted.penalty.strength:.4g}; {len(fitted.kept)} of 6 columns kept",
        "lasso, alpha ",
        f"{tuned.best.alpha:.4g}",
    ):
        assert part in out, part
    told = json.loads(run("fit data.csv --target died --penalty lasso --cv 5 --json")[1])
    assert told["cross_validation"]["best"]["alpha"] == tuned.best.alpha
    assert told["cross_validation"]["best_1se"]["kept"] == list(tuned.best_1se.fit.kept)
    assert f"alpha {tuned.best.alpha:g}" in told["penalty"]
    assert len(told["cross_validation"]["curves"][0]["score"]) == len(tuned.paths[0])


def test_the_mixture_is_chosen_too_and_a_plain_terminal_gets_plain_characters(run, monkeypatch):
    monkeypatch.setenv("TERM", "dumb")
    code, out, _ = run("fit data.csv --target died --penalty elastic-net --cv 3 --l1-ratio 0.2 --l1-ratio 1")
    assert code == 0
    assert "l1_ratios 0.2, 1" in out
    assert out[: out.index("Logistic regression")].isascii()
    _, out, _ = run("fit data.csv --target died --penalty elastic-net --alpha 0.01 --l1-ratio 0.3 --json")
    assert "elastic net" in json.loads(out)["penalty"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("--penalty lasso --alpha 1 --cv 5", "disagree"),
        ("--cv 5", "disagree"),
        ("--penalty lasso --alpha 1 --l1-ratio 0.5", "--l1-ratio has no meaning here"),
        ("--penalty elastic-net --alpha 1 --l1-ratio 0.5 --l1-ratio 1", "--l1-ratio has no meaning here"),
        ("--penalty lasso --cv 1", "There are no such folds"),
        ("--penalty lasso", "disagree: --penalty lasso without --alpha or --cv."),
        ("--alpha 1", "disagree: --penalty none, --alpha 1.0."),
        ("--penalty lasso --alpha 1 --one-se", "--one-se has no meaning here"),
        ("--one-se", "--one-se has no meaning here"),
        ("--penalty ridge --alpha 1 --alpha-min-ratio 0.1", "--alpha-min-ratio has no meaning here"),
        ("--penalty ridge --cv 3 --alpha-min-ratio 2", "alpha_min_ratio must lie between 0 and 1"),
        ("--penalty ridge --cv 3 --tol -1", "tol must be"),
    ],
)
def test_penalties_that_have_no_meaning_are_refused(run, options, message):
    code, _, err = run(f"fit data.csv --target died {options}")
    assert code == 2
    assert message in err
    assert "None" not in err


@pytest.mark.parametrize(
    ("option", "argument"), [("--tol 0.001", {"tol": 1e-3}), ("--alpha-min-ratio 0.3", {"alpha_min_ratio": 0.3})]
)
def test_the_search_hears_of_its_options(run, option, argument):
    from oddsmith import L2, cross_validate_path

    told = json.loads(run(f"fit data.csv --target died --penalty ridge --cv 3 {option} --json")[1])
    tuned = cross_validate_path(read("data.csv", target="died"), L2(), folds=3, **argument)
    assert told["cross_validation"]["curves"][0]["alpha"] == tuned.paths[0].alphas.tolist()
    assert told["cross_validation"]["curves"][0]["score"] == tuned.scores[0].tolist()


@pytest.mark.parametrize("penalty", ["lasso", "ridge", "elastic-net"])
@pytest.mark.parametrize("limit", [1, 4])
def test_the_model_is_the_point_that_was_chosen_however_few_passes_it_has(run, penalty, limit):
    _, out, _ = run(f"fit data.csv --target died --penalty {penalty} --cv 3 --max-passes {limit} --out m.json --json")
    best, fitted = json.loads(out)["cross_validation"]["best"], load("m.json").fit
    assert fitted.penalty.strength == best["alpha"]
    assert list(fitted.kept) == best["kept"]
    alone = fit(read("data.csv", target="died"), penalty=fitted.penalty, standardize=True)
    assert fitted.value == pytest.approx(alone.value, rel=1e-2)


@pytest.mark.parametrize("options", ["none", "ridge --alpha 1", "lasso --alpha 0.01", "elastic-net --alpha 0.01"])
def test_the_page_of_the_model_file_names_what_is_written(run, options):
    page = (Path(__file__).parents[2] / "docs" / "model-file.md").read_text()
    run(f"fit data.csv --target died --penalty {options} --out m.json")
    told = json.loads(Path("m.json").read_text())
    assert f'`"{told["penalty"]["name"]}"`' in page
    for keys in (told, *(told[part] for part in ("penalty", "fit", "schema")), told["fit"]["certificate"]):
        assert [key for key in keys if f"`{key}`" not in page] == []


def test_firths_correction(run, tmp_path):
    (tmp_path / "s.csv").write_text("x,y\n" + "".join(f"{k},{int(k > 9)}\n" for k in range(20)))
    code, out, err = run("fit s.csv --target y --bias-reduction firth --strict --out m.json")
    assert (code, err) == (0, "")
    assert "Penalty      Jeffreys' prior (Firth's bias reduction)" in out
    assert "Likelihood   penalised log-likelihood -" in out
    assert "Jeffreys' prior" in run("summary m.json")[1]
    told = json.loads(run("fit s.csv --target y --bias-reduction firth --json")[1])
    found = fit(read("s.csv", target="y"), bias_reduction="firth")
    assert told["penalised_log_likelihood"] == found.penalised_log_likelihood
    code, _, err = run("fit s.csv --target y --bias-reduction firth --penalty ridge --alpha 1")
    assert code == 2
    assert "Firth's correction is a penalty of its own" in err


def test_collinear_columns_are_dropped_or_shared_or_refused(run, tmp_path):
    (tmp_path / "c.csv").write_text("a,b,y\n" + "".join(f"{k},{2 * k + 1},{int(k % 3 > 1)}\n" for k in range(30)))
    code, out, err = run("fit c.csv --target y --strict")
    assert code == 0
    assert "warning: Columns that are linear combinations" in err
    assert "b = 1 + 2*a" in err
    assert "Dropped      collinear: b = 1 + 2*a" in out
    assert [line.split() for line in out.splitlines() if line.startswith("b ")] == [["b", *["NA"] * 7]]
    assert run("fit c.csv --target y --collinear min-norm --strict")[0] == 4
    code, _, err = run("fit c.csv --target y --collinear error")
    assert code == 3
    assert "Columns are linear combinations of others: b = 1 + 2*a." in err
