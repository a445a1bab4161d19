import ast
import re
from importlib.resources import files
from pathlib import Path

import pytest
from sklearn.datasets import load_breast_cancer

from oddsmith.errors import DataError
from oddsmith.learn import is_page, page, write_page
from oddsmith.learn.page import SCRIPTS

FOLDER = Path(str(files("oddsmith.learn")))
PAGE = page()
STYLE = (FOLDER / "style.css").read_text()


def test_every_file_of_the_folder_is_in_the_page():
    assert {path.name for path in FOLDER.glob("*.js")} == set(SCRIPTS)
    assert len(SCRIPTS) == len(set(SCRIPTS))
    for name in (*SCRIPTS, "style.css", "lessons.html"):
        longest = max((FOLDER / name).read_text().splitlines(), key=len)
        assert re.sub(r"^export ", "", longest) in PAGE, name
    assert "{{" not in PAGE


@pytest.mark.parametrize("name", SCRIPTS)
def test_scripts_stand_after_those_that_they_import_from(name):
    before = SCRIPTS[: SCRIPTS.index(name)]
    found = re.findall(r'^import \{ ([^}]*) \} from "\./(\w+\.js)";$', (FOLDER / name).read_text(), re.MULTILINE)
    assert len(found) == (FOLDER / name).read_text().count("import ")
    for names, source in found:
        assert source in before
        for imported in names.split(", "):
            assert re.search(
                rf"^export (const|class|function) {imported}\b", (FOLDER / source).read_text(), re.MULTILINE
            )


def test_nothing_is_asked_of_the_network():
    namespace = "http://www.w3.org/2000/svg"
    assert re.findall(r"https?://|//[a-z]+\.", PAGE.replace(namespace, "")) == []
    assert re.findall(r"\b(?:src|action)=|@import|url\(|\bfetch\(|XMLHttpRequest|WebSocket", PAGE) == []
    assert all(re.findall(r'href="data:', tag) for tag in re.findall(r"<link[^>]*>", PAGE))
    assert "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:" in PAGE


def test_no_text_in_a_script_ends_it():
    assert len(re.findall(r"</script", PAGE)) == len(re.findall(r"<script", PAGE)) == 2


def test_the_page_is_written_and_recognised(tmp_path):
    write_page(tmp_path / "page.html")
    assert (tmp_path / "page.html").read_text(encoding="utf-8") == PAGE
    (tmp_path / "other.html").write_text("<!doctype html>")
    assert [is_page(tmp_path / name) for name in ("page.html", "other.html", "none.html")] == [True, False, False]
    with pytest.raises(DataError, match="cannot be written"):
        write_page(tmp_path / "none" / "page.html")


def test_the_cancer_data_is_scikit_learns():
    bunch = load_breast_cancer()
    listed = ast.literal_eval((FOLDER / "cancer.js").read_text().partition("CANCER = ")[2].rstrip(";\n"))
    malignant = (bunch.target == list(bunch.target_names).index("malignant")).astype(int)
    assert [row[:2] for row in listed] == bunch.data[:, :2].tolist()
    assert [row[2] for row in listed] == malignant.tolist()


def luminance(colour):
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_text_can_be_read_and_marks_be_seen(theme):
    """The Web Content Accessibility Guidelines ask for a contrast of 4.5 of text and of 3 of graphics."""
    blocks = re.findall(r"color-scheme: \w+;[^}]*", STYLE)
    colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", blocks[theme]))
    for ground in ("page", "card", "control"):
        for ink in ("ink", "muted"):
            assert contrast(colours[ink], colours[ground]) >= 4.5, (ink, ground)
    for ink in ("bad", "good", "accent"):
        assert contrast(colours[ink], colours["card"]) >= 4.5, ink
    assert contrast(colours["on-accent"], colours["accent"]) >= 4.5
    for mark in ("class-0", "class-1", "class-2", "ghost-0", "ghost-1", "ghost-2", "ghost-3"):
        assert contrast(colours[mark], colours["plane"]) >= 3, mark
