"""How the loss fell."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from oddsmith.errors import SpecificationError
from oddsmith.plots.base import COLOURS, axes_for


def loss_curve(model: Any, *, label: str | None = None, ax: Axes | None = None) -> Axes:
    """The mean loss (plus penalty, if there is one) as each iteration began.

    Parameters
    ----------
    model : fitted model
        With `losses`, as `oddsmith.scratch.LogisticRegression` and `Fit` have, or with a `fit_` that has.
    label : str, optional
        For the legend. Call again with the same Axes to compare.
    ax : Axes, optional
        Of a new figure by default.

    Returns
    -------
    Axes

    Raises
    ------
    SpecificationError
        If the model keeps no losses.
    """
    losses = getattr(getattr(model, "fit_", model), "losses", None)
    if losses is None:
        raise SpecificationError(
            "The model keeps no losses", f"a {type(model).__name__}", "Pass a fitted model of Oddsmith."
        )
    ax = axes_for(ax)
    ax.plot(np.arange(len(losses)), losses, color=COLOURS[len(ax.lines) % len(COLOURS)], linewidth=2, label=label)
    ax.set(xlabel="iteration", ylabel="loss")
    if label is not None:
        ax.legend(frameon=False)
    return ax
