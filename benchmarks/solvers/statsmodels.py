"""statsmodels' Logit by Newton's method: maximum likelihood alone."""

import numpy as np
import statsmodels.api as sm

NAME = "statsmodels Logit"
TOLERANCES = (1e-4, 1e-6, 1e-8, 1e-10)


def takes(problem):
    return problem.task == "binary" and problem.alpha == 0 and isinstance(problem.X, np.ndarray)


def fit(problem, tol):
    result = sm.Logit(problem.y, sm.add_constant(problem.X)).fit(method="newton", tol=tol, maxiter=100, disp=False)
    if problem.inference:
        result.bse  # noqa: B018  (computed when it is asked for)
    return result.params[0], result.params[1:], int(result.mle_retvals["iterations"])
