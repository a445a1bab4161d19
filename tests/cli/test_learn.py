import webbrowser
from pathlib import Path

import pytest

from oddsmith.learn import page


@pytest.fixture
def shown(monkeypatch):
    """What was opened, in place of a browser."""
    addresses = []
    monkeypatch.setattr(webbrowser, "open", lambda address: addresses.append(address) or True)
    return addresses


def test_the_page_is_written_and_shown(run, tmp_path, shown):
    assert run("learn") == (0, "The page is in oddsmith-learn.html\n", "")
    assert (tmp_path / "oddsmith-learn.html").read_text(encoding="utf-8") == page()
    assert shown == [(tmp_path / "oddsmith-learn.html").as_uri()]
    assert run("learn")[0] == 0  # over an older page


def test_to_a_file_of_ones_choice_without_a_browser(run, shown):
    assert run("learn --no-open --out lesson.html") == (0, "The page is in lesson.html\n", "")
    assert Path("lesson.html").exists()
    assert shown == []


def test_where_there_is_no_browser_one_is_told(run, monkeypatch):
    monkeypatch.setattr(webbrowser, "open", lambda address: False)
    code, out, err = run("learn")
    assert (code, err) == (0, "")
    assert "No browser was found here" in out


def test_nothing_else_is_written_over(run, tmp_path, shown):
    before = (tmp_path / "data.csv").read_bytes()
    code, out, err = run("learn --out data.csv")
    assert (code, out) == (2, "")
    assert "--out would write over another file" in err
    assert (tmp_path / "data.csv").read_bytes() == before
    assert run("learn --out nowhere/page.html")[0] == 3
    assert shown == []
