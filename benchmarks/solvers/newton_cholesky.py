"""scikit-learn's newton-cholesky, without standard errors: it has none."""

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier

NAME = "scikit-learn newton-cholesky"
TOLERANCES = (1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-8)


def takes(problem):
    return isinstance(problem.X, np.ndarray)


def fit(problem, tol, solver="newton-cholesky"):
    C = 1 / (problem.alpha * len(problem.y)) if problem.alpha else np.inf
    model = LogisticRegression(C=C, solver=solver, tol=tol, max_iter=5000)
    if problem.task == "one-vs-rest":
        each = OneVsRestClassifier(model).fit(problem.X, problem.y).estimators_
        intercept, coef = (np.concatenate([getattr(one, name) for one in each]) for name in ("intercept_", "coef_"))
        return intercept, coef, max(int(one.n_iter_[0]) for one in each)
    model.fit(problem.X, problem.y)
    return model.intercept_, model.coef_, int(np.max(model.n_iter_))
