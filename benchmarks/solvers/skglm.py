"""skglm's proximal Newton method. It wants columns side by side: the conversion is made once, in the first call."""

import numpy as np
import scipy.sparse as sp
from skglm import GeneralizedLinearEstimator, penalties
from skglm.datafits import Logistic
from skglm.solvers import ProxNewton

NAME = "skglm"
TOLERANCES = (1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6)  # relative to l1
L1 = True


def takes(problem):
    return problem.task == "binary" and problem.l1 > 0


def columns(problem, made={}):  # noqa: B006
    """X column by column; a process has one problem."""
    if not made:
        made[0] = problem.X.tocsc() if sp.issparse(problem.X) else np.asfortranarray(problem.X)
    return made[0]


def fit(problem, tol):
    solver = ProxNewton(tol=tol * problem.l1, fit_intercept=True)
    model = GeneralizedLinearEstimator(Logistic(), penalties.L1(problem.l1), solver)
    model.fit(columns(problem), np.where(problem.y == 1, 1.0, -1.0))
    return model.intercept_, np.ravel(model.coef_), -1
