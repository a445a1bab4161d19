"""By how much coefficients miss the optimum of a reference problem: in ball arithmetic, where values lose no digits."""

from __future__ import annotations

from functools import cache

import numpy as np
from flint import arb, arb_mat, ctx

from tests.reference import score
from tests.reference.solve import WORKING, Exact


@cache
def _problem(name: str) -> tuple[Exact, arb]:
    ctx.dps = WORKING
    given = score.made(name)
    problem = Exact(given, np.ones(given.X.shape[1], dtype=bool), np.array([]))
    return problem, problem.objective(_theta(name, score.ANSWERS[name]["beta"]), 0)[0]


def _theta(name: str, beta) -> arb_mat:
    """Coefficients of the classes after the first, against it."""
    rows = [[arb(str(v)) if isinstance(v, str) else arb(float(v)) for v in row] for row in beta]
    rows = [[v - w for v, w in zip(row, rows[0], strict=True)] for row in rows[1:]] if len(rows) > 1 else rows
    first = 0 if score.made(name).intercept else 1
    return arb_mat([[v] for row in rows for v in row[first:]])


def excess(name: str, beta: np.ndarray) -> float:
    """(F - F*) / F* of a problem without L1."""
    ctx.dps = WORKING
    problem, best = _problem(name)
    value = problem.objective(_theta(name, np.atleast_2d(beta)), 0)[0]
    return float(((value - best) / best).mid())
