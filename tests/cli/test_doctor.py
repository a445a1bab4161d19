import json
import re

import pytest

from oddsmith import installation


def test_doctor_tells_what_is_here(run):
    code, out, err = run("doctor")
    assert (code, err) == (0, "")
    lines = dict(re.findall(r"^(\S+) +(.*)$", out, re.M))
    for name in ("Oddsmith", "Python", "Platform", "Libraries", "Kernels", "SIMD", "Threads", "BLAS", "Extras", "ok"):
        assert lines[name], name
    assert "BROKEN" not in out


def test_the_document_says_the_same(run):
    from importlib.metadata import version

    import numpy as np

    code, out, _ = run("doctor --json")
    told = json.loads(out)
    assert code == 0
    assert told["sound"] is True
    assert told["oddsmith"] == version("oddsmith")
    assert {r["name"]: r["found"] for r in told["requirements"]}["numpy"] == np.__version__
    assert told["facts"]["kernels"] == "compiled"
    assert [check["name"] for check in told["checks"]] == ["libraries", *installation.ATTEMPTS]


@pytest.mark.parametrize("how", ["", " --json"])
def test_what_is_broken_is_told_with_what_to_do_and_an_exit_code(run, monkeypatch, how):
    monkeypatch.setattr("oddsmith.read", lambda *_, **__: 1 / 0)
    code, out, _ = run("doctor" + how)
    assert code == 1
    assert "ZeroDivisionError: division by zero" in out
    assert "pip install --force-reinstall oddsmith pyarrow" in out
    assert "LogisticRegression" not in out  # what builds on that is not tried


def test_an_extra_that_is_absent_is_named_with_how_to_get_it(run, monkeypatch):
    absent = (installation.Requirement("formulaic", "1.0", "formula", None),)
    monkeypatch.setattr(installation, "requirements", lambda: absent)
    code, out, _ = run("doctor")
    assert code == 0
    assert "formula: formulaic not installed; pip install 'oddsmith[formula]'" in out
