"""Standard errors, tests and intervals: pure functions of a Fit."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from oddsmith.arrays import Array
from oddsmith.errors import SpecificationError, Status
from oddsmith.factor import Factor
from oddsmith.fitting import Fit

INTERCEPT = "(Intercept)"


@dataclass(frozen=True)
class Inference:
    """One entry for each coefficient, the intercept first if there is one.

    Attributes
    ----------
    names : tuple of str
    coef : array
        Log-odds.
    se : array
        Standard errors. Infinite where no finite or no unique optimum exists; NaN where they are not known.
    z : array
        coef / se.
    p : array
        Two-sided Wald test of coef = 0.
    ci_low, ci_high : array
        Wald interval, coef -+ z_level se.
    level : float
    note : str
        What limits the numbers; empty for maximum likelihood.
    """

    names: tuple[str, ...]
    coef: Array
    se: Array
    z: Array
    p: Array
    ci_low: Array
    ci_high: Array
    level: float
    note: str = ""

    @property
    def odds_ratio(self) -> Array:
        """exp(coef): the odds are multiplied by it when the column grows by one."""
        with np.errstate(over="ignore"):
            ratio: Array = np.exp(self.coef)
        return ratio

    def __repr__(self) -> str:
        width = max(map(len, self.names))
        head = f"{'':{width}}  {'coef':>12} {'se':>11} {'z':>9} {'p':>9} {'low':>12} {'high':>12}"
        rows = zip(self.names, self.coef, self.se, self.z, self.p, self.ci_low, self.ci_high, strict=True)
        lines = [
            f"{name:{width}}  {coef:12.5g} {se:11.4g} {z:9.3f} {p:9.3g} {low:12.5g} {high:12.5g}"
            for name, coef, se, z, p, low, high in rows
        ]
        return "\n".join([head, *lines, *([self.note] if self.note else [])])


def infer(fit: Fit, level: float = 0.95) -> Inference:
    r"""Wald inference from the exact Hessian at the solution.

    .. math:: \widehat{\mathrm{Cov}}(b) = (W H)^{-1}, \qquad z_j = b_j / \mathrm{se}_j, \qquad
              p_j = 2 \Phi(-|z_j|)

    with H the Hessian of mean loss plus penalty, W the sum of (frequency) weights.

    Parameters
    ----------
    fit : Fit
    level : float, default 0.95
        Of the intervals, between 0 and 1.

    Raises
    ------
    SpecificationError
        If the level is not between 0 and 1.

    Notes
    -----
    After a penalty the numbers are conditional on it: the penalty pulls coefficients to zero, the intervals do not
    know by how much, and they do not cover the true values at their level.

    References
    ----------
    McCullagh and Nelder (1989), section 4.4.
    """
    _require_fit(fit)
    if not 0.0 < level < 1.0:
        raise SpecificationError("level must lie between 0 and 1", f"{level!r}", "0.95 is usual.")
    names = (INTERCEPT, *fit.names) if fit.intercept else fit.names
    coef = fit.beta[0] if fit.intercept else fit.beta[0, 1:]
    se = standard_errors(fit)
    width = NormalDist().inv_cdf(0.5 + 0.5 * level)
    with np.errstate(invalid="ignore", divide="ignore"):
        z = coef / se
    p = np.array([math.erfc(abs(value) / math.sqrt(2.0)) for value in z])
    return Inference(names, coef, se, z, p, coef - width * se, coef + width * se, level, _note(fit))


def standard_errors(fit: Fit) -> Array:
    """Standard errors on raw columns, the intercept first if there is one. NaN if the Hessian is not known."""
    if fit.hessian is None:
        return np.full(len(fit.names) + fit.intercept, np.nan)
    half = Factor(fit.hessian).half / math.sqrt(fit.weight)
    se: Array = np.linalg.norm(fit.axes.rows_to_raw(half), axis=1)
    if fit.status is Status.SEPARATED and fit.value * fit.weight < math.log(2.0):
        se[:] = np.inf  # separated completely: no estimate has anything to stand on
    for column in fit.runaway:
        se[column + fit.intercept] = np.inf
    return se


def _note(fit: Fit) -> str:
    if fit.status is Status.GIVEN:
        return "Standard errors are not known: these coefficients were not fitted here."
    if fit.hessian is None:
        return "Standard errors are not known: the Hessian was not formed. Fit with tol=None to have them."
    if fit.reweighted:
        return "Standard errors are not valid for inference: class_weight changed the weights of the rows."
    if fit.penalty.strength > 0.0:
        return (
            "Standard errors, p values and intervals are conditional on the penalty: "
            "they leave out the bias that it causes, and do not hold for inference about the population."
        )
    if fit.status is Status.SEPARATED:
        return "Infinite standard errors: these estimates have no finite optimum."
    if fit.runaway:
        return "Infinite standard errors: these estimates are not unique."
    return ""


def _require_fit(fit: object) -> None:
    if not isinstance(fit, Fit):
        advice = "Pass what oddsmith.fit returned, or an estimator's fit_."
        raise SpecificationError("infer needs a Fit", f"a {type(fit).__name__}", advice)
