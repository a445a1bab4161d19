"""scikit-learn's newton-cholesky."""

import numpy as np
from sklearn.linear_model import LogisticRegression

NAME = "scikit-learn newton-cholesky"
TOLERANCES = (1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-8)


def fit(X, y, alpha, tol, solver="newton-cholesky"):
    C = 1 / (alpha * len(y)) if alpha else np.inf
    model = LogisticRegression(C=C, solver=solver, tol=tol, max_iter=5000).fit(X, y)
    return model.intercept_[0], model.coef_[0], int(model.n_iter_[0])
