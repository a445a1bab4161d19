"""From score to probability: the sigmoid, beside other links."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import NormalDist
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from oddsmith.arrays import Array
from oddsmith.errors import SpecificationError
from oddsmith.losses import Logistic
from oddsmith.plots.base import COLOURS, FAINT, axes_for, classes_of, is_frame, name_of, row_style, scores

INVERSE: dict[str, Callable[[Array], Array]] = {
    "logit": Logistic().mean,
    "probit": np.vectorize(NormalDist().cdf, otypes=[np.float64]),
    "cloglog": lambda z: -np.expm1(-np.exp(np.minimum(z, 700.0))),
}
DASHES = {"logit": "-", "probit": "--", "cloglog": "-."}


def sigmoid(
    model: Any = None, X: Any = None, y: Any = None, *, links: Sequence[str] = ("logit",), ax: Axes | None = None
) -> Axes:
    r"""The probability of the second class over the score z: :math:`1 / (1 + e^{-z})`.

    Parameters
    ----------
    model : fitted binary model, optional
        Its score is z. A model of one column is drawn over that column; any other over its score.
    X : array or data frame of shape (n, p), optional
        Rows that set the range; needed with a model.
    y : array-like of shape (n,), optional
        Their labels, drawn at 0 and 1.
    links : sequence of {"logit", "probit", "cloglog"}, default ("logit",)
        Curves to draw: the inverse of each link. Probit: the normal distribution function; cloglog: 1 - exp(-exp(z)).
    ax : Axes, optional
        Of a new figure by default.

    Returns
    -------
    Axes

    Raises
    ------
    SpecificationError
        If a link is not known, or there is a model without X.

    References
    ----------
    McCullagh and Nelder, *Generalized Linear Models*, 2nd ed. (1989), section 4.3.
    """
    unknown = [link for link in links if link not in INVERSE]
    if unknown:
        raise SpecificationError("A link is not known", f"{unknown[0]!r}", f"Use some of: {', '.join(INVERSE)}.")
    if model is not None and X is None:
        raise SpecificationError("A model is drawn over rows", "X is missing", "Pass X, the rows it was fitted to.")
    ax = axes_for(ax)
    across, z, name = _line(model, X)
    for k, link in enumerate(links):
        label = link if len(links) > 1 else None
        ax.plot(across, INVERSE[link](z), DASHES[link], color=COLOURS[k], linewidth=2, label=label)
    ax.axhline(0.5, color=FAINT, linewidth=0.8, linestyle=":")
    classes = classes_of(model)
    ax.set(xlabel=name, ylabel=f"probability of {name_of(classes[1])}", yticks=[0, 0.25, 0.5, 0.75, 1])
    if y is not None and X is not None:
        where = _score(model, X) if np.shape(X)[1] > 1 else np.asarray(X, dtype=np.float64)[:, 0]
        for k, label in enumerate(classes):
            mine = where[np.asarray(y) == label]
            ax.scatter(mine, np.full(len(mine), float(k)), **row_style(k), label=name_of(label))
    if ax.get_legend_handles_labels()[0]:
        ax.legend(frameon=False)
    return ax


def _line(model: Any, X: Any) -> tuple[Array, Array, str]:
    """Where the curve is drawn, the score there, and what is drawn across."""
    if model is None:
        z = np.linspace(-6.0, 6.0, 241)
        return z, z, "score $z$"
    if np.shape(X)[1] > 1:
        score = _score(model, X)
        z = np.linspace(min(-6.0, score.min()), max(6.0, score.max()), 241)
        return z, z, "score $z$"
    column = np.asarray(X, dtype=np.float64)[:, 0]
    margin = 0.1 * float(np.ptp(column)) or 1.0
    x = np.linspace(column.min() - margin, column.max() + margin, 241)
    framed = is_frame(X)
    rows = type(X)({X.columns[0]: x}) if framed else x[:, None]
    return x, _score(model, rows), str(X.columns[0]) if framed else "$x$"


def _score(model: Any, rows: Any) -> Array:
    """The log-odds of the second class."""
    both = scores(model, rows)
    return both[:, 1] - both[:, 0]
