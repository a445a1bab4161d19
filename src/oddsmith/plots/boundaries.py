"""What a model says of every point of a plane, and where it changes its mind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap

from oddsmith.plots.base import (
    COLOURS,
    INK,
    Plane,
    axes_for,
    classes_of,
    draw_plane,
    draw_regions,
    name_of,
    plane_through,
    probabilities,
    scores,
)

BOTH = LinearSegmentedColormap.from_list("both", [COLOURS[0], "white", COLOURS[1]])


def decision_boundary(
    model: Any,
    X: Any,
    y: Any = None,
    *,
    columns: Sequence[Any] = (0, 1),
    at: Mapping[Any, Any] | None = None,
    grid_resolution: int = 200,
    ax: Axes | None = None,
) -> Axes:
    """The decision boundary of any fitted classifier over two of its columns.

    Two classes: the probability of the second as colour, and a line where it is 0.5. More: each class's region in its
    colour, the stronger the more probable it is there, and lines where the prediction changes.

    Parameters
    ----------
    model : fitted classifier
        With `decision_function`, `predict_proba` or `predict`; or a `Fit`.
    X : array or data frame of shape (n, p)
        Rows that set the range of the two columns, and the values of the others.
    y : array-like of shape (n,), optional
        Their labels; the rows are then drawn.
    columns : two names or numbers of columns, default (0, 1)
    at : mapping of name or number to value, optional
        Where the other columns are held; a column that is not named is held at its mean.
    grid_resolution : int, default 200
        Points a side.
    ax : Axes, optional
        Of a new figure by default.

    Returns
    -------
    Axes

    Raises
    ------
    DataError, SpecificationError
        If X has not two columns, one named is not there, or one of text is held at no value.

    Notes
    -----
    scikit-learn's `DecisionBoundaryDisplay` takes models of exactly two columns, and draws no line for two classes.
    """
    plane = plane_through(X, columns, at, grid_resolution)
    ax = axes_for(ax)
    classes = classes_of(model)
    if len(classes) == 2:
        _draw_binary(ax, plane, model, name_of(classes[1]))
    else:
        draw_regions(ax, plane, model)
        score = plane.shaped(scores(model, plane.rows))
        for k in range(len(classes)):
            lead = score[..., k] - np.delete(score, k, axis=2).max(axis=2)
            ax.contour(plane.x, plane.y, lead, levels=[0.0], colors=INK, linewidths=1.5)
    draw_plane(ax, plane, y, classes)
    return ax


def _draw_binary(ax: Axes, plane: Plane, model: Any, positive: str) -> None:
    both = plane.shaped(scores(model, plane.rows))
    probability = probabilities(model, plane.rows)
    if probability is None:
        draw_regions(ax, plane, model)
    else:
        bands = ax.contourf(
            plane.x, plane.y, plane.shaped(probability[:, 1]), levels=np.linspace(0, 1, 11), cmap=BOTH, alpha=0.5
        )
        bar = ax.figure.colorbar(bands, ax=ax, ticks=[0, 0.5, 1], fraction=0.05, pad=0.02)
        bar.set_label(f"probability of {positive}")
        bar.outline.set_visible(False)
    ax.contour(plane.x, plane.y, both[..., 1] - both[..., 0], levels=[0.0], colors=INK, linewidths=1.8)
