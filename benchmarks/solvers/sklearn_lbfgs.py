"""scikit-learn's lbfgs, its default."""

from functools import partial

from benchmarks.solvers import sklearn_newton_cholesky

NAME = "scikit-learn lbfgs"
TOLERANCES = (1e-4, 1e-5, 1e-6, 1e-7, 1e-8)
fit = partial(sklearn_newton_cholesky.fit, solver="lbfgs")
