"""The fixture `run`: a command line in a folder that holds data.csv."""

import numpy as np
import pytest

from oddsmith import cli
from oddsmith.sources import as_csv
from tests.problems import PROBLEMS

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
