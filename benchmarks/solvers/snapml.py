"""Snap ML's LogisticRegression, whose penalty is on the sum of the losses."""

import numpy as np
from snapml import LogisticRegression

NAME = "Snap ML"
TOLERANCES = (1e-3, 1e-5, 1e-7, 1e-9)


def takes(problem):
    return problem.task == "binary" and problem.alpha > 0 and isinstance(problem.X, np.ndarray)


def fit(problem, tol):
    model = LogisticRegression(
        regularizer=problem.alpha * len(problem.y), tol=tol, max_iter=5000, fit_intercept=True, intercept_scaling=100.0,
        n_jobs=2,
    )  # fmt: skip
    model.fit(problem.X, problem.y)
    return model.intercept_, np.ravel(model.coef_), -1
