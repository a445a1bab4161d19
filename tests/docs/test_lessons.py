"""The lessons say what is so: their code runs, prints what the page says, and draws what the page shows."""

import re
import warnings
from doctest import ELLIPSIS, NORMALIZE_WHITESPACE, OutputChecker

import matplotlib.pyplot as plt
import numpy as np
import pytest

from docs import lessons
from oddsmith import plots

pytestmark = pytest.mark.slow

PAGES = lessons.lessons()
ROOT = lessons.FOLDER.parents[1]


def same(one, other) -> bool:
    """Whether two drawings show the same, to a hundredth of their width."""
    return len(one) == len(other) and all(
        a["words"] == b["words"]
        and len(a["numbers"]) == len(b["numbers"])
        and np.allclose(a["numbers"], b["numbers"], rtol=0.01, atol=0.01)
        for a, b in zip(one, other, strict=True)
    )


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_lesson_runs_prints_what_it_says_and_draws_what_it_shows(page, tmp_path):
    said = drawn = 0
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # a lesson shows its warnings, or has none
        warnings.simplefilter("ignore", DeprecationWarning)  # of libraries, among themselves
        for piece in lessons.run(page):
            if isinstance(piece, lessons.Print):
                said += 1
                agrees = OutputChecker().check_output(piece.said, piece.printed, ELLIPSIS | NORMALIZE_WHITESPACE)
                assert agrees, f"the page says\n{piece.said}\nand the code prints\n{piece.printed}"
            else:
                drawn += 1
                anew, shown = piece.save(tmp_path), lessons.FOLDER / piece.name
                assert anew.stat().st_size > 3000
                assert same(lessons.recorded(anew), lessons.recorded(shown)), f"{piece.name} is old: run `make docs`"
    assert said >= 3
    assert drawn >= 1


def test_what_was_drawn_tells_another_curve_from_another_font():
    def curve(steepness):
        ax = plots.sigmoid()
        x = ax.lines[0].get_xdata()
        ax.lines[0].set_data(x, 1 / (1 + np.exp(-steepness * x)))
        found = lessons.drawn(ax.figure)
        plt.close(ax.figure)
        return found

    with plt.rc_context({"font.family": "DejaVu Serif", "font.size": 14}):
        other_font = curve(1.0)
    assert same(curve(1.0), other_font)
    assert not same(curve(1.0), curve(1.2))
    assert not same(curve(1.0), curve(1.0) * 2)


def test_the_contents_list_every_lesson_in_order():
    text = (ROOT / "docs" / "README.md").read_text()
    assert re.findall(r"^\d\. \[.*?\]\((.*?)\)", text, re.M) == [f"learn/{page.name}" for page in PAGES]


@pytest.mark.parametrize("page", [*PAGES, ROOT / "docs" / "README.md"], ids=lambda page: page.stem)
def test_what_a_page_links_to_is_there(page):
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text()):
        assert (page.parent / target).exists(), target


def test_pictures_are_small_and_none_is_left_over():
    used = {name for page in PAGES for name in re.findall(r"^!\[[^\]]+\]\((\S+)\)$", page.read_text(), re.M)}
    there = {f"pictures/{path.name}" for path in (lessons.FOLDER / "pictures").iterdir()}
    assert there == used
    for path in (lessons.FOLDER / "pictures").iterdir():
        assert path.stat().st_size < (300_000 if path.suffix == ".gif" else 100_000), path.name
    assert any(name.endswith(".gif") for name in used)
