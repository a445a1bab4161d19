"""Oddsmith, through its public functions."""

import numpy as np

import oddsmith

NAME = "oddsmith"
TOLERANCES = (1e-2, 1e-3, 1e-4, 1e-6, 1e-9, None)
L1 = True


def takes(problem):
    return True


def fit(problem, tol):
    penalty = oddsmith.L1(problem.l1) if problem.l1 else oddsmith.L2(problem.alpha) if problem.alpha else None
    if problem.task == "one-vs-rest":
        fits = oddsmith.fit_one_vs_rest(oddsmith.as_source(problem.X, problem.y), penalty=penalty, tol=tol)
        beta = np.vstack([one.beta for one in fits])
        return beta[:, 0], beta[:, 1:], max(one.passes for one in fits)
    if hasattr(problem.X, "iloc"):
        model = oddsmith.LogisticRegression(C=1 / (problem.alpha * len(problem.y)), tol=tol, categories="auto")
        found = model.fit(problem.X, problem.y).fit_
        return found.beta[:, 0], _ordered(problem, found), found.passes
    found = oddsmith.fit(oddsmith.as_source(problem.X, problem.y), penalty=penalty, tol=tol)
    if problem.inference:
        oddsmith.infer(found)
    return found.beta[:, 0], found.beta[:, 1:], found.passes


def _ordered(problem, found):
    """The coefficients in the order of the judge: levels as pandas has them."""
    place = {name: k for k, name in enumerate(found.names)}
    names = []
    for name in problem.X.columns:
        column = problem.X[name]
        is_category = column.dtype == "category"
        names += [f"{name}={level}" for level in column.cat.categories] if is_category else [name]
    return found.beta[:, 1:][:, [place[name] for name in names]]
