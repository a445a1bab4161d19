"""What there is to tell of a fit, as plain data: no rows, no layout."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from oddsmith.fitted import Fit
from oddsmith.hypotheses import ChiSquareTest, null_test
from oddsmith.inference import Inference, infer, require_fit
from oddsmith.likelihood import Likelihood
from oddsmith.report.html import summary_html
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
    classes: tuple[str, ...]
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
    """Everything a report says of a fit. `str` gives it as text, a notebook shows it as tables.

    Attributes
    ----------
    origin : str or None
        Where the rows came from.
    target : str or None
    classes : tuple of str
        Of two, the probability of the second is modelled.
    class_weights : tuple of float
    rows, columns, passes : int
    kinds, penalty, solver, certificate, status, advice : str
    seconds : float
    coefficients : Inference
    likelihood : Likelihood or None
        None where the coefficients do not maximise the likelihood.
    null_test : ChiSquareTest or None
        Of the whole model against the null model; None where that is not known or not nested.
    runaway : tuple of str
        Columns without a finite or a unique optimum.
    dropped : tuple of str
        Columns that were dropped, each with the combination of earlier ones that it is: "x3 = 2*x1 - x2".
    penalised_log_likelihood : float or None
        What was maximised, under Firth's bias reduction.
    scores : ScoreCard or None
    formula : str or None
    left_out : int
        Rows that were left out because a value is missing in them.
    """

    origin: str | None
    target: str | None
    classes: tuple[str, ...]
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
    likelihood: Likelihood | None = None
    null_test: ChiSquareTest | None = None
    runaway: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    penalised_log_likelihood: float | None = None
    scores: ScoreCard | None = None
    formula: str | None = None
    left_out: int = 0

    def to_dict(self) -> dict[str, Any]:
        """As JSON-able data; infinite and unknown numbers are null."""
        parts = ("coefficients", "likelihood", "null_test", "scores")
        told = {key: value for key, value in vars(self).items() if key not in parts}
        found = self.coefficients
        names = {"coefficient": found.coef, "odds_ratio": found.odds_ratio, "standard_error": found.se, "z": found.z}
        names |= {"p": found.p, "ci_low": found.ci_low, "ci_high": found.ci_high}
        told["coefficients"] = [
            {"name": name} | {key: float(column[k]) for key, column in names.items()}
            for k, name in enumerate(found.names)
        ]
        told["level"], told["note"], told["reference"] = found.level, found.note, found.reference
        told["likelihood"] = None if self.likelihood is None else _of_likelihood(self.likelihood)
        told["null_test"] = None if self.null_test is None else vars(self.null_test)
        told["scores"] = None if self.scores is None else self.scores.to_dict()
        return _plain(told)

    def to_frame(self) -> Any:
        """The coefficients as a pandas data frame."""
        return self.coefficients.to_frame()

    def _repr_html_(self) -> str:
        return summary_html(self)

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
    null_log_likelihood: float | None = None,
    formula: str | None = None,
    left_out: int = 0,
    reference: Any = None,
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
    null_log_likelihood : float, optional
        That of the null model, where the fit has an offset and cannot know it.
    formula : str, optional
        What the columns were made by.
    left_out : int, default 0
        Rows that were left out because a value is missing in them.
    reference : label, optional
        Of K > 2 classes, the one that the others are compared with; the first by default.
    """
    require_fit(fit, "summarise")
    likelihood = Likelihood.of(fit, null_log_likelihood=null_log_likelihood)
    nested = (
        fit.intercept
        and likelihood.parameters > likelihood.null_parameters
        and not math.isnan(likelihood.null_log_likelihood)
    )
    return Summary(
        origin=origin,
        target=target,
        classes=tuple(map(str, fit.classes)),
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
        coefficients=infer(fit, level, reference=reference),
        likelihood=None if likelihood.objection else likelihood,
        null_test=null_test(likelihood) if nested and not likelihood.objection else None,
        runaway=tuple(fit.runaway_names),
        dropped=tuple(fit.dropped_in_words),
        penalised_log_likelihood=fit.penalised_log_likelihood if fit.bias_reduction else None,
        scores=scores,
        formula=formula,
        left_out=left_out,
    )


def _of_likelihood(found: Likelihood) -> dict[str, float]:
    names = ("log_likelihood", "null_log_likelihood", "parameters", "aic", "bic", "pseudo_r2")
    return {name: getattr(found, name) for name in names}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
