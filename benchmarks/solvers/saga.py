"""scikit-learn's saga."""

from sklearn.linear_model import LogisticRegression

NAME = "scikit-learn saga"
TOLERANCES = (1e-3, 1e-4, 1e-5, 1e-6, 1e-8)
L1 = True


def takes(problem):
    return problem.task == "binary" and problem.l1 > 0


def fit(problem, tol):
    C = 1 / (problem.l1 * len(problem.y))
    model = LogisticRegression(C=C, l1_ratio=1.0, solver="saga", tol=tol, max_iter=10_000, random_state=0)
    model.fit(problem.X, problem.y)
    return model.intercept_, model.coef_, int(model.n_iter_[0])
