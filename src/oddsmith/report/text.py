"""A Summary as text for a terminal."""

from __future__ import annotations

import math
import textwrap
from typing import TYPE_CHECKING

from oddsmith.schema import shown

if TYPE_CHECKING:
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
    of = f" of {summary.target}" if summary.target else ""
    parts = [
        f"Logistic regression{of}: probability of {summary.classes[1]!r}",
        _facts(summary),
        _coefficients(summary),
        *([evaluation_text(summary.scores)] if summary.scores else []),
    ]
    return "\n\n".join(parts)


def evaluation_text(card: ScoreCard) -> str:
    """Scores beside those of the base rate, and the confusion matrix."""
    title = f"Scores on {card.label}"
    width = max(len(title), 24)
    lines = [f"{title:{width}}  {'model':>9}  {'base rate':>9}"]
    for key, label in SCORES.items():
        values = [getattr(side, key) for side in (card.model, card.base_rate)]
        lines.append(f"{label:{width}}  " + "  ".join(f"{_score(v):>9}" for v in values))
    return "\n".join([*lines, "", *_confusion(card)])


def _facts(summary: Summary) -> str:
    if not summary.rows:
        return _filled({"Columns": summary.kinds, "Status": summary.advice})
    total = sum(summary.class_weights)
    balance = ", ".join(
        f"{label}: {weight:g} ({100 * weight / total:.1f} %)"
        for weight, label in sorted(zip(summary.class_weights, summary.classes, strict=True))
    )
    weighted = "" if total == summary.rows else f", total weight {total:g}"
    facts = {"Read": summary.origin} if summary.origin else {}
    facts |= {
        "Data": f"{_count(summary.rows, 'row')}, {_count(summary.columns, 'column')}{weighted}; {balance}",
        "Columns": summary.kinds,
        "Penalty": summary.penalty,
        "Solver": f"{summary.solver}, {_count(summary.passes, 'pass')} over the data, {summary.seconds:.2g} s",
        "Certificate": summary.certificate,
        "Status": summary.advice,
    }
    if summary.runaway:
        facts["Concerned"] = shown(summary.runaway)
    return _filled(facts)


def _filled(facts: dict[str, str]) -> str:
    return "\n".join(
        textwrap.fill(text, WIDTH, initial_indent=f"{name:11}  ", subsequent_indent=" " * 13)
        for name, text in facts.items()
    )


def _coefficients(summary: Summary) -> str:
    found = summary.coefficients
    width = min(32, max(map(len, found.names)))
    interval = f"{100 * found.level:g} % interval"
    lines = [
        f"{'':{width}}  {'coefficient':>11}  {'odds ratio':>10}  {'std. error':>10}  {'z':>7}  {'p':>7}  {interval:>22}"
    ]
    for k, name in enumerate(found.names):
        shown = name if len(name) <= width else name[: width - 1] + "…"
        limits = f"{_number(found.ci_low[k]):>10}  {_number(found.ci_high[k]):>10}"
        lines.append(
            f"{shown:{width}}  {_number(found.coef[k]):>11}  {_number(found.odds_ratio[k]):>10}  "
            f"{_number(found.se[k]):>10}  {_z(found.z[k]):>7}  {_p(found.p[k]):>7}  {limits}"
        )
    return "\n".join([*lines, *(textwrap.wrap(found.note, WIDTH) if found.note else [])])


def _confusion(card: ScoreCard) -> list[str]:
    heads = [f"predicted {label}" for label in card.classes]
    width = max(len(f"actual {label}") for label in card.classes)
    lines = [f"{'':{width}}  " + "  ".join(heads)]
    for label, row in zip(card.classes, card.model.confusion, strict=True):
        cells = (f"{count:>{len(head)}g}" for count, head in zip(row, heads, strict=True))
        lines.append(f"{'actual ' + label:{width}}  " + "  ".join(cells))
    return lines


def _count(number: int, noun: str) -> str:
    plural = noun + ("es" if noun.endswith("s") else "s")
    return f"{number:,} {noun if number == 1 else plural}".replace(",", " ")


def _number(value: float) -> str:
    if math.isnan(value):
        return "-"
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    return f"{value:.4g}"


def _score(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.4f}"


def _z(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.2f}"


def _p(value: float) -> str:
    if math.isnan(value):
        return "-"
    return f"{value:.4f}" if value >= 0.0001 else "<0.0001"
