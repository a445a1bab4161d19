"""adelie's grpnet at one strength. It wants columns side by side: the conversion is made once, in the first call."""

import adelie
import numpy as np
import scipy.sparse as sp

NAME = "adelie"
TOLERANCES = (1e-3, 1e-4, 1e-5, 1e-7, 1e-9, 1e-11)
L1 = True


def takes(problem):
    return problem.task == "binary" and problem.l1 > 0


def columns(problem, made={}):  # noqa: B006
    """X column by column; a process has one problem."""
    if not made:
        sparse = sp.issparse(problem.X)
        X = problem.X.tocsc() if sparse else np.asfortranarray(problem.X)
        made[0] = adelie.matrix.sparse(X, n_threads=2) if sparse else adelie.matrix.dense(X, n_threads=2)
    return made[0]


def fit(problem, tol):
    state = adelie.grpnet(
        columns(problem), adelie.glm.binomial(problem.y.astype(float)), lmda_path=[problem.l1], tol=tol, irls_tol=tol,
        early_exit=False, progress_bar=False, n_threads=2,
    )  # fmt: skip
    return np.ravel(state.intercepts)[:1], np.asarray(state.betas[0].todense()).ravel(), -1
