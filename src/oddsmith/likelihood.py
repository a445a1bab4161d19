"""The likelihood of a fit, and what is read off it: information criteria and McFadden's R2."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from oddsmith.errors import SpecificationError, Status
from oddsmith.firth import log_information
from oddsmith.fitted import Fit


@dataclass(frozen=True)
class Likelihood:
    r"""The log-likelihood of a fit, beside that of the null model: an intercept, and the offset if there is one.

    Attributes
    ----------
    log_likelihood : float
        :math:`\sum_i w_i [y_i \log p_i + (1 - y_i) \log(1 - p_i)]` at the coefficients. Where these are penalised it
        is not the maximum.
    null_log_likelihood : float
        The maximum with an intercept alone, at the same offset. NaN where it is not known.
    parameters : int
        Free and unique coefficients, the intercept among them: a column that repeats others does not count.
    weight : float
        The sum of (frequency) weights: how many rows they stand for.
    objection : str
        Why the log-likelihood is not a maximum, so that nothing can be read off it; empty where it is one.
    null_parameters : int
        Of the null model: its intercepts.
    """

    log_likelihood: float
    null_log_likelihood: float
    parameters: int
    weight: float
    objection: str = ""
    null_parameters: int = 1

    @classmethod
    def of(cls, fit: Fit, *, null_log_likelihood: float | None = None) -> Likelihood:
        """The likelihood of a fit.

        Parameters
        ----------
        fit : Fit
        null_log_likelihood : float, optional
            Of the null model, where the fit cannot know it: with an offset that takes the rows, and a fit of its own.
        """
        if null_log_likelihood is None:
            null_log_likelihood = math.nan if fit.has_offset else _null(fit)
        size = fit.loss.outputs * (len(fit.names) + fit.intercept)
        parameters = size if fit.hessian is None else fit.factor.rank
        value = (_cost(fit) - fit.value) * fit.weight
        return cls(value, null_log_likelihood, parameters, fit.weight, _objection(fit), fit.loss.outputs)

    @property
    def aic(self) -> float:
        """Akaike's criterion, 2 k - 2 log L with k parameters (Akaike, 1974)."""
        self._require("AIC")
        return 2.0 * self.parameters - 2.0 * self.log_likelihood

    @property
    def bic(self) -> float:
        """Schwarz's criterion, k log n - 2 log L, with n the sum of weights (Schwarz, 1978)."""
        self._require("BIC")
        return self.parameters * math.log(self.weight) - 2.0 * self.log_likelihood

    @property
    def pseudo_r2(self) -> float:
        """McFadden's 1 - log L / log L0, L0 being that of the null model (McFadden, 1974)."""
        self._require("McFadden's R2")
        return 1.0 - self.log_likelihood / self.null_log_likelihood

    def _require(self, what: str) -> None:
        if self.objection:
            raise SpecificationError(f"{what} holds at a maximum of the likelihood alone", self.objection)


def _null(fit: Fit) -> float:
    """Every row has the probability of its class."""
    return (
        math.nan
        if not fit.weight
        else math.fsum(weight * math.log(weight / fit.weight) for weight in fit.class_weights)
    )


def _cost(fit: Fit) -> float:
    """What the penalty adds to the mean loss."""
    if not fit.bias_reduction:
        return fit.cost
    if fit.hessian is None:
        return math.nan
    columns = np.delete(np.arange(len(fit.names)), [found.column for found in fit.combinations])
    axes = replace(fit.axes, centre=fit.axes.centre[columns], scale=fit.axes.scale[columns])
    places = [*range(fit.intercept), *(columns + fit.intercept)]
    return -0.5 * log_information(fit.factor.half[places], fit.weight, axes) / fit.weight


def _objection(fit: Fit) -> str:
    if fit.bias_reduction:
        return "the coefficients maximise a penalised likelihood (Firth's). Fit without bias_reduction."
    if fit.penalty.strength > 0.0:
        return f"the coefficients are penalised ({fit.penalty_in_words}). Fit without a penalty."
    if fit.reweighted:
        return "class_weight changed the weights of the rows. Fit without it."
    if fit.status is Status.COLLINEAR and fit.hessian is None:
        return "columns are collinear, and without the Hessian it is not known how many count. Drop some."
    if fit.status not in (Status.CONVERGED, Status.COLLINEAR):
        return fit.status.value
    if not math.isfinite(fit.value):
        return "its value is not known. Fit the model again."
    return ""
