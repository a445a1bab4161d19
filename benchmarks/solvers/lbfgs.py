"""scikit-learn's lbfgs, its default."""

from functools import partial

from benchmarks.solvers import newton_cholesky

NAME = "scikit-learn lbfgs"
TOLERANCES = (1e-4, 1e-5, 1e-6, 1e-7, 1e-8)
fit = partial(newton_cholesky.fit, solver="lbfgs")


def takes(problem):
    return not hasattr(problem.X, "iloc")
