"""A Summary as text for a terminal."""

from __future__ import annotations

import math
import textwrap
from typing import TYPE_CHECKING

from oddsmith.schema import shown

if TYPE_CHECKING:
    from oddsmith.hypotheses import ChiSquareTest
    from oddsmith.inference import Inference
    from oddsmith.likelihood import Likelihood
    from oddsmith.report.summary import ScoreCard, Summary

WIDTH = 100
SCORES = {
    "accuracy": "accuracy",
    "precision": "precision",
    "recall": "recall",
    "f1": "F1",
    "roc_auc": "ROC AUC",
    "average_precision": "average precision",
    "log_loss": "log loss",
    "brier": "Brier score",
}


def summary_text(summary: Summary) -> str:
    """The whole summary: what was read, how it was fitted, the coefficients, the scores."""
    parts = [
        title(summary),
        _facts(summary),
        _coefficients(summary),
        *([evaluation_text(summary.scores)] if summary.scores else []),
    ]
    return "\n\n".join(parts)


def evaluation_text(card: ScoreCard) -> str:
    """Scores beside those of the base rate, and the confusion matrix."""
    heads, rows = score_table(card)
    width = max(len(heads[0]), 24)
    lines = [_line(cells, [width, 9, 9]) for cells in (heads, *rows)]
    return "\n".join([*lines, "", *_confusion(card)])


def score_table(card: ScoreCard) -> tuple[list[str], list[list[str]]]:
    """Heads and cells of the table of scores."""
    rows = [
        [label, *(score(getattr(side, key)) for side in (card.model, card.base_rate))] for key, label in SCORES.items()
    ]
    return [f"Scores on {card.label}", "model", "base rate"], rows


def title(summary: Summary) -> str:
    """Of what, and of which class the probability is modelled."""
    of = f" of {summary.target}" if summary.target else ""
    against = summary.coefficients.reference
    if against is None:
        return f"Logistic regression{of}: probability of {summary.classes[1]!r}"
    others = [repr(label) for label in summary.classes if label != against]
    return f"Logistic regression{of}: {shown(others)} against {against!r}"


def facts(summary: Summary) -> dict[str, str]:
    """What was read, how it was fitted and how well, by name."""
    if not summary.rows:
        return {"Columns": summary.kinds, "Status": summary.advice}
    total = sum(summary.class_weights)
    balance = ", ".join(
        f"{label}: {weight:g} ({100 * weight / total:.1f} %)"
        for weight, label in sorted(zip(summary.class_weights, summary.classes, strict=True))
    )
    weighted = "" if total == summary.rows else f", total weight {total:g}"
    missing = f"{_counted(summary.left_out, 'row')} left out for missing values; " if summary.left_out else ""
    told = {"Read": summary.origin} if summary.origin else {}
    told |= {
        "Data": f"{_counted(summary.rows, 'row')}, {_counted(summary.columns, 'column')}{weighted}; {missing}{balance}",
        **({"Formula": summary.formula} if summary.formula else {"Columns": summary.kinds}),
        "Penalty": summary.penalty,
        "Solver": f"{summary.solver}, {_counted(summary.passes, 'pass')} over the data, {summary.seconds:.2g} s",
        "Certificate": summary.certificate,
        "Status": summary.advice,
    }
    if summary.runaway:
        told["Concerned"] = shown(summary.runaway)
    if summary.dropped:
        told["Dropped"] = f"collinear: {shown(summary.dropped)}"
    if summary.penalised_log_likelihood is not None:
        told["Likelihood"] = f"penalised log-likelihood {summary.penalised_log_likelihood:.6g}, on raw columns"
    if summary.likelihood is not None:
        found = summary.likelihood
        told["Likelihood"] = f"log-likelihood {found.log_likelihood:.6g}, AIC {found.aic:.6g}, BIC {found.bic:.6g}"
        if not math.isnan(found.null_log_likelihood):
            told["Null model"] = _null_model(found, summary.null_test)
    return told


def coefficient_table(found: Inference) -> tuple[list[str], list[list[str]]]:
    """Heads and cells of the table of coefficients. The last head stands over two cells: the interval."""
    heads = ["", "coefficient", "odds ratio", "std. error", "z", "p", f"{100 * found.level:g} % interval"]
    columns = (found.names, found.coef, found.odds_ratio, found.se, found.z, found.p, found.ci_low, found.ci_high)
    rows = [
        [name, *["NA"] * 7]
        if name in found.dropped
        else [name, number(coef), number(ratio), number(se), z_value(z), p_value(p), number(low), number(high)]
        for name, coef, ratio, se, z, p, low, high in zip(*columns, strict=True)
    ]
    return heads, rows


def _facts(summary: Summary) -> str:
    return "\n".join(
        textwrap.fill(text, WIDTH, initial_indent=f"{name:11}  ", subsequent_indent=" " * 13)
        for name, text in facts(summary).items()
    )


def _null_model(found: Likelihood, test: ChiSquareTest | None) -> str:
    told = f"log-likelihood {found.null_log_likelihood:.6g}, McFadden's R2 {found.pseudo_r2:.4f}"
    if test is not None:
        told += f"; chi-square {test.statistic:.4g} on {test.df} df, p {p_value(test.p)}"
    return told


def _coefficients(summary: Summary) -> str:
    heads, rows = coefficient_table(summary.coefficients)
    width = min(32, max(len(row[0]) for row in rows))
    lines = [_line(heads, [width, 11, 10, 10, 7, 7, 22])]
    lines += [_line([_shortened(row[0], width), *row[1:]], [width, 11, 10, 10, 7, 7, 10, 10]) for row in rows]
    note = summary.coefficients.note
    return "\n".join([*lines, *(textwrap.wrap(note, WIDTH) if note else [])])


def _line(cells: list[str], widths: list[int]) -> str:
    return "  ".join([f"{cells[0]:{widths[0]}}", *(f"{c:>{w}}" for c, w in zip(cells[1:], widths[1:], strict=True))])


def _shortened(name: str, width: int) -> str:
    """With an ellipsis in the middle: the end of a name tells its level."""
    return name if len(name) <= width else f"{name[: (width - 1) // 2]}…{name[-(width // 2) :]}"


def confusion_table(card: ScoreCard) -> tuple[list[str], list[list[str]]]:
    """Heads and cells of the confusion matrix."""
    heads = ["", *(f"predicted {label}" for label in card.classes)]
    counts = zip(card.classes, card.model.confusion, strict=True)
    return heads, [[f"actual {label}", *(f"{count:g}" for count in row)] for label, row in counts]


def _confusion(card: ScoreCard) -> list[str]:
    heads, rows = confusion_table(card)
    widths = [max(len(row[0]) for row in rows), *map(len, heads[1:])]
    return [_line(cells, widths) for cells in (heads, *rows)]


def _counted(count: int, noun: str) -> str:
    plural = noun + ("es" if noun.endswith("s") else "s")
    return f"{count:,} {noun if count == 1 else plural}".replace(",", " ")


def number(value: float) -> str:
    """Four digits; "-" if not known."""
    if math.isnan(value):
        return "-"
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    return f"{value:.4g}"


def score(value: float) -> str:
    """Four decimals; "-" if not defined."""
    return "-" if math.isnan(value) else f"{value:.4f}"


def z_value(value: float) -> str:
    """Two decimals; "-" if not known."""
    return "-" if math.isnan(value) else f"{value:.2f}"


def p_value(value: float) -> str:
    """Four decimals; "-" if not known."""
    if math.isnan(value):
        return "-"
    return f"{value:.4f}" if value >= 0.0001 else "<0.0001"
