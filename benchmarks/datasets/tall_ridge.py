"""A million rows, fifty columns, ridge."""

from benchmarks.datasets.base import Problem, correlated


def make() -> Problem:
    """400 MB of float64."""
    return Problem("n=1 000 000 p=50, L2", *correlated(1_000_000, 50, seed=1), alpha=1e-4)
