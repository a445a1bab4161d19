"""What commands put out, and where: JSON, the scores of a model, files that harm no other."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from oddsmith.errors import DataError, SpecificationError

if TYPE_CHECKING:
    from oddsmith.arrays import Array
    from oddsmith.fitted import Fit
    from oddsmith.paths.cross_validation import Choice, CrossValidation
    from oddsmith.report import ScoreCard


def print_json(document: dict[str, Any]) -> None:
    """Print one JSON document; a number that JSON cannot hold is an error."""
    click.echo(json.dumps(document, indent=1, allow_nan=False, ensure_ascii=False))


def check_place(path: str | None, *inputs: str) -> None:
    """Refuse an output that cannot be, or that is an input, before the work is done and not after."""
    if path is None:
        return
    if Path(path).is_dir():
        raise DataError("The output cannot be written", f"{path} is a folder", "Choose another place.")
    if not Path(path).parent.is_dir():
        raise DataError("The output cannot be written", f"there is no folder for {path}", "Choose another place.")
    for source in inputs:
        if Path(path).exists() and Path(source).exists() and os.path.samefile(path, source):
            raise SpecificationError("--out would write over an input", path, "Choose another place.")


def score_card(
    fit: Fit, eta: Array, target: Array, weight: Array | None, label: str, threshold: float | None = None
) -> ScoreCard:
    """Score a fit on rows of this eta, beside always answering with the base rates of its training data.

    A model that was not fitted here is compared with the base rates of these rows.
    """
    import numpy as np

    from oddsmith.prediction import probabilities
    from oddsmith.report import ScoreCard
    from oddsmith.scores import score

    shares = np.array(fit.class_weights)
    if not fit.weight:
        shares = np.bincount(target.astype(int), weight, len(fit.classes))
    base_rate = np.tile(shares / shares.sum(), (len(eta), 1))
    return ScoreCard(
        f"{label} ({len(eta)} rows)",
        tuple(map(str, fit.classes)),
        score(target, probabilities(fit, eta), weight=weight, threshold=threshold),
        score(target, base_rate, weight=weight, threshold=threshold),
    )


def tuning_text(tuned: CrossValidation, result: Fit) -> str:
    """The curve of cross-validation, what it chose, and which columns are kept."""
    from oddsmith.schema import shown

    kept, count = result.kept, len(result.names)
    told = f"Chosen: alpha {result.penalty.strength:.4g}; {len(kept)} of {count} columns kept"
    names = f": {shown(kept, 20)}" if 0 < len(kept) < count else ""
    return f"{tuned.to_text(plain=not _draws())}\n\n{told}{names}"


def tuning_json(tuned: CrossValidation) -> dict[str, Any]:
    """The same as data."""

    def plain(choice: Choice) -> dict[str, Any]:
        told = {"l1_ratio": choice.l1_ratio, "alpha": choice.alpha, "score": choice.score}
        return told | {"standard_error": choice.standard_error, "kept": list(choice.fit.kept)}

    curves = [
        {"l1_ratio": ratio, "alpha": path.alphas.tolist(), "score": score.tolist(), "nonzeros": path.nonzeros.tolist()}
        for ratio, path, score in zip(tuned.l1_ratios, tuned.paths, tuned.scores, strict=True)
    ]
    folds = len(tuned.fold_weights)
    found = {"folds": folds, "scoring": tuned.scoring, "best": plain(tuned.best), "best_1se": plain(tuned.best_1se)}
    return {"cross_validation": found | {"curves": curves}}


def _draws() -> bool:
    """Whether the terminal knows the characters of a curve."""
    try:
        "⠉│└─".encode(getattr(sys.stdout, "encoding", None) or "ascii")
    except UnicodeEncodeError:
        return False
    return os.environ.get("TERM") != "dumb"
