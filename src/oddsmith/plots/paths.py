"""How coefficients come into a model as its penalty gives way."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from oddsmith.errors import SpecificationError
from oddsmith.plots.base import COLOURS, FAINT, axes_for, name_of


def coefficient_path(path: Any, *, of: Any = None, label: int = 10, raw: bool = False, ax: Axes | None = None) -> Axes:
    """Coefficients against alpha, the strongest penalty on the left; above them, how many are not zero.

    Parameters
    ----------
    path : Path
        From `oddsmith.path`.
    of : label, optional
        Of more than two classes, the one whose coefficients are drawn; the last by default.
    label : int, default 10
        So many columns, those of the largest coefficients at the end of the path, have a colour and a name.
    raw : bool, default False
        Per unit of a column, instead of per standard deviation.
    ax : Axes, optional
        Of a new figure by default.

    Returns
    -------
    Axes

    Raises
    ------
    SpecificationError
        If it is no path, or `of` no class.
    """
    if not hasattr(path, "alphas"):
        raise SpecificationError(
            "coefficient_path draws a path", f"a {type(path).__name__}", "Pass oddsmith.path(...)."
        )
    classes = path.fits[0].classes.tolist()
    if of is not None and (of not in classes or len(classes) == 2):
        raise SpecificationError("of must be one of more than two classes", f"{of!r}", f"The classes are {classes}.")
    which = -1 if of is None else classes.index(of)
    coefficients = path.beta[:, which, 1:]
    if not raw:
        coefficients = coefficients * path.fits[0].axes.spread
    ax = axes_for(ax)
    kept, dot = coefficients.any(axis=0), "o" if len(path) == 1 else ""
    named = [j for j in np.argsort(-np.abs(coefficients[-1]), kind="stable")[:label] if kept[j]]
    for j in np.flatnonzero(kept):
        if j not in named:
            ax.plot(path.alphas, coefficients[:, j], color=FAINT, linewidth=0.8, alpha=0.4, marker=dot)
    for k, j in enumerate(named):
        style = "-" if k < len(COLOURS) else "--"
        ax.plot(
            path.alphas, coefficients[:, j], style, color=COLOURS[k % len(COLOURS)], label=path.names[j], marker=dot
        )
    ax.axhline(0.0, color=FAINT, linewidth=0.8, zorder=0)
    over_alpha(ax, path.alphas, path.nonzeros)
    of_class = f", for {name_of(classes[which])}" if len(classes) > 2 else ""
    ax.set(ylabel=("coefficient" if raw else "coefficient per standard deviation") + of_class)
    if named:
        ax.legend(frameon=False, fontsize="small", loc="center left", bbox_to_anchor=(1.0, 0.5))
    return ax


def over_alpha(ax: Axes, alphas: Any, nonzeros: Any) -> None:
    """A horizontal axis of falling alpha; above it, how many coefficients are not zero."""
    if (alphas > 0.0).all():
        ax.set_xscale("log")
    first, last = alphas[0], alphas[-1]
    ax.set_xlim(*((first, last) if first > last else (2.0 * first + 1e-9, 0.5 * first)))  # one alpha in the middle
    ax.set_xlabel(r"$\alpha$, the strength of the penalty")
    above = ax.secondary_xaxis("top")
    places = sorted({round(k) for k in np.linspace(0, len(alphas) - 1, 6)})
    above.set_xticks(alphas[places], [str(nonzeros[k]) for k in places])
    above.minorticks_off()
    above.tick_params(length=0, colors=FAINT)
    above.spines["top"].set_visible(False)
    above.set_xlabel("columns in the model", color=FAINT, fontsize="small")
