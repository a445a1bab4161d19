"""glum's GeneralizedLinearRegressor."""

import numpy as np
from glum import GeneralizedLinearRegressor

NAME = "glum"
L1 = True
TOLERANCES = (1e-3, 1e-4, 1e-5, 1e-6, 1e-8, 1e-10)


def takes(problem):
    return problem.task == "binary"


def fit(problem, tol):
    model = GeneralizedLinearRegressor(
        family="binomial",
        alpha=problem.alpha + problem.l1,
        l1_ratio=1 if problem.l1 else 0,
        gradient_tol=tol,
        max_iter=1000,
    )
    model.fit(problem.X, problem.y)
    if problem.inference:
        model.std_errors(problem.X, problem.y, robust=False)
    return model.intercept_, np.asarray(model.coef_), int(model.n_iter_)
