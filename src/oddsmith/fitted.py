"""Fit: what was found, as numbers. Everything downstream reads it."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass

import numpy as np

from oddsmith.arrays import AnyArray, Array
from oddsmith.axes import Axes
from oddsmith.combinations import Combination
from oddsmith.errors import ColumnWarning, ConvergenceWarning, SeparationWarning, Status
from oddsmith.factor import Factor
from oddsmith.judging.certificate import Certificate
from oddsmith.losses import Loss
from oddsmith.penalties import Penalty
from oddsmith.schema import Schema, shown
from oddsmith.solvers import Step

MOST = 16.0  # digits of a double
FEW = 4.0  # digits: below them one is warned
NEAR = 1e-9  # standard errors: a distance that leaves every coefficient of any size its digits


@dataclass(frozen=True)
class Fit:
    """A fitted model as numbers. It never holds rows of X.

    Attributes
    ----------
    schema : Schema
        What the columns mean, and which coefficients they have.
    classes : array of shape (K,)
        Labels; of two, the probability of the second is modelled.
    beta : array of shape (1, 1 + p), or (K, 1 + p) for K > 2 classes
        Coefficients on raw columns, intercept first (0 if it was not free). Those of K classes sum to zero over these;
        with absolute values in the penalty, the intercepts alone do.
    hessian : array or None
        Of mean loss plus penalty at beta, in the solver's coefficients: those of `axes`, one output after another.
        Of separated classes, in the limit: 0 along whatever runs off.
    axes : Axes
        How the solver's coefficients, of standardised columns, stand to beta.
    certificate : Certificate
    status : Status
        How it ended; its value is the advice that goes with it.
    trace : tuple of Step
        What the solver did, step by step.
    passes : int
        Passes over the data, the one that standardises included.
    value : float
        Mean loss plus penalty at beta.
    penalty : Penalty
    standardized : bool
        Whether the penalty acts on standardised columns.
    has_offset : bool
    loss : Loss
    solver : str
    rows : int
    class_weights : tuple of float
        Sum of weights of each class.
    runaway : tuple of int
        Columns whose coefficients have no finite or no unique optimum; -1 is the intercept.
    seconds : float
    reweighted : bool
        Whether the weights are not frequencies, so that standard errors are not valid for inference.
    bias_reduction : "firth" or None
        With it, value takes in Jeffreys' prior on raw columns, - log |I(beta)| / (2 weight); hessian does not.
    combinations : tuple of Combination
        Columns that are linear combinations of earlier ones.
    root : array or None
        M with M M' = H^-1, where it is known to more digits than `hessian` tells.
    variance : array or None
        Of the solver's coefficients, times the weight: a rough idea, for `digits` alone, where there is no Hessian.
    """

    schema: Schema
    classes: AnyArray
    beta: Array
    hessian: Array | None
    axes: Axes
    certificate: Certificate
    status: Status
    trace: tuple[Step, ...]
    passes: int
    value: float
    penalty: Penalty
    standardized: bool
    has_offset: bool
    loss: Loss
    solver: str
    rows: int
    class_weights: tuple[float, ...]
    runaway: tuple[int, ...] = ()
    seconds: float = 0.0
    reweighted: bool = False
    bias_reduction: str | None = None
    combinations: tuple[Combination, ...] = ()
    root: Array | None = None
    variance: Array | None = None

    @property
    def factor(self) -> Factor:
        """The Hessian, factorised. There must be one."""
        assert self.hessian is not None
        return Factor(self.hessian) if self.root is None else Factor.of_root(self.root)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the p coefficients, without the intercept."""
        return self.schema.coefficients

    @property
    def weight(self) -> float:
        """The sum of weights."""
        return sum(self.class_weights)

    @property
    def intercept(self) -> bool:
        """Whether the intercept was free."""
        return self.axes.intercept

    @property
    def runaway_names(self) -> list[str]:
        """The names of `runaway`."""
        return ["(Intercept)" if j < 0 else self.names[j] for j in self.runaway]

    @property
    def dropped(self) -> tuple[Combination, ...]:
        """Those of `combinations` that have no coefficient: it is 0. Under collinear="min-norm" all have one."""
        return tuple(found for found in self.combinations if found.column not in self.runaway)

    @property
    def dropped_in_words(self) -> list[str]:
        """`dropped`, as "x3 = 2*x1 - x2"."""
        return [found.in_words(self.names) for found in self.dropped]

    @property
    def penalised_log_likelihood(self) -> float:
        """What the coefficients maximise: the log-likelihood less the penalty, - value * weight.

        Under Firth's correction it is the log-likelihood plus log |I(beta)| / 2 with I on raw columns, so it changes
        by a constant with their units.
        """
        return -self.value * self.weight

    @property
    def penalty_in_words(self) -> str:
        """The penalty and its scale, as every summary states it."""
        if self.bias_reduction:
            return "Jeffreys' prior (Firth's bias reduction)"
        if self.penalty.strength == 0.0:
            return "no penalty"
        scale = "standardised" if self.standardized else "raw"
        factors = "" if self.penalty.factors is None else ", with factors"
        return f"{self.penalty.name}, alpha {self.penalty.strength:g} on the mean loss, {scale} columns{factors}"

    @property
    def kept(self) -> tuple[str, ...]:
        """The columns with a coefficient that is not zero."""
        nonzero = (self.beta[:, 1:] != 0.0).any(axis=0)
        return tuple(name for name, keep in zip(self.names, nonzero, strict=True) if keep)

    @property
    def cost(self) -> float:
        """What the penalty adds to the mean loss."""
        scale = np.ones_like(self.axes.spread) if self.standardized else self.axes.spread
        parts = [self.axes.from_raw(row) for row in self.loss.contrasts.T @ self.beta]
        bound = self.penalty.bound(scale, intercept=self.intercept, outputs=self.loss.outputs)
        return bound.value(np.concatenate(parts))

    @property
    def digits(self) -> float:
        """To how many digits every coefficient is known, by the certificate; NaN if no standard error is known.

        The certificate tells how many standard errors lie between a coefficient and the optimum at most: so many of
        its own, beside its size, or beside a tenth of a standard error where it is smaller than that. Where there is
        no Hessian, the standard errors are those of the solver's metric, and the intercept is that at the means.
        """
        distance = self.certificate.standard_errors
        if distance < NEAR:
            return MOST
        if (self.hessian is None and self.variance is None) or not math.isfinite(distance):
            return math.nan
        if self.hessian is None:
            size, spread = self._beside_the_metric()
        else:
            rows = np.stack([self.axes.rows_to_raw(part) for part in np.split(self.factor.half, self.loss.outputs)])
            spread = np.linalg.norm(np.tensordot(self.loss.contrasts, rows, axes=1), axis=2)
            size = np.abs(self.beta[:, 1 - self.intercept :])
        se = spread / math.sqrt(self.weight)
        known = (se > 0.0) & np.isfinite(se)
        units = np.maximum(size[known] / se[known], 0.1)
        return float(np.clip(np.log10(units / distance), 0.0, MOST).min(initial=MOST))

    def _beside_the_metric(self) -> tuple[Array, Array]:
        """Coefficients on standardised columns, and the roots of their variances, of every class."""
        assert self.variance is not None
        size = np.abs([self.axes.from_raw(part) for part in self.beta])
        spread: Array = np.sqrt(self.loss.contrasts**2 @ self.variance.reshape(self.loss.outputs, -1))
        return size, spread

    @property
    def losses(self) -> list[float]:
        """Mean loss plus penalty at every step of the trace."""
        return [step.value for step in self.trace]

    def __repr__(self) -> str:
        return (
            f"<Fit: {self.loss.name}, {self.penalty_in_words}; {self.rows} rows, {len(self.names)} columns; "
            f"{self.status.name.lower()} after {self.passes} passes, {self.certificate}>"
        )


def warn(fit: Fit, *, convergence: type[ConvergenceWarning] = ConvergenceWarning, stacklevel: int = 3) -> None:
    """Warn of dropped columns, of a fit that is not to be trusted, and of a tolerance too loose for 4 digits."""
    warn_of_failure(fit, convergence=convergence, stacklevel=stacklevel + 1)
    digits = fit.digits
    if fit.status is Status.CONVERGED and not digits >= FEW:
        text = "The tolerance was met, but it is so loose that a coefficient may have fewer than four digits"
        text += "" if math.isnan(digits) else f": {digits:.1f}"
        text += f". Leave tol out for full precision. (Certificate: {fit.certificate}.)"
        warnings.warn(text, convergence, stacklevel=stacklevel)


def warn_of_failure(
    fit: Fit, *, convergence: type[ConvergenceWarning] = ConvergenceWarning, stacklevel: int = 3
) -> None:
    """Warn of dropped columns, and of a fit that is not to be trusted at the tolerance that was asked for."""
    if fit.dropped:
        text = "Columns that are linear combinations of earlier ones (or constant) were dropped; their coefficients "
        text += f"are 0, without standard errors: {shown(fit.dropped_in_words)}."
        warnings.warn(text, ColumnWarning, stacklevel=stacklevel)
    if fit.status.trustworthy:
        return
    text = fit.status.value
    if fit.runaway:
        text += f" Columns concerned: {shown(fit.runaway_names)}."
    if fit.combinations and not fit.dropped:
        text += f" They satisfy {shown([found.in_words(fit.names) for found in fit.combinations])}."
    if fit.status is Status.SEPARATED:
        warnings.warn(text, SeparationWarning, stacklevel=stacklevel)
    else:
        text += f" (After {fit.passes} passes; certificate: {fit.certificate}.)"
        warnings.warn(text, convergence, stacklevel=stacklevel)
