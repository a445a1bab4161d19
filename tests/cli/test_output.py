import pytest


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
