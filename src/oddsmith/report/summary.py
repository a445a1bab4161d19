"""What there is to tell of a fit, as plain data: no rows, no layout."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from oddsmith.fitting import Fit
from oddsmith.inference import Inference, infer
from oddsmith.report.text import summary_text
from oddsmith.scores import Scores


@dataclass(frozen=True)
class ScoreCard:
    """Scores of a model beside those of always answering with the training data's base rate.

    Attributes
    ----------
    label : str
        Which rows were scored.
    classes : tuple of str
    model, base_rate : Scores
    """

    label: str
    classes: tuple[str, str]
    model: Scores
    base_rate: Scores

    def to_dict(self) -> dict[str, Any]:
        """As JSON-able data; what is not a number is null."""
        return _plain(
            {
                "scored_on": self.label,
                "classes": list(self.classes),
                "model": self.model.to_dict(),
                "base_rate": self.base_rate.to_dict(),
            }
        )


@dataclass(frozen=True)
class Summary:
    """Everything a report says of a fit. `str` gives it as text, `to_dict` as JSON-able data.

    Attributes
    ----------
    origin : str or None
        Where the rows came from.
    target : str or None
    classes : tuple of str
        The probability of the second is modelled.
    class_weights : tuple of float
    rows, columns, passes : int
    kinds, penalty, solver, certificate, status, advice : str
    seconds : float
    coefficients : Inference
    runaway : tuple of str
        Columns without a finite or a unique optimum.
    scores : ScoreCard or None
    """

    origin: str | None
    target: str | None
    classes: tuple[str, str]
    class_weights: tuple[float, ...]
    rows: int
    columns: int
    passes: int
    kinds: str
    penalty: str
    solver: str
    certificate: str
    status: str
    advice: str
    seconds: float
    coefficients: Inference
    runaway: tuple[str, ...] = ()
    scores: ScoreCard | None = None

    def to_dict(self) -> dict[str, Any]:
        """As JSON-able data; infinite and unknown numbers are null."""
        told = {key: value for key, value in vars(self).items() if key not in ("coefficients", "scores")}
        found = self.coefficients
        names = {"coefficient": found.coef, "odds_ratio": found.odds_ratio, "standard_error": found.se, "z": found.z}
        names |= {"p": found.p, "ci_low": found.ci_low, "ci_high": found.ci_high}
        told["coefficients"] = [
            {"name": name} | {key: float(column[k]) for key, column in names.items()}
            for k, name in enumerate(found.names)
        ]
        told["level"], told["note"] = found.level, found.note
        told["scores"] = None if self.scores is None else self.scores.to_dict()
        return _plain(told)

    def __str__(self) -> str:
        return summary_text(self)

    __repr__ = __str__


def summarise(
    fit: Fit,
    *,
    origin: str | None = None,
    target: str | None = None,
    level: float = 0.95,
    scores: ScoreCard | None = None,
) -> Summary:
    """Gather what there is to tell of a fit.

    Parameters
    ----------
    fit : Fit
    origin : str, optional
        Where the rows came from.
    target : str, optional
        Name of the target.
    level : float, default 0.95
        Of the intervals.
    scores : ScoreCard, optional
    """
    return Summary(
        origin=origin,
        target=target,
        classes=(str(fit.classes[0]), str(fit.classes[1])),
        class_weights=fit.class_weights,
        rows=fit.rows,
        columns=len(fit.schema.names),
        passes=fit.passes,
        kinds=fit.schema.in_words(),
        penalty=fit.penalty_in_words,
        solver=fit.solver,
        certificate=str(fit.certificate),
        status=fit.status.name.lower(),
        advice=fit.status.value,
        seconds=fit.seconds,
        coefficients=infer(fit, level),
        runaway=tuple(fit.runaway_names),
        scores=scores,
    )


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
