"""One binary fit for each class against all others, from passes that serve them all."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from oddsmith.fitted import Fit, warn
from oddsmith.fitting import Problem, check_limits, check_source, solver_named
from oddsmith.lockstep import AgainstRest, Meeting, SharedRows, side_by_side
from oddsmith.losses import Logistic
from oddsmith.objective import Objective
from oddsmith.penalties import Penalty
from oddsmith.solvers import Solver
from oddsmith.sources import Source

AT_ONCE, LEAST_AT_ONCE, MATRICES = 64, 4, 1 << 25  # classes side by side, and entries of all their Hessians


def fit_one_vs_rest(
    source: Source,
    *,
    penalty: Penalty | None = None,
    solver: str | Solver = "auto",
    tol: float | None = None,
    max_passes: int | None = None,
    intercept: bool = True,
    standardize: bool = False,
    threads: int | None = None,
    warn: Callable[[Fit], None] = warn,
) -> tuple[Fit, ...]:
    r"""Fit K binary logistic regressions, of each class against all others, in passes over the data that they share.

    Fit k is that of the target :math:`[y_i = k]`: the same as `fit` finds for it alone, with a certificate of its own.
    Only the data are read once for all, where K fits would read them K times. Each problem keeps its own steps, and
    those that have converged drop out.

    Parameters
    ----------
    source : Source
        Of K >= 2 classes, from `oddsmith.read` or `oddsmith.as_source`.
    penalty, solver, tol, max_passes, intercept, standardize, threads, warn
        Of each fit, as in `fit`.

    Returns
    -------
    tuple of Fit
        One for each of `source.classes`, in that order, with the classes False and True. Its `passes` are those that
        served it.

    Raises
    ------
    DataError, SpecificationError, NumericalError
        As in `fit`.

    Warns
    -----
    ConvergenceWarning, SeparationWarning
        As in `fit`, for each class concerned.

    See Also
    --------
    fit : softmax, one joint fit of all classes, whose probabilities need no normalising.

    References
    ----------
    Rifkin and Klautau (2004), *In defense of one-vs-all classification*.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> X, y = load_iris(return_X_y=True)
    >>> fits = fit_one_vs_rest(as_source(X, y), penalty=L2(0.01))
    >>> [fit.beta.shape for fit in fits]
    [(1, 5), (1, 5), (1, 5)]
    """
    began = time.perf_counter()
    check_source(source, penalty)
    check_limits(tol, max_passes, threads)
    chosen = solver_named(solver, penalty)
    problem = Problem.of(source, Logistic(), penalty, intercept=intercept, standardize=standardize, threads=threads)

    def solve(label: int, objective: Objective) -> Fit:
        own = replace(problem, source=AgainstRest(problem.source, label), objective=objective)
        return own.solved(chosen, tol=tol, max_passes=max_passes, start=None, began=began)

    together = max(LEAST_AT_ONCE, min(AT_ONCE, MATRICES // problem.objective.width**2))
    fits: list[Fit] = []
    with problem.quietly():
        for first in range(0, len(source.classes), together):
            labels = range(first, min(first + together, len(source.classes)))
            rows = SharedRows(problem.objective.source, Meeting(len(labels)), threads)
            fits += side_by_side(rows, labels, solve, intercept=intercept)
        for fitted in fits:
            warn(fitted)
    return tuple(fits)
