"""One-vs-all: a binary model for each class, and the class that wins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes

from oddsmith.errors import SpecificationError
from oddsmith.plots.base import COLOURS, axes_for, classes_of, draw_plane, draw_regions, plane_through, scores


def one_vs_all(
    model: Any,
    X: Any,
    y: Any = None,
    *,
    columns: Sequence[Any] = (0, 1),
    at: Mapping[Any, Any] | None = None,
    grid_resolution: int = 200,
    ax: Axes | None = None,
) -> Axes:
    """The region that each class wins and, in its colour, where its own binary model gives probability 0.5.

    Parameters
    ----------
    model : fitted one-vs-rest classifier
        With `classes_` and `estimators_`, a binary model for each class, as scikit-learn's `OneVsRestClassifier` has.
    X, y, columns, at, grid_resolution, ax
        As of `decision_boundary`.

    Returns
    -------
    Axes

    Raises
    ------
    DataError, SpecificationError
        As of `decision_boundary`, and if there is not one binary model for each class.
    """
    classes = classes_of(model)
    each = getattr(model, "estimators_", ())
    if len(each) != len(classes):
        found = f"a {type(model).__name__} of {len(each)} binary models for {len(classes)} classes"
        advice = "Fit sklearn.multiclass.OneVsRestClassifier(oddsmith.LogisticRegression()) to three classes or more."
        raise SpecificationError("The model is not one-vs-all", found, advice)
    plane = plane_through(X, columns, at, grid_resolution)
    ax = axes_for(ax)
    draw_regions(ax, plane, model)
    for k, binary in enumerate(each):
        both = plane.shaped(scores(binary, plane.rows))
        own = both[..., 1] - both[..., 0]
        ax.contour(plane.x, plane.y, own, levels=[0.0], colors=COLOURS[k % len(COLOURS)], linewidths=2, linestyles="--")
    draw_plane(ax, plane, y, classes)
    return ax
