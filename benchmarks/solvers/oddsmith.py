"""Oddsmith, through its public functions."""

import oddsmith

NAME = "oddsmith"
TOLERANCES = (1e-6, 1e-9, None)


def fit(X, y, alpha, tol):
    result = oddsmith.fit(oddsmith.as_source(X, y), penalty=oddsmith.L2(alpha) if alpha else None, tol=tol)
    return result.beta[0, 0], result.beta[0, 1:], result.passes
