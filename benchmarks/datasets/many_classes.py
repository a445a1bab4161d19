"""Ten classes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from benchmarks.datasets.base import Problem, columns, split, units

ROWS, COLUMNS, CLASSES, HELD_OUT = 100_000, 100, 10, 10_000


def standardised() -> Problem:
    """Columns of mean 0 and variance 1, softmax."""
    rng = np.random.default_rng(6)
    X = columns(ROWS + HELD_OUT, COLUMNS, rng)
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    scores = X @ rng.standard_normal((COLUMNS, CLASSES)) / np.sqrt(COLUMNS) * 1.5 + rng.standard_normal(CLASSES)
    y = (scores + rng.gumbel(size=scores.shape)).argmax(axis=1)
    title = f"softmax n={ROWS} p={COLUMNS} K={CLASSES}, L2, standardised columns"
    return split(title, X, y, 1e-4, HELD_OUT, task="multinomial")


def unscaled() -> Problem:
    """The same columns in units of four decades, about means of that size."""
    problem = standardised()
    whole = units(np.vstack([problem.X, problem.held_out[0]]), np.random.default_rng(7), decades=2.0)
    title = problem.title.replace("standardised", "unscaled")
    return replace(problem, title=title, X=whole[:ROWS], held_out=(whole[ROWS:], problem.held_out[1]))


def one_vs_rest() -> Problem:
    """A binary problem for each class."""
    problem = standardised()
    return replace(problem, title=problem.title.replace("softmax", "one-vs-rest"), task="one-vs-rest")
