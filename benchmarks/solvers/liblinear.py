"""LIBLINEAR's trust-region Newton method, as scikit-learn ships it.

It penalises the intercept: a large intercept_scaling makes that too little to see.
"""

import warnings

from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier

NAME = "LIBLINEAR"
L1 = True
TOLERANCES = (1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7)


def takes(problem):
    return problem.task != "multinomial" and problem.alpha + problem.l1 > 0 and not hasattr(problem.X, "iloc")


def fit(problem, tol):
    warnings.simplefilter("ignore")
    C = 1 / ((problem.alpha + problem.l1) * len(problem.y))
    given = {"solver": "liblinear", "tol": tol, "max_iter": 5000, "intercept_scaling": 100.0}
    model = LogisticRegression(C=C, l1_ratio=1.0 if problem.l1 else 0.0, **given)
    if problem.task == "one-vs-rest":
        import numpy as np

        each = OneVsRestClassifier(model).fit(problem.X, problem.y).estimators_
        intercept, coef = (np.concatenate([getattr(one, name) for one in each]) for name in ("intercept_", "coef_"))
        return intercept, coef, max(int(one.n_iter_[0]) for one in each)
    model.fit(problem.X, problem.y)
    return model.intercept_, model.coef_, int(model.n_iter_[0])
