"""OPEN: a Summary first, then its renderers. Add a file, and a line here."""

from oddsmith.report.html import summary_html
from oddsmith.report.summary import ScoreCard, Summary, summarise
from oddsmith.report.text import evaluation_text, summary_text

__all__ = ["ScoreCard", "Summary", "evaluation_text", "summarise", "summary_html", "summary_text"]
