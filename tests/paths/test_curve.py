import numpy as np
import pytest

from oddsmith.paths.curve import BRAILLE, curve_lines

ENDS = ("left", "right")


def heights(lines, width, *, plain):
    """The height of the topmost dot in every column of characters, from below."""
    rows = [line[line.index("|" if plain else "│") + 1 :].ljust(width) for line in lines]
    return [max((len(rows) - k for k, row in enumerate(rows) if row[i] != " "), default=0) for i in range(width)]


@pytest.mark.parametrize("plain", [True, False])
def test_a_curve_goes_where_its_values_go(plain):
    lines = curve_lines([3.0, 1.0, 2.0], ends=ENDS, marks={1: "b"}, plain=plain, width=21, height=5)
    assert len(lines) == 7
    found = heights(lines[:5], 21, plain=plain)
    assert (found[0], found[10], found[-1]) == (5, 1, 3)
    assert all(found)
    assert "3 " in lines[0]
    assert "1 " in lines[4]
    axis = lines[5]
    assert axis.index("b") - axis.index("+" if plain else "└") == 11
    assert lines[6].endswith("right")
    assert all(line.isascii() for line in lines) == plain


def test_steep_parts_have_no_gaps():
    lines = curve_lines(np.repeat([0.0, 1.0], 10), ends=ENDS, marks={}, plain=True, width=20, height=6)
    column = [line[line.index("|") + 11] for line in lines[:6]]
    assert column.count("*") >= 5


def test_dots_are_braille_and_levels_are_finer_than_characters():
    lines = curve_lines(np.linspace(0, 1, 50), ends=ENDS, marks={}, width=30, height=4)
    used = {c for line in lines[:4] for c in line if ord(c) > BRAILLE}
    assert used
    assert all(BRAILLE < ord(c) < BRAILLE + 256 for c in used)
    assert len(used) > 3


def test_flat_unknown_and_single_values():
    assert curve_lines([np.nan], ends=ENDS, marks={}) == []
    flat = curve_lines([2.0, 2.0], ends=ENDS, marks={}, plain=True, width=10, height=3)
    assert sum(line.count("*") for line in flat) == 10
    gap = curve_lines([1.0, np.nan, 1.0, 2.0], ends=ENDS, marks={}, plain=True, width=31, height=3)
    assert 0 < sum(line.count("*") for line in gap) < 31
    assert curve_lines([1.0], ends=ENDS, marks={0: "b"}, plain=True)
