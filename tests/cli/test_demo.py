import pytest

from oddsmith import cli, load


def test_the_demo_shows_what_to_type_and_does_it(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as stop:
        cli.main(["demo"])
    out, err = capsys.readouterr()
    assert (stop.value.code, err) == (0, "")
    assert (
        "$ oddsmith fit breast_cancer.csv --target diagnosis --positive malignant --penalty ridge --alpha 0.001 "
        "--test-size 0.2 --seed 0 --out model.json"
    ) in out
    for command in ("predict", "evaluate"):
        assert f"$ oddsmith {command} model.json breast_cancer.csv" in out
    folder = tmp_path / "oddsmith-demo"
    assert (folder / "breast_cancer.csv").read_text().count("\n") == 570
    assert (folder / "predictions.csv").read_text().count("\n") == 570
    model = load(folder / "model.json")
    assert model.classes.tolist() == ["benign", "malignant"]
    assert model.fit.certificate.kind == "proved"


def test_a_folder_that_cannot_be_made(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    with pytest.raises(SystemExit) as stop:
        cli.main(["demo", "--dir", str(tmp_path / "file" / "sub")])
    assert stop.value.code == 3
    assert "folder cannot be made" in capsys.readouterr().err
