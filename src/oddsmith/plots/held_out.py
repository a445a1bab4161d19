"""How well rows are predicted that were held out, along a path."""

from __future__ import annotations

from typing import Any

from matplotlib.axes import Axes

from oddsmith.errors import SpecificationError
from oddsmith.plots.base import COLOURS, FAINT, axes_for
from oddsmith.plots.paths import over_alpha


def cross_validation(found: Any, *, ax: Axes | None = None) -> Axes:
    """The mean score of the folds against alpha, plus and minus a standard error, and the two choices.

    Parameters
    ----------
    found : CrossValidation
        From `oddsmith.cross_validate_path`. Of several l1_ratios each has its line, and the best its band.
    ax : Axes, optional
        Of a new figure by default.

    Returns
    -------
    Axes

    Raises
    ------
    SpecificationError
        If it is no cross-validation.
    """
    if not hasattr(found, "fold_scores"):
        advice = "Pass oddsmith.cross_validate_path(...)."
        raise SpecificationError("cross_validation draws a CrossValidation", f"a {type(found).__name__}", advice)
    ax = axes_for(ax)
    best, simple, which = found.best, found.best_1se, found.best.place[0]
    path, mean, error = found.paths[which], found.scores[which], found.standard_errors[which]
    for k, (ratio, other, score) in enumerate(zip(found.l1_ratios, found.paths, found.scores, strict=True)):
        if k != which:
            ax.plot(
                other.alphas, score, color=COLOURS[(k + 1) % len(COLOURS)], linewidth=1, label=f"l1_ratio {ratio:g}"
            )
    ax.fill_between(path.alphas, mean - error, mean + error, color=COLOURS[0], alpha=0.2, linewidth=0)
    label = f"l1_ratio {best.l1_ratio:g}" if len(found.paths) > 1 else f"mean of {len(found.fold_weights)} folds"
    ax.plot(path.alphas, mean, "o-" if len(path) == 1 else "-", color=COLOURS[0], linewidth=2, label=label)
    for choice, style, name in ((best, "-", "best"), (simple, ":", "within one standard error")):
        ax.axvline(choice.alpha, color=FAINT, linestyle=style, label=f"{name}: {len(choice.fit.kept)} columns")
    over_alpha(ax, path.alphas, path.nonzeros)
    if len(found.paths) > 1:
        every = [alpha for other in found.paths for alpha in (other.alphas[0], other.alphas[-1])]
        ax.set_xlim(max(every), min(every))
    ax.set(ylabel=f"held-out {found.scoring}")
    ax.legend(frameon=False, fontsize="small")
    return ax
