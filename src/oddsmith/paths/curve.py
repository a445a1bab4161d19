"""A curve in a few lines of text, for a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from oddsmith.arrays import Array

DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))  # of a braille character: rows of two
BRAILLE = 0x2800


def curve_lines(
    values: Sequence[float] | Array, *, ends: tuple[str, str], marks: Mapping[int, str], plain: bool = False,
    width: int = 60, height: int = 7,
) -> list[str]:  # fmt: skip
    """A curve through values, evenly spaced from left to right, with its least and its largest at the side.

    Parameters
    ----------
    values : array of shape (n,)
        NaN leaves a gap.
    ends : tuple of str
        What stands below its two ends.
    marks : mapping of int to str
        A letter below some of the values, by their places.
    plain : bool, default False
        ASCII alone, for a terminal that has no braille.
    width, height : int
        In characters.
    """
    values = np.asarray(values, dtype=np.float64)
    across, down = (1, 1) if plain else (2, 4)
    columns, rows = width * across, height * down
    known = np.isfinite(values)
    if not known.any():
        return []
    low, high = float(values[known].min()), float(values[known].max())
    place = np.linspace(0, len(values) - 1, columns)
    at = np.interp(place, np.arange(len(values)), values)  # a gap stays one: NaN on either side of it
    level = np.full(columns, rows // 2.0) if high == low else (at - low) / (high - low) * (rows - 1)
    dots = np.zeros((rows, columns), dtype=bool)
    for column in np.flatnonzero(np.isfinite(level)):
        here = round(level[column])
        before = round(level[column - 1]) if column and np.isfinite(level[column - 1]) else here
        first, last = (here, here) if abs(here - before) <= 1 else (min(here, before), max(here, before))
        dots[rows - 1 - last : rows - first, column] = True
    label = max(len(f"{low:.4g}"), len(f"{high:.4g}"))
    side, corner, floor = ("|", "+", "-") if plain else ("│", "└", "─")
    lines = []
    for k in range(height):
        text = f"{high:.4g}" if k == 0 else f"{low:.4g}" if k == height - 1 else ""
        cells = dots[k * down : (k + 1) * down].reshape(down, width, across).transpose(1, 0, 2)
        lines.append(f"{text:>{label}} {side}" + "".join(_character(cell, plain) for cell in cells).rstrip())
    axis = [floor] * width
    for index, letter in marks.items():
        axis[round(index / max(1, len(values) - 1) * (width - 1))] = letter
    lines.append(" " * label + f" {corner}" + "".join(axis))
    lines.append(" " * (label + 2) + ends[0] + ends[1].rjust(width - len(ends[0])))
    return lines


def _character(cell: Array, plain: bool) -> str:
    if plain:
        return "*" if cell.any() else " "
    code = sum(DOTS[i][j] for i, j in zip(*np.nonzero(cell), strict=True))
    return chr(BRAILLE + code) if code else " "
