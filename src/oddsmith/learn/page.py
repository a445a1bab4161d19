"""One self-contained HTML page from the files beside this one."""

from __future__ import annotations

import os
import re
from importlib.resources import files
from pathlib import Path

from oddsmith.atomic_file import write_atomically

# each after those that it imports from
SCRIPTS = (
    "losses.js", "objective.js", "solvers.js", "features.js", "model.js",
    "cancer.js", "data.js", "lab.js", "lessons.js",
    "canvas.js", "frame.js", "contours.js", "plane.js", "line.js", "surface.js", "curve.js", "rows.js",
    "stage.js", "sliders.js", "controls.js", "runner.js", "readout.js", "theme.js", "main.js",
)  # fmt: skip
_IMPORT = re.compile(r'^import \{[^}]*\} from "\./[a-z]+\.js";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=const |class |function)", re.MULTILINE)
_OURS = b'<meta name="generator" content="oddsmith learn">'


def page() -> str:
    """Everything in one text: it asks the network for nothing, and its Content-Security-Policy lets it ask nothing.

    The scripts are modules; in one file they share a scope, so their imports and exports go.
    """
    scripts = "\n".join(_EXPORT.sub("", _IMPORT.sub("", _text(name))) for name in SCRIPTS)
    parts = {
        "style": _text("style.css"),
        "lessons": _text("lessons.html"),
        "script": scripts.replace("</script", r"<\/script"),
    }
    return re.sub(r"\{\{ (\w+) \}\}", lambda found: parts[found[1]], _text("page.html"))


def write_page(path: str | os.PathLike[str]) -> None:
    """Write the page to a file, whole or not at all.

    Raises
    ------
    DataError
        If the file cannot be written.
    """
    write_atomically(path, page().encode())


def is_page(path: str | os.PathLike[str]) -> bool:
    """Whether a file is such a page, of this version or another."""
    try:
        return _OURS in Path(path).read_bytes()[:2000]
    except OSError:
        return False


def _text(name: str) -> str:
    return files("oddsmith.learn").joinpath(name).read_text(encoding="utf-8")
