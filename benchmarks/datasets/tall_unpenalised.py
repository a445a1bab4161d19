"""Half a million rows, thirty columns, maximum likelihood."""

from benchmarks.datasets.base import Problem, correlated


def make() -> Problem:
    """120 MB of float64."""
    return Problem("n=500 000 p=30, unpenalised", *correlated(500_000, 30, seed=2), alpha=0.0)
