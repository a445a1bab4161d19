"""The cost as a function of theta, for those who bring their own minimiser: the engine's loss, seen by SciPy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from oddsmith.arrays import Array
from oddsmith.errors import DataError, SpecificationError
from oddsmith.losses import Logistic
from oddsmith.objective import Objective
from oddsmith.penalties import NoPenalty, Penalty
from oddsmith.solvers import Smooth
from oddsmith.sources import as_source


def cost_function(X: Any, y: Any, *, penalty: Penalty | None = None) -> Callable[[npt.ArrayLike], tuple[float, Array]]:
    r"""The cost J of logistic regression and its gradient, as a function of theta alone.

    .. math:: J(\theta) = -\frac{1}{n} \sum_i \left[ y_i \log h_i + (1 - y_i) \log(1 - h_i) \right] + P(\theta), \qquad
              \frac{\partial J}{\partial \theta_j} = \frac{1}{n} \sum_i (h_i - y_i) x_{ij}
              + \frac{\partial P}{\partial \theta_j}, \qquad
              h_i = \frac{1}{1 + e^{-\theta'x_i}}, \qquad x_{i0} = 1

    Made for a minimiser: `scipy.optimize.minimize(cost, theta, jac=True, options={"maxiter": 100})`. Each call is one
    pass over the rows.

    Parameters
    ----------
    X : array-like, sparse matrix or data frame of numbers, of shape (n, p)
        Without a column of ones.
    y : array-like of shape (n,)
        Labels of two classes; h is the probability of the larger one.
    penalty : Penalty, optional
        None by default. The textbook's :math:`\frac{\lambda}{2n} \sum_{j \ge 1} \theta_j^2` is `L2(lambda / n)`; the
        intercept is never penalised.

    Returns
    -------
    callable
        theta -> (J, gradient). theta and gradient have shape (1 + p,): the intercept, then one for each column.

    Raises
    ------
    DataError
        If X is no table of finite numbers, or y does not have two classes, one label a row. The callable raises
        SpecificationError if theta has another shape.

    See Also
    --------
    fit : minimises the same J, whatever the columns' scales, and proves how well.

    Examples
    --------
    >>> from scipy.optimize import minimize
    >>> cost = cost_function([[0.5], [1], [2], [2.5], [3], [4]], [0, 0, 1, 0, 1, 1])
    >>> J, gradient = cost([0, 0])
    >>> round(J, 3), gradient.round(3)
    (0.693, array([ 0.   , -0.417]))
    >>> minimize(cost, [0, 0], jac=True, options={"maxiter": 100}).x.round(2)
    array([-4.48,  2.06])
    """
    source = as_source(X, y)
    if len(source.classes) != 2:
        advice = "For one against all the others, pass y == label."
        raise DataError("A cost function is for two classes", f"{len(source.classes)} classes", advice)
    source.moments()  # finds a NaN or an infinity
    p = len(source.columns)
    bound = (penalty or NoPenalty()).bound(np.ones(p), intercept=True)
    function = Smooth(Objective(source, Logistic()), bound)

    def cost(theta: npt.ArrayLike) -> tuple[float, Array]:
        """J and its gradient at theta: the intercept, then the coefficients."""
        beta = np.asarray(theta, dtype=np.float64)
        if beta.shape != (1 + p,):
            what = f"theta must have shape ({1 + p},): the intercept, then one for each of {p} columns"
            raise SpecificationError(what, f"shape {beta.shape}", f"Start from numpy.zeros({1 + p}).")
        seen = function.evaluate(np.ascontiguousarray(beta))
        assert seen.gradient is not None
        return seen.value, seen.gradient

    return cost
