"""A Summary as HTML for a notebook: one element, its style included, readable on light and on dark ground."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import TYPE_CHECKING

from oddsmith.report.text import coefficient_table, confusion_table, facts, score_table, title

if TYPE_CHECKING:
    from oddsmith.report.summary import Summary

# Nothing but greys that are half transparent and the notebook's own colour: both grounds are unknown here.
STYLE = """
.oddsmith { color: inherit; line-height: 1.4; }
.oddsmith .title { font-weight: 600; margin: 0.4em 0; }
.oddsmith .note { max-width: 60em; margin: 0.4em 0; }
.oddsmith table { border-collapse: collapse; border: none; margin: 0.6em 0; background: none; color: inherit; }
.oddsmith th, .oddsmith td { border: none; padding: 0.15em 0.7em; text-align: right; background: none; color: inherit; }
.oddsmith th:first-child, .oddsmith .facts td { text-align: left; }
.oddsmith tbody th, .oddsmith .facts th { font-weight: 400; }
.oddsmith .facts th { opacity: 0.7; vertical-align: top; }
.oddsmith .facts td { max-width: 60em; }
.oddsmith .numbers thead th { border-bottom: 1px solid rgba(128, 128, 128, 0.8); font-weight: 600; }
.oddsmith .numbers tbody tr + tr > * { border-top: 1px solid rgba(128, 128, 128, 0.25); }
.oddsmith .numbers td { font-variant-numeric: tabular-nums; white-space: nowrap; }
"""


def summary_html(summary: Summary) -> str:
    """The whole summary: what was read, how it was fitted, the coefficients, the scores."""
    note = summary.coefficients.note
    parts = [
        f"<style>{STYLE}</style>",
        f'<p class="title">{escape(title(summary))}</p>',
        _facts(facts(summary)),
        _numbers(*coefficient_table(summary.coefficients)),
        *([f'<p class="note">{escape(note)}</p>'] if note else []),
    ]
    if summary.scores is not None:
        parts += [_numbers(*score_table(summary.scores)), _numbers(*confusion_table(summary.scores))]
    return f'<div class="oddsmith">{"".join(parts)}</div>'


def _facts(told: dict[str, str]) -> str:
    rows = (f"<tr><th>{escape(name)}</th><td>{escape(text)}</td></tr>" for name, text in told.items())
    return f'<table class="facts"><tbody>{"".join(rows)}</tbody></table>'


def _numbers(heads: list[str], rows: list[list[str]]) -> str:
    """A table whose last head spans what is left of the row."""
    span = f' colspan="{len(rows[0]) - len(heads) + 1}"' if len(rows[0]) > len(heads) else ""
    top = "".join(f"<th{span if k == len(heads) - 1 else ''}>{escape(head)}</th>" for k, head in enumerate(heads))
    return f'<table class="numbers"><thead><tr>{top}</tr></thead><tbody>{"".join(map(_row, rows))}</tbody></table>'


def _row(cells: Iterable[str]) -> str:
    name, *numbers = cells
    return f"<tr><th>{escape(name)}</th>{''.join(f'<td>{escape(cell)}</td>' for cell in numbers)}</tr>"
