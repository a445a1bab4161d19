import pytest

from oddsmith import cli


@pytest.mark.parametrize(
    ("line", "code", "message"),
    [
        ("fit data.csv", 2, "Missing option '--target'"),
        ("fit data.csv --target died --penalty grouped", 2, "'grouped' is not one of"),
        ("fit data.csv --target died --penalty ridge", 2, "--penalty, --alpha and --cv disagree"),
        ("fit data.csv --target died --alpha 1", 2, "--penalty, --alpha and --cv disagree"),
        ("fit data.csv --target died --penalty ridge --alpha -1", 2, "alpha must be a number >= 0"),
        ("fit data.csv --target died --test-size 1.5", 2, "test size must lie between 0 and 1"),
        ("fit data.csv --target died --level 95", 2, "level must lie between 0 and 1"),
        ("nonsense", 2, "No such command 'nonsense'"),
        ("fit none.csv --target died", 3, "none.csv is not there"),
        ("fit data.csv --target dead", 3, "did you mean 'died'"),
        ("fit data.csv --target died --positive maybe", 3, "'maybe'; the classes are no and yes"),
        ("fit data.csv --target age", 3, "The target 'age' holds measurements, not classes: 500 "),
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


def test_even_a_defect_is_one_message(run, monkeypatch):
    def broken(*_, **__):
        raise RuntimeError("boom")

    monkeypatch.setattr("oddsmith.sources.reading.open_file", broken)
    code, out, err = run("fit data.csv --target died")
    assert (code, out) == (1, "")
    assert "unexpected RuntimeError: boom. This is a defect of oddsmith" in err
    monkeypatch.setenv("ODDSMITH_DEBUG", "1")
    with pytest.raises(RuntimeError, match="boom"):
        cli.main(["fit", "data.csv", "--target", "died"])
