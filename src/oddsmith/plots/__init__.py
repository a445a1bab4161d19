"""OPEN: a figure a file, on matplotlib; each takes a fitted model and returns an Axes. Add a file, and a line here."""

from oddsmith.plots.base import COLOURS
from oddsmith.plots.boundaries import decision_boundary
from oddsmith.plots.costs import cost_surface
from oddsmith.plots.descent import loss_curve
from oddsmith.plots.held_out import cross_validation
from oddsmith.plots.links import sigmoid
from oddsmith.plots.paths import coefficient_path
from oddsmith.plots.regions import one_vs_all

__all__ = [
    "COLOURS",
    "coefficient_path",
    "cost_surface",
    "cross_validation",
    "decision_boundary",
    "loss_curve",
    "one_vs_all",
    "sigmoid",
]
