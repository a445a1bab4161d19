"""Standard errors, intervals and odds ratios: pure functions of a Fit."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np

from oddsmith.arrays import AnyArray, Array
from oddsmith.design import make_design
from oddsmith.errors import SpecificationError, Status
from oddsmith.factor import Factor
from oddsmith.fitted import Fit
from oddsmith.schema import nearest

INTERCEPT = "(Intercept)"
OFF = 1e-8  # how far a new row may be off a collinear combination, relative to its terms


@dataclass(frozen=True)
class Inference:
    """One entry for each coefficient, the intercept first if there is one; of K > 2 classes K - 1 such lists.

    Attributes
    ----------
    names : tuple of str
        Of K > 2 classes with the class before it: "virginica: petal length".
    coef : array
        Log-odds; of K > 2 classes against the reference.
    se : array
        Standard errors. Infinite where no finite or no unique optimum exists; NaN where they are not known, and for
        columns that were dropped.
    z : array
        coef / se.
    p : array
        Two-sided Wald test of coef = 0.
    ci_low, ci_high : array
        Wald interval, coef -+ z_level se.
    level : float
    note : str
        What limits the numbers; empty for maximum likelihood.
    reference : str or None
        Of K > 2 classes, the one that the others are compared with.
    dropped : tuple of str
        Those of `names` that have no coefficient, their columns being linear combinations of earlier ones: coef is 0.
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
    reference: str | None = None
    dropped: tuple[str, ...] = ()

    @property
    def odds_ratio(self) -> Array:
        """exp(coef): the odds are multiplied by it when the column grows by one."""
        with np.errstate(over="ignore"):
            ratio: Array = np.exp(self.coef)
        return ratio

    def to_frame(self) -> Any:
        """As a pandas data frame, one row for each coefficient."""
        import pandas as pd

        columns = {"coefficient": self.coef, "odds_ratio": self.odds_ratio, "standard_error": self.se, "z": self.z}
        columns |= {"p": self.p, "ci_low": self.ci_low, "ci_high": self.ci_high}
        return pd.DataFrame(columns, index=list(self.names))

    def __repr__(self) -> str:
        width = max(map(len, self.names))
        head = f"{'':{width}}  {'coef':>12} {'se':>11} {'z':>9} {'p':>9} {'low':>12} {'high':>12}"
        rows = zip(self.names, self.coef, self.se, self.z, self.p, self.ci_low, self.ci_high, strict=True)
        lines = [
            f"{name:{width}}  {coef:12.5g} {se:11.4g} {z:9.3f} {p:9.3g} {low:12.5g} {high:12.5g}"
            for name, coef, se, z, p, low, high in rows
        ]
        return "\n".join([head, *lines, *([self.note] if self.note else [])])


@dataclass(frozen=True)
class OddsRatios:
    """By what the odds are multiplied when a column grows by so many units. One entry for each column.

    Attributes
    ----------
    names : tuple of str
    unit : array
        By how much the column grows; 1 unless asked otherwise.
    odds_ratio : array
        exp(unit * coef).
    ci_low, ci_high : array
        The Wald interval of unit * coef, mapped by exp.
    p : array
        Two-sided Wald test of an odds ratio of 1.
    level : float
    note : str
        What limits the numbers; empty for maximum likelihood.
    """

    names: tuple[str, ...]
    unit: Array
    odds_ratio: Array
    ci_low: Array
    ci_high: Array
    p: Array
    level: float
    note: str = ""

    def to_frame(self) -> Any:
        """As a pandas data frame, one row for each column."""
        import pandas as pd

        columns = {"unit": self.unit, "odds_ratio": self.odds_ratio, "ci_low": self.ci_low, "ci_high": self.ci_high}
        return pd.DataFrame(columns | {"p": self.p}, index=list(self.names))

    def __repr__(self) -> str:
        width = max(map(len, self.names), default=0)
        interval = f"{100 * self.level:g} % interval"
        lines = [f"{'':{width}}  {'per':>8}  {'odds ratio':>10}  {interval:>20}  {'p':>9}"]
        columns = (self.names, self.unit, self.odds_ratio, self.ci_low, self.ci_high, self.p)
        for name, unit, ratio, low, high, p in zip(*columns, strict=True):
            lines.append(f"{name:{width}}  {unit:8g}  {ratio:10.4g}  {low:9.4g}  {high:9.4g}  {p:9.3g}")
        return "\n".join([*lines, *([self.note] if self.note else [])])


def infer(fit: Fit, level: float = 0.95, *, reference: Any = None) -> Inference:
    r"""Wald inference from the exact Hessian at the solution.

    .. math:: \widehat{\mathrm{Cov}}(b) = (W H)^{-1}, \qquad z_j = b_j / \mathrm{se}_j, \qquad
              p_j = 2 \Phi(-|z_j|)

    with H the Hessian of mean loss plus penalty, W the sum of (frequency) weights. Of K > 2 classes b stands for the
    K - 1 contrasts :math:`b_k - b_r`, the log-odds of class k against the reference r.

    Parameters
    ----------
    fit : Fit
    level : float, default 0.95
        Of the intervals, between 0 and 1.
    reference : label, optional
        The class that the others are compared with; the first by default.

    Raises
    ------
    SpecificationError
        If the level is not between 0 and 1, or the reference is no class.

    Notes
    -----
    After a penalty the numbers are conditional on it: the penalty pulls coefficients to zero, the intervals do not
    know by how much, and they do not cover the true values at their level.

    References
    ----------
    McCullagh and Nelder (1989), section 4.4; of K > 2 classes, Agresti, *Categorical Data Analysis*, 3rd ed. (2013),
    section 8.1.
    """
    require_fit(fit, "infer")
    width = normal_width(level)
    base = _reference(fit, reference)
    names = (INTERCEPT, *fit.names) if fit.intercept else fit.names
    many = len(fit.classes) > 2
    if many:
        names = tuple(f"{label}: {name}" for k, label in enumerate(fit.classes) if k != base for name in names)
    scores = fit.beta if many else np.vstack([np.zeros_like(fit.beta), fit.beta])
    coef = np.delete(scores - scores[base], base, axis=0)[:, 0 if fit.intercept else 1 :].ravel()
    se = standard_errors(fit, reference)
    with np.errstate(invalid="ignore", divide="ignore"):
        z = coef / se
    p = np.array([math.erfc(abs(value) / math.sqrt(2.0)) for value in z])
    against = str(fit.classes[base]) if many else None
    gone = tuple(names[k] for k in np.flatnonzero(_dropped(fit)))
    return Inference(names, coef, se, z, p, coef - width * se, coef + width * se, level, _note(fit), against, gone)


def odds_ratios(
    fit: Fit, units: Mapping[str, float] | None = None, level: float = 0.95, *, reference: Any = None
) -> OddsRatios:
    """Odds ratios of the columns, per unit or per so many units, with Wald intervals. The intercept has none.

    Parameters
    ----------
    fit : Fit
    units : mapping of str to float, optional
        By how much a column grows: {"age": 10} for ten years. 1 for those that are not named.
    level : float, default 0.95
        Of the intervals.
    reference : label, optional
        Of K > 2 classes, the one that the others are compared with; the first by default.

    Raises
    ------
    SpecificationError
        If a name is no column, a unit is 0 or not finite, or the level is not between 0 and 1.

    References
    ----------
    Hosmer, Lemeshow and Sturdivant (2013), *Applied Logistic Regression*, 3rd ed., chapter 3.
    """
    found = infer(fit, level, reference=reference)
    names = fit.names
    unit = np.ones(len(names))
    for name, value in (units or {}).items():
        if name not in names:
            advice = f"Use the names that a summary shows{nearest(name, names)}."
            raise SpecificationError("units names no column of the model", repr(name), advice)
        if not (isinstance(value, int | float | np.number) and np.isfinite(value) and value != 0):
            raise SpecificationError("A unit must be a number other than 0", f"{name!r}: {value!r}", "1 is usual.")
        unit[names.index(name)] = value
    free = len(names) + fit.intercept
    columns = np.flatnonzero(np.arange(len(found.names)) % free >= fit.intercept)
    unit = np.tile(unit, len(found.names) // free)
    with np.errstate(over="ignore"):
        ratio, one, other = (np.exp(unit * side[columns]) for side in (found.coef, found.ci_low, found.ci_high))
    low, high = np.minimum(one, other), np.maximum(one, other)  # a negative unit turns them round
    shown = tuple(found.names[k] for k in columns)
    return OddsRatios(shown, unit, ratio, low, high, found.p[columns], level, found.note)


def covariance_root(fit: Fit, reference: Any = None) -> Array:
    """M with M M' = Cov(b) on raw columns, where the coefficients are unique; NaN if the Hessian is not known.

    From it, and not from the covariance, sums of squares keep their digits for columns of large means.
    """
    if fit.hessian is None:
        size = (len(fit.classes) - 1) * (len(fit.names) + fit.intercept)
        return np.full((size, size), np.nan)
    return _on_raw_columns(fit, fit.factor.half / math.sqrt(fit.weight), reference)


def _on_raw_columns(fit: Fit, rows: Array, reference: Any) -> Array:
    """A row for each of the solver's coefficients -> one for each coefficient of `infer`."""
    raw = np.stack([fit.axes.rows_to_raw(part) for part in np.split(rows, fit.loss.outputs)])
    scores = fit.loss.contrasts if fit.loss.outputs > 1 else np.array([[0.0], [1.0]])
    base = _reference(fit, reference)
    against = np.delete(scores - scores[base], base, axis=0)
    out: Array = np.tensordot(against, raw, axes=1).reshape(len(against) * raw.shape[1], -1)
    return out


def covariance(fit: Fit, *, reference: Any = None) -> Array:
    """The covariance of the coefficients on raw columns, in the order of `infer`.

    Infinite variances, and NaN beside them, where `infer` has infinite standard errors; NaN for dropped columns, and
    if the Hessian is not known.
    """
    require_fit(fit, "covariance")
    root = covariance_root(fit, reference)
    matrix: Array = root @ root.T
    se = standard_errors(fit, reference)
    known, infinite = np.isfinite(se), np.isinf(se)
    matrix[~known] = matrix[:, ~known] = np.nan
    matrix[infinite, infinite] = np.inf
    return matrix


def standard_errors(fit: Fit, reference: Any = None) -> Array:
    """Standard errors on raw columns, in the order of `infer`. NaN if the Hessian is not known."""
    se: Array = np.linalg.norm(covariance_root(fit, reference), axis=1)
    separated = fit.status is Status.SEPARATED and fit.hessian is not None
    if separated:
        se[_running_off(fit, reference)] = np.inf
    # of more than two classes a column may run off between some of them only
    if not separated or fit.loss.outputs == 1 or (fit.combinations and not fit.dropped):
        for column in fit.runaway:
            se[column + fit.intercept :: len(fit.names) + fit.intercept] = np.inf
    se[_dropped(fit)] = np.nan
    return se


def _running_off(fit: Fit, reference: Any) -> AnyArray:
    """Which coefficients of `infer` the rows that are not separated leave undetermined: the Hessian is theirs."""
    factor = Factor(np.asarray(fit.hessian))
    part, whole = (
        np.linalg.norm(_on_raw_columns(fit, rows / factor.scale[:, None], reference), axis=1)
        for rows in (_null_axes(fit, factor), np.eye(factor.size))
    )
    constant = np.tile(np.append(np.zeros(int(fit.intercept), dtype=bool), np.isinf(fit.axes.scale)), fit.loss.outputs)
    return (part > 1e-3 * whole) | constant


def eta_standard_errors(fit: Fit, matrix: AnyArray) -> Array:
    """Standard errors of the linear predictor x'b of dense rows; an offset has none.

    Infinite where the fit does not determine x'b: in a row that has a part outside of what collinear rows span, or
    that takes part in a coefficient without a finite optimum. NaN if the Hessian is not known.
    """
    if fit.hessian is None:
        return np.full(len(matrix), np.nan)
    factor, axes = fit.factor, fit.axes
    design = make_design(matrix).standardised(axes.centre, axes.scale)
    se: Array = np.sqrt(design.norms(_led(factor.half, fit)) / fit.weight)
    if factor.rank < factor.size:
        se[_outside(fit, factor, matrix)] = np.inf
    for found in fit.combinations:
        se[found.gap(matrix) > OFF] = np.inf
    return se


def _outside(fit: Fit, factor: Factor, matrix: AnyArray) -> AnyArray:
    """Which rows have a part where the Hessian is singular: there x'b is not unique."""
    axes = fit.axes
    design = make_design(matrix).standardised(axes.centre, axes.scale)
    part = design.norms(_led(_null_axes(fit, factor) / factor.scale[:, None], fit))
    whole = design.norms(_led(np.diag(1.0 / factor.scale), fit))
    constant = np.isinf(axes.scale)  # z is 0 there, whatever x is
    moved = np.abs(matrix[:, constant] - axes.centre[constant]) > 1e-12 * np.abs(axes.centre[constant])
    outside: AnyArray = (part > 1e-12 * whole) | moved.any(axis=1)
    return outside


def _null_axes(fit: Fit, factor: Factor) -> Array:
    """What the Hessian does not see, but for collinear columns: zeros stand there."""
    null = factor.null_axes.copy()
    collinear = np.zeros(len(fit.names) + fit.intercept, dtype=bool)
    collinear[[found.column + fit.intercept for found in fit.combinations]] = True
    null[np.tile(collinear, fit.loss.outputs)] = 0.0
    return null


def _dropped(fit: Fit) -> AnyArray:
    """Which coefficients, in the order of `infer`, belong to columns that were dropped."""
    gone = np.zeros(len(fit.names) + fit.intercept, dtype=bool)
    gone[[found.column + fit.intercept for found in fit.dropped]] = True
    return np.tile(gone, len(fit.classes) - 1)


def _led(rows: Array, fit: Fit) -> Array:
    """With a row of zeros for an intercept that is not free: designs ask for one."""
    return rows if fit.intercept else np.vstack([np.zeros((1, rows.shape[1])), rows])


def normal_width(level: float) -> float:
    """Half the width of an interval, in standard errors."""
    if not 0.0 < level < 1.0:
        raise SpecificationError("level must lie between 0 and 1", f"{level!r}", "0.95 is usual.")
    return NormalDist().inv_cdf(0.5 + 0.5 * level)


def _note(fit: Fit) -> str:
    if fit.status is Status.GIVEN:
        return "Standard errors are not known: these coefficients were not fitted here."
    if not fit.penalty.smooth:
        return "Standard errors are not known: those of a fit say nothing of columns that the same fit has chosen."
    if fit.hessian is None:
        return "Standard errors are not known: the Hessian was not formed. Fit with tol=None to have them."
    if fit.reweighted:
        return "Standard errors are not valid for inference: class_weight changed the weights of the rows."
    if fit.penalty.strength > 0.0:
        return (
            "Standard errors, p values and intervals are conditional on the penalty: "
            "they leave out the bias that it causes, and do not hold for inference about the population."
        )
    notes = []
    if fit.bias_reduction:
        notes.append(
            "Standard errors are from the Fisher information at the bias-reduced estimates. Where rows are few or "
            "classes separated, Wald's intervals and p values are rough (Heinze and Schemper, 2002)."
        )
    if fit.dropped:
        notes.append("NA: dropped, as linear combinations of earlier columns.")
    if fit.status is Status.SEPARATED:
        notes.append("Infinite standard errors: these estimates have no finite optimum.")
    elif fit.runaway:
        notes.append("Infinite standard errors: these estimates are not unique.")
    return " ".join(notes)


def require_fit(fit: object, name: str) -> None:
    """Refuse something else, for a function of this name."""
    if not isinstance(fit, Fit):
        advice = "Pass what oddsmith.fit returned, or an estimator's fit_."
        raise SpecificationError(f"{name} needs a Fit", f"a {type(fit).__name__}", advice)


def _reference(fit: Fit, label: Any) -> int:
    """The place of the class that others are compared with."""
    if label is None:
        return 0
    found = [k for k, known in enumerate(fit.classes) if known == label or str(known) == str(label)]
    if not found:
        classes = ", ".join(map(str, fit.classes))
        raise SpecificationError("The reference is not among the classes", f"{label!r}", f"Use one of: {classes}.")
    return found[0]
