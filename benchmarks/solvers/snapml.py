"""Snap ML's LogisticRegression: its penalty is on the sum of the losses, and on the coefficient of a constant."""

import numpy as np
from snapml import LogisticRegression

NAME = "Snap ML"
TOLERANCES = (1e-3, 1e-5, 1e-7, 1e-9)
CONSTANT = 100.0  # so large that the penalty on its coefficient is too little to see; the intercept comes divided by it


def takes(problem):
    return problem.task == "binary" and problem.alpha > 0 and isinstance(problem.X, np.ndarray)


def fit(problem, tol):
    model = LogisticRegression(
        regularizer=problem.alpha * len(problem.y), tol=tol, max_iter=5000, fit_intercept=True, n_jobs=2,
        intercept_scaling=CONSTANT, normalize=False,
    )  # fmt: skip
    model.fit(problem.X, problem.y)
    return CONSTANT * model.intercept_, np.ravel(model.coef_), -1
