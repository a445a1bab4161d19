"""What the figures share: colours, an Axes to draw on, what a model says, a plane through its columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from oddsmith.arrays import AnyArray, Array
from oddsmith.errors import DataError, SpecificationError
from oddsmith.fitted import Fit
from oddsmith.model_file import Model

try:
    import matplotlib.pyplot as plt
    from matplotlib.axes import Axes
    from matplotlib.colors import to_rgb
except ModuleNotFoundError:
    advice = "oddsmith.plots needs matplotlib, which is not installed. Install it: pip install 'oddsmith[plot]'."
    raise ModuleNotFoundError(advice) from None

# Petroff, *Accessible Color Sequences for Data Visualization* (2021): told apart with any kind of colour vision
COLOURS = (
    "#3f90da", "#ffa90e", "#bd1f01", "#94a4a2", "#832db6", "#a96b59", "#e76300", "#b9ac70", "#717581", "#92dadd",
)  # fmt: skip
MARKERS = ("o", "^", "s", "D", "v", "P", "X", "<", ">", "*")
INK, FAINT = "#1a1a2e", "#8a8a99"
TINY = np.finfo(np.float64).tiny


def axes_for(ax: Axes | None) -> Axes:
    """The Axes given, or one of a new figure, without the lines that hold no data."""
    if ax is None:
        _, ax = plt.subplots(figsize=(6.4, 4.0), layout="constrained")
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def is_frame(X: Any) -> bool:
    """Whether X is a data frame of pandas or polars: columns by name, and made from a mapping of them."""
    return hasattr(X, "columns") and hasattr(X, "dtypes")


def classes_of(model: Any) -> AnyArray:
    """The labels of a model's classes, in its order; 0 and 1 where it does not say."""
    return np.asarray(getattr(model, "classes_", getattr(model, "classes", (0, 1))))


def name_of(label: Any) -> str:
    """A class as a legend calls it: `malignant`, but `y = 1`."""
    return str(label) if isinstance(label, str) else f"y = {label}"


def scores(model: Any, rows: Any) -> Array:
    """One column for each class, whose largest is the class predicted; for two classes they differ by the log-odds."""
    model = Model(model) if isinstance(model, Fit) else model
    if hasattr(model, "decision_function"):
        score = np.asarray(model.decision_function(rows))
        return np.column_stack([np.zeros_like(score), score]) if score.ndim == 1 else score
    if hasattr(model, "predict_proba"):
        return np.log(np.maximum(model.predict_proba(rows), TINY))
    return (np.asarray(model.predict(rows))[:, None] == classes_of(model)).astype(np.float64)


def probabilities(model: Any, rows: Any) -> Array | None:
    """One column for each class; None where the model has no probabilities."""
    model = Model(model) if isinstance(model, Fit) else model
    return np.asarray(model.predict_proba(rows)) if hasattr(model, "predict_proba") else None


@dataclass(frozen=True)
class Plane:
    """Two columns on a grid, all others held.

    Attributes
    ----------
    names : tuple of str
        What the two columns are called.
    x, y : arrays of shape (k,)
        Where the grid stands on each.
    rows : array or data frame of k * k rows
        The grid as the model takes it, x running fastest.
    points : array of shape (n, 2)
        The two columns of the rows given.
    elsewhere : str
        Where the other columns are held, in words; empty where there are none.
    """

    names: tuple[str, str]
    x: Array
    y: Array
    rows: Any
    points: Array
    elsewhere: str

    def shaped(self, values: Array) -> Array:
        """Values at `rows`, as a table with a line for each y."""
        return values.reshape(len(self.y), len(self.x), *values.shape[1:])


def plane_through(X: Any, columns: Sequence[Any], at: Mapping[Any, Any] | None, resolution: int) -> Plane:
    """A grid over two columns of X, a little wider than its rows, with the others at given values or at their means.

    Raises
    ------
    DataError
        If X has fewer than two columns.
    SpecificationError
        If a column is not there, or one that is held has neither a mean nor a value given.
    """
    framed = is_frame(X)
    table = {name: np.asarray(X[name]) for name in X.columns} if framed else dict(enumerate(np.asarray(X).T))
    if len(table) < 2:
        raise DataError("A plane needs two columns", f"{len(table)}", "Pass an X of two columns or more.")
    chosen = [_find(name, table) for name in columns]
    if len(chosen) != 2 or chosen[0] == chosen[1]:
        raise SpecificationError("columns must be two", f"{columns!r}", "Name two columns, or give their numbers.")
    first, second = chosen
    given = {_find(name, table): value for name, value in (at or {}).items()}
    x, y = (_range(np.asarray(table[name], dtype=np.float64), resolution) for name in (first, second))
    grid: dict[Any, AnyArray] = {first: np.tile(x, len(y)), second: np.repeat(y, len(x))}
    for name in table:
        if name not in grid:
            value = given[name] if name in given else _mean(name, table[name])
            grid[name] = np.full(len(x) * len(y), value)
    return Plane(
        names=(_called(first), _called(second)),
        x=x,
        y=y,
        rows=type(X)({name: grid[name] for name in table}) if framed else np.column_stack([grid[j] for j in table]),
        points=np.column_stack([table[first], table[second]]).astype(np.float64),
        elsewhere=_elsewhere(len(table) - 2, {_called(name): value for name, value in given.items()}),
    )


def draw_regions(ax: Axes, plane: Plane, model: Any) -> None:
    """Each class's region in its colour: the stronger the more probable the class is there."""
    winner = plane.shaped(scores(model, plane.rows)).argmax(axis=-1)
    probability = probabilities(model, plane.rows)
    sure = np.full(winner.shape, 0.6) if probability is None else plane.shaped(probability.max(axis=1))
    strength = 0.5 * sure[..., None] ** 2
    palette = np.array([to_rgb(COLOURS[k % len(COLOURS)]) for k in range(winner.max() + 1)])
    half_x, half_y = (plane.x[1] - plane.x[0]) / 2, (plane.y[1] - plane.y[0]) / 2
    extent = (plane.x[0] - half_x, plane.x[-1] + half_x, plane.y[0] - half_y, plane.y[-1] + half_y)
    ax.imshow(1.0 - strength * (1.0 - palette[winner]), extent=extent, origin="lower", aspect="auto")


def draw_plane(ax: Axes, plane: Plane, y: Any, classes: AnyArray) -> None:
    """Names of the axes, the rows by their class, a legend, and what is held."""
    ax.set(xlabel=plane.names[0], ylabel=plane.names[1])
    ax.set(xlim=(plane.x[0], plane.x[-1]), ylim=(plane.y[0], plane.y[-1]))
    if plane.elsewhere:
        ax.set_title(plane.elsewhere, loc="left", fontsize="small", color=FAINT)
    if y is None:
        return
    labels = np.asarray(y)
    for k, label in enumerate(classes):
        ax.scatter(*plane.points[labels == label].T, **row_style(k), label=name_of(label))
    ax.legend(framealpha=0.8, edgecolor="none")


def row_style(k: int) -> dict[str, Any]:
    """How rows of the k-th class look: their own colour and their own shape."""
    return {
        "color": COLOURS[k % len(COLOURS)],
        "marker": MARKERS[k % len(MARKERS)],
        "s": 26,
        "edgecolor": INK,
        "linewidth": 0.4,
        "zorder": 3,
    }


def _find(name: Any, table: Mapping[Any, Any]) -> Any:
    """A column by its name or by its number."""
    if name in table:
        return name
    if isinstance(name, int | np.integer) and -len(table) <= name < len(table):
        return list(table)[name]
    known = ", ".join(str(known) for known in list(table)[:8])
    raise SpecificationError("There is no such column", f"{name!r}", f"The columns are: {known}.")


def _elsewhere(held: int, given: Mapping[str, Any]) -> str:
    told = ", ".join(f"{name} = {value}" for name, value in given.items())
    others = held - len(given)
    rest = "the other column at its mean" if others == 1 else f"{others} other columns at their means"
    return "; ".join(part for part in (told, rest if others else "") if part)


def _called(name: Any) -> str:
    return name if isinstance(name, str) else f"$x_{{{name + 1}}}$"


def _range(column: Array, resolution: int) -> Array:
    low, high = float(column.min()), float(column.max())
    margin = 0.05 * (high - low) or 1.0
    return np.linspace(low - margin, high + margin, resolution)


def _mean(name: Any, column: AnyArray) -> float:
    if column.dtype.kind not in "fiub":
        raise SpecificationError("A held column has no mean", f"{name!r}", f"Give its value: at={{{name!r}: ...}}.")
    return float(column.mean())
