"""The cost over two coefficients, and the way that a solver took."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes

from oddsmith.arrays import Array
from oddsmith.errors import SpecificationError
from oddsmith.fitted import Fit
from oddsmith.losses import Logistic
from oddsmith.plots.base import COLOURS, INK, axes_for, classes_of, is_frame

BANDS = 16


def cost_surface(
    model: Any,
    X: Any,
    y: Any,
    *,
    columns: tuple[int, int] | None = None,
    path: Any = None,
    cost: Callable[[Array, Array], float] | None = None,
    limits: Sequence[tuple[float, float]] | None = None,
    grid_resolution: int = 80,
    ax: Axes | None = None,
) -> Axes:
    r"""The cost J over two coefficients, all others as fitted: contours or, on a 3D Axes, a surface.

    Parameters
    ----------
    model : fitted binary linear model
        Where it stands is marked by a cross.
    X : array or data frame of shape (n, p)
    y : array-like of shape (n,)
    columns : tuple of two int, optional
        Whose coefficients: numbers of columns, -1 for the intercept. By default the only column and the intercept, or
        the first two columns.
    path : array-like of shape (k, 2), optional
        The two coefficients, step by step.
    cost : callable, optional
        cost(y, probability) -> number; y is 0 or 1, both have shape (n,). By default binary cross-entropy, the mean of
        :math:`\log(1 + e^z) - y z`.
    limits : two pairs of float, optional
        Range of each coefficient. By default it holds zero, the model and the path.
    grid_resolution : int, default 80
    ax : Axes, optional
        Of a new figure by default.

    Returns
    -------
    Axes

    Raises
    ------
    SpecificationError
        If the model has no coefficients, or `columns` are not two of its own.
    """
    beta = _coefficients(model)
    pair = columns if columns is not None else (0, -1) if len(beta) == 2 else (0, 1)
    if len(set(pair)) != 2 or not all(-1 <= j < len(beta) - 1 for j in pair):
        found, advice = f"{pair!r}", f"Use numbers from 0 to {len(beta) - 2}, and -1 for the intercept."
        raise SpecificationError("columns must be two of the model's", found, advice)
    optimum = beta[list(pair)]
    way = np.empty((0, 2)) if path is None else np.asarray(path, dtype=np.float64)
    low, high = np.transpose(limits) if limits is not None else _limits(np.vstack([np.zeros(2), optimum, way]))
    u, v = np.linspace(low, high, grid_resolution).T
    height = _heights(model, X, y, list(pair), (u, v), cost)
    ax = axes_for(ax)
    if hasattr(ax, "plot_surface"):
        _draw_surface(ax, u, v, height)
    else:
        _draw_contours(ax, u, v, height)
        ax.plot(*optimum, "x", color=INK, markersize=8, markeredgewidth=2)
        if len(way):
            ax.plot(*way.T, "o-", color=COLOURS[2], markersize=3, linewidth=1.2)
    ax.set(xlabel=_called(pair[0], X), ylabel=_called(pair[1], X))
    return ax


def _coefficients(model: Any) -> Array:
    """Weights of the columns, then the intercept."""
    if isinstance(model, Fit) and len(model.beta) == 1:
        return np.roll(model.beta[0], -1)
    if hasattr(model, "weights") and hasattr(model, "bias"):
        return np.append(model.weights, model.bias)
    if len(getattr(model, "coef_", ())) == 1:
        return np.append(model.coef_[0], np.ravel(model.intercept_)[0])
    advice = "Pass a fitted binary logistic regression; of a pipeline its last step, with rows as that step sees them."
    raise SpecificationError("The model has no coefficients to draw", f"a {type(model).__name__}", advice)


def _heights(
    model: Any, X: Any, y: Any, pair: list[int], grid: tuple[Array, Array], cost: Callable[[Array, Array], float] | None
) -> Array:
    """The cost at every point of the grid, a line for each value of the second coefficient."""
    beta, loss = _coefficients(model), Logistic()
    rows = np.column_stack([np.asarray(X, dtype=np.float64), np.ones(len(y))])
    target = (np.asarray(y) == classes_of(model)[1]).astype(np.float64)
    both = rows[:, pair]
    rest = rows @ beta - both @ beta[pair]

    def at(a: float, b: float) -> float:
        z = rest + both @ np.array([a, b])
        return float(loss.rows(z, target)[0].mean()) if cost is None else float(cost(target, loss.mean(z)))

    return np.array([[at(a, b) for a in grid[0]] for b in grid[1]])


def _limits(points: Array) -> tuple[Array, Array]:
    """A box around points, with some room."""
    low, high = points.min(axis=0), points.max(axis=0)
    room = 0.3 * np.where(high > low, high - low, 1.0)
    return low - room, high + room


def _draw_surface(ax: Any, u: Array, v: Array, height: Array) -> None:
    ax.plot_surface(*np.meshgrid(u, v), height, cmap="viridis", linewidth=0, antialiased=False, rcount=80, ccount=80)
    ax.set(zlabel="cost $J$", xlim=(u[0], u[-1]), ylim=(v[0], v[-1]), zlim=(height.min(), height.max()))
    ax.set_box_aspect(None, zoom=0.85)  # room for that label


def _draw_contours(ax: Axes, u: Array, v: Array, height: Array) -> None:
    """Bands that narrow towards the lowest point, where there is most to see."""
    lowest, highest = float(height.min()), float(height.max())
    levels = lowest + (highest - lowest) * np.concatenate([[0.0], np.geomspace(1e-3, 1.0, BANDS)])
    ax.contourf(u, v, height, levels=levels, colors=colormaps["Blues_r"](np.linspace(0.4, 1.0, BANDS)))
    lines = ax.contour(u, v, height, levels=levels[1:-1], colors="white", linewidths=0.6)
    ax.clabel(lines, levels[4:-1:3], fmt="%.3g", fontsize=7, colors=INK)


def _called(column: int, X: Any) -> str:
    if column == -1:
        return "intercept $b$"
    return f"weight of {X.columns[column]}" if is_frame(X) else f"weight $w_{{{column + 1}}}$"
