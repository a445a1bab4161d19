"""Runs the lessons: every Python block of a page, from top to bottom, in one namespace.

A `text` block after a Python block is what that block prints. A picture on a line of its own is the figure that was
drawn last; an animated one, the animation called `film`. Run as a program (`make docs`), this draws all pictures anew.
Each picture file also holds the numbers that were drawn, as text, and that tells when it is out of date: pixels differ
between any two versions of matplotlib.
"""

from __future__ import annotations

import contextlib
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.animation import Animation, PillowWriter
from matplotlib.figure import Figure
from PIL import Image, PngImagePlugin

FOLDER = Path(__file__).parent / "learn"
PIECE = re.compile(r"^```(python|text)\n(.*?)^```$|^!\[[^\]]+\]\((\S+)\)$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Print:
    """What a block prints, beside what the page says."""

    said: str
    printed: str


@dataclass(frozen=True)
class Picture:
    """A picture of the page, and the code's drawing for it."""

    name: str
    drawing: Figure | Animation

    def save(self, folder: Path) -> Path:
        """Draw it, in few colours, and so small."""
        path = folder / self.name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(self.drawing, Animation):
            self.drawing.save(path, writer=FewColours(fps=10), dpi=90)
            return path
        pixels, note = io.BytesIO(), PngImagePlugin.PngInfo()
        self.drawing.savefig(pixels, dpi=120)
        note.add_text("drawn", json.dumps(drawn(self.drawing)))
        image = Image.open(pixels).convert("RGB").quantize(256, dither=Image.Dither.NONE)
        image.save(path, optimize=True, pnginfo=note)
        return path


class FewColours(PillowWriter):
    """An animated GIF whose frames share one palette: a fifth of the size."""

    def finish(self) -> None:
        """Write the frames, with what the last one shows as the comment."""
        palette = self._frames[-1].convert("RGB").quantize(64)
        first, *others = [frame.convert("RGB").quantize(palette=palette, dither=0) for frame in self._frames]
        note, pause = json.dumps(drawn(self.fig)), int(1000 / self.fps)
        first.save(self.outfile, save_all=True, append_images=others, duration=pause, loop=0, comment=note)


def drawn(figure: Figure) -> list[dict[str, list[Any]]]:
    """For each Axes its words, and its numbers: limits, and some points of every line and cloud, from 0 to 1 across."""
    found = []
    for ax in figure.axes:
        words = [ax.get_xlabel(), ax.get_ylabel(), ax.get_title(), ax.get_title("left")]
        words += [text.get_text() for text in (ax.get_legend().get_texts() if ax.get_legend() else [])]
        numbers = [*ax.get_xlim(), *ax.get_ylim(), *(ax.get_zlim() if ax.name == "3d" else [])]
        points = [line.get_xydata() for line in ax.lines] + [cloud.get_offsets() for cloud in ax.collections]
        for cloud in [*points, *(path.vertices for set_ in ax.collections for path in set_.get_paths()[:40])]:
            if ax.name != "3d" and len(cloud):
                some = np.asarray(cloud)[np.linspace(0, len(cloud) - 1, 7).astype(int)]
                numbers += (ax.transData + ax.transAxes.inverted()).transform(some).ravel().tolist()
        found.append({"words": words, "numbers": np.round(numbers, 4).tolist()})
    return found


def recorded(path: Path) -> list[dict[str, list[Any]]]:
    """What a picture file says was drawn."""
    with Image.open(path) as image:
        return json.loads(image.info.get("drawn") or image.info["comment"])


def lessons() -> list[Path]:
    """The pages, in order."""
    return sorted(FOLDER.glob("[0-9]*.md"))


def run(page: Path) -> Iterator[Print | Picture]:
    """Run a page; give what it prints and draws, in order, what it prints and does not show included."""
    mpl.use("Agg")
    import matplotlib.pyplot as plt

    plt.close("all")
    text, names, printed = page.read_text(encoding="utf-8"), {"__name__": "lesson"}, ""
    for piece in PIECE.finditer(text):
        language, content, picture = piece.groups()
        if printed and language != "text":
            yield Print("", printed)
        if language == "python":
            above = text.count("\n", 0, piece.start()) + 1  # so that a traceback names the line of the page
            with contextlib.redirect_stdout(io.StringIO()) as out:
                exec(compile("\n" * above + content, str(page), "exec"), names)
            printed = out.getvalue()
        elif language == "text":
            yield Print(content, printed)
            printed = ""
        else:
            yield Picture(picture, names["film"] if picture.endswith(".gif") else plt.figure(plt.get_fignums()[-1]))
            plt.close("all")
    if printed:
        yield Print("", printed)


if __name__ == "__main__":
    for lesson in lessons():
        for piece in run(lesson):
            if isinstance(piece, Picture):
                piece.save(FOLDER)
