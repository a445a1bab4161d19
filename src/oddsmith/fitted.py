"""Fit: what was found, as numbers. Everything downstream reads it."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

from oddsmith.arrays import AnyArray, Array
from oddsmith.axes import Axes
from oddsmith.combinations import Combination
from oddsmith.errors import ColumnWarning, ConvergenceWarning, SeparationWarning, Status
from oddsmith.losses import Loss
from oddsmith.optimality import Certificate
from oddsmith.penalties import Penalty
from oddsmith.schema import Schema, shown
from oddsmith.solvers import Step


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
    def losses(self) -> list[float]:
        """Mean loss plus penalty at every step of the trace."""
        return [step.value for step in self.trace]

    def __repr__(self) -> str:
        return (
            f"<Fit: {self.loss.name}, {self.penalty_in_words}; {self.rows} rows, {len(self.names)} columns; "
            f"{self.status.name.lower()} after {self.passes} passes, {self.certificate}>"
        )


def warn(fit: Fit, *, convergence: type[ConvergenceWarning] = ConvergenceWarning, stacklevel: int = 3) -> None:
    """Warn of columns that were dropped, and if a fit is not to be trusted: of separation, or of anything else."""
    if fit.dropped:
        text = (
            "Columns that are linear combinations of earlier ones (or constant) were dropped; their coefficients are "
        )
        text += f"0, without standard errors: {shown(fit.dropped_in_words)}."
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
