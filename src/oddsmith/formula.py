"""The statistician's face: a formula and a table in; estimates, odds ratios, tests and intervals out."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from oddsmith.arrays import AnyArray, Array
from oddsmith.collinear import Collinear
from oddsmith.errors import ConvergenceWarning, SpecificationError, Status
from oddsmith.fitted import Fit, warn
from oddsmith.fitting import fit
from oddsmith.hypotheses import ChiSquareTest, lr_test, wald_test
from oddsmith.inference import (
    INTERCEPT,
    Inference,
    OddsRatios,
    covariance,
    eta_standard_errors,
    infer,
    normal_width,
    odds_ratios,
)
from oddsmith.likelihood import Likelihood
from oddsmith.penalties import Penalty
from oddsmith.prediction import linear_predictor, probabilities
from oddsmith.report import Summary, summarise
from oddsmith.sources import as_source
from oddsmith.sources.base import encode_target
from oddsmith.sources.memory import check_weight
from oddsmith.terms import Rows, Terms, as_table, vector

SPANNED = 1e-7  # how far, per standard deviation, a column may lie from what a larger model's columns span


def logit(
    formula: str,
    data: Any,
    *,
    weights: Any = None,
    offset: Any = None,
    penalty: Penalty | None = None,
    bias_reduction: str | None = None,
    collinear: Collinear = "drop",
    positive: Any = None,
) -> LogitResult:
    """Fit a logistic regression given by a formula; by maximum likelihood, unless a penalty is asked for.

    Parameters
    ----------
    formula : str
        Such as "y ~ age + C(sex) + log(income)". The grammar and the transforms (C, contr, poly, bs, cr, center,
        scale, np, ...) are formulaic's. Names are columns of the data and nothing else; those that are no Python
        names stand in backticks. "- 1" or "+ 0" leaves the intercept out, "y ~ 1" keeps it alone. The response has two
        classes of any type; I(y > 3) makes them. **A formula is evaluated as code: take none from a source that
        you do not trust.**
    data : pandas data frame; polars frame, pyarrow table or other object with a `to_pandas` method; or dict of columns
        Rows with a missing value in any column that is used, weights and offset included, are left out before the
        formula is evaluated, and counted.
    weights : str or array of shape (n,), optional
        Frequency weights >= 0: a weight of 2 is the row twice. A column name, or one number a row.
    offset : str or array of shape (n,), optional
        Added to the linear predictor, in log-odds. A name is looked up in new data; an array must be given again.
    penalty : Penalty, optional
        `oddsmith.L2(alpha)`, on the columns that the formula makes. None by default.
    bias_reduction : "firth", optional
        Firth's penalised likelihood: finite estimates, of less bias, for separated classes and small samples too.
    collinear : {"drop", "min-norm", "error"}, default "drop"
        Without a penalty, what becomes of columns that are linear combinations of earlier ones; see `oddsmith.fit`.
    positive : label, optional
        The class whose probability is modelled: the larger label by default, the last of an ordered categorical.

    Returns
    -------
    LogitResult

    Raises
    ------
    DataError
        If the formula cannot be evaluated on the data, a column is not there, the response has not two classes, or
        a transform gives no finite number.
    SpecificationError
        If the formula cannot be read.

    Warns
    -----
    ColumnWarning
        If columns were dropped, since they are linear combinations of earlier ones.
    ConvergenceWarning, SeparationWarning
        If the coefficients are not the one optimum.
    """
    table = as_table(data)
    weight, shift = vector(weights, table, "weights", minimum=0.0), vector(offset, table, "offset")
    roles = [name for name in (weights, offset) if isinstance(name, str)]
    terms, rows, response = Terms.learned(formula, table, roles, weight, shift)
    labels, positive = _labels(response, terms.response, positive)
    rows = replace(rows, labels=labels)
    if rows.weight is not None:
        check_weight(rows.weight, len(rows.weight), "weights")
    source = partial(as_source, y=labels, sample_weight=rows.weight, offset=rows.offset, positive=positive)
    fitted = fit(
        source(rows.matrix, names=terms.names),
        penalty=penalty,
        intercept=terms.intercept,
        bias_reduction=bias_reduction,
        collinear=collinear,
        warn=partial(warn, stacklevel=4),
    )
    null = None
    if rows.offset is not None:  # then the null model takes a fit of its own, of no columns
        null = Likelihood.of(fit(source(rows.matrix[:, :0], names=()), warn=lambda _: None)).log_likelihood
    return LogitResult(
        formula=formula,
        response=terms.response,
        fit=fitted,
        likelihood=Likelihood.of(fitted, null_log_likelihood=null),
        left_out=len(table) - len(rows.kept),
        offset=offset if isinstance(offset, str) else None,
        _terms=terms,
        _rows=rows,
    )


@dataclass(frozen=True, eq=False, repr=False)
class LogitResult:
    """What `oddsmith.logit` found. Print its `summary()`; a notebook shows it by itself.

    It keeps the rows that it was fitted to; `fit` does not.

    Attributes
    ----------
    formula, response : str
    fit : Fit
    likelihood : Likelihood
    left_out : int
        Rows that were left out because a value is missing in them.
    offset : str or None
        Name of the offset's column, if it has one.
    """

    formula: str
    response: str
    fit: Fit
    likelihood: Likelihood
    left_out: int
    offset: str | None
    _terms: Terms
    _rows: Rows

    @property
    def log_likelihood(self) -> float:
        """The log-likelihood at the coefficients: the maximum, if nothing is penalised."""
        return self.likelihood.log_likelihood

    @property
    def penalised_log_likelihood(self) -> float:
        """The log-likelihood less the penalty: what the coefficients maximise; see `Fit`."""
        return self.fit.penalised_log_likelihood

    @property
    def null_log_likelihood(self) -> float:
        """The maximum of the log-likelihood with an intercept alone, at the same offset."""
        return self.likelihood.null_log_likelihood

    @property
    def aic(self) -> float:
        """Akaike's 2 k - 2 log L, with k free and unique coefficients. Refused where L is not a maximum."""
        return self.likelihood.aic

    @property
    def bic(self) -> float:
        """Schwarz's k log n - 2 log L, with n the sum of weights. Refused where L is not a maximum."""
        return self.likelihood.bic

    @property
    def pseudo_r2(self) -> float:
        """McFadden's 1 - log L / log L0. Refused where L is not a maximum."""
        return self.likelihood.pseudo_r2

    def summary(self, level: float = 0.95) -> Summary:
        """What was fitted, how, how well, and the table of coefficients."""
        return summarise(
            self.fit,
            target=self.response,
            level=level,
            null_log_likelihood=self.null_log_likelihood,
            formula=self.formula,
            left_out=self.left_out,
        )

    def inference(self, level: float = 0.95) -> Inference:
        """Standard errors, tests and intervals; see `oddsmith.infer`."""
        return infer(self.fit, level)

    def odds_ratios(self, units: Mapping[str, float] | None = None, level: float = 0.95) -> OddsRatios:
        """Odds ratios of the columns, per unit or per so many units; see `oddsmith.odds_ratios`."""
        return odds_ratios(self.fit, units, level)

    def covariance(self) -> Any:
        """The covariance of the coefficients as a pandas data frame; see `oddsmith.covariance`."""
        import pandas as pd

        names = self.inference().names
        return pd.DataFrame(covariance(self.fit), index=names, columns=names)

    def wald_test(self, hypothesis: str | Any, values: Any = 0.0) -> ChiSquareTest:
        """Wald test of linear hypotheses such as "age = 0, 2*bmi - sex = 1"; see `oddsmith.wald_test`."""
        return wald_test(self.fit, hypothesis, values)

    def lr_test(self, other: LogitResult | Any) -> ChiSquareTest:
        """Likelihood-ratio test of the smaller of two nested models; see `oddsmith.lr_test`.

        Raises
        ------
        SpecificationError
            If rows, response, weights or offset differ, if a model is penalised or has no finite maximum, or if the
            columns of the smaller are not combinations of those of the larger.
        """
        if not isinstance(other, LogitResult):
            advice = "Pass another result of oddsmith.logit."
            raise SpecificationError("lr_test needs a LogitResult", f"a {type(other).__name__}", advice)
        _require_same(self._rows, other._rows)
        test = lr_test(self.fit, other.fit)
        smaller, larger = sorted((self, other), key=lambda result: result.likelihood.parameters)
        outside = _outside(smaller, larger)
        if outside:
            found = f"{', '.join(outside)} is no combination of what {larger.formula!r} makes"
            raise SpecificationError("The models are not nested", found, "Compare their AIC.")
        return test

    def predict(self, new_data: Any = None, *, interval: float | None = None, offset: Any = None) -> Any:
        """Probabilities of the class that is modelled. NaN in rows where a value is missing.

        Parameters
        ----------
        new_data : table as in `logit`, optional
            Needs the columns on the right of the formula, and that of a named offset. A dict of numbers and labels
            is one row. By default the data of the fit.
        interval : float, optional
            The level of a Wald interval of the linear predictor, mapped to probabilities: 0.95, say. It runs from 0
            to 1 in a row that the fit does not determine.
        offset : str or array of shape (n,), optional
            Needed with new data if the fit was given an array.

        Returns
        -------
        array of shape (n,), or with an interval a pandas data frame: probability, low, high

        Raises
        ------
        DataError
            If a column is not there, or a row has a level that the fit has not seen: by variable, level and row.
        SpecificationError
            If an offset is needed or has no meaning, or an interval is asked of a penalised fit.

        Warns
        -----
        ConvergenceWarning
            If columns are collinear, and a row has a part outside of what the rows of the fit span.
        """
        if new_data is None:
            if offset is not None:
                raise SpecificationError("The rows of the fit have their own offset", "offset=", "Leave it out.")
            rows = self._rows
        else:
            rows = self._new_rows(new_data, offset if offset is not None else self.offset)
        eta = linear_predictor(self.fit, rows.matrix, rows.offset)
        found = {"probability": probabilities(self.fit, eta)[:, 1]}
        if self.fit.combinations or self.fit.status is Status.COLLINEAR:
            self._warn_of_undetermined(rows)
        if interval is not None:
            width = normal_width(interval) * self._eta_standard_errors(rows)
            found |= {
                "low": probabilities(self.fit, eta - width)[:, 1],
                "high": probabilities(self.fit, eta + width)[:, 1],
            }
        whole = rows.placed(found)
        return whole["probability"].to_numpy() if interval is None else whole

    def _new_rows(self, new_data: Any, offset: Any) -> Rows:
        if offset is not None and not self.fit.has_offset:
            raise SpecificationError("The model was fitted without an offset", "offset=", "Leave it out.")
        table = as_table(new_data)
        return self._terms.rows(table, vector(offset, table, "offset"))

    def _eta_standard_errors(self, rows: Rows) -> Array:
        allowed = self.fit.bias_reduction or self.fit.status is Status.SEPARATED
        if self.likelihood.objection and not allowed:
            raise SpecificationError("An interval needs a maximum of the likelihood", self.likelihood.objection)
        return eta_standard_errors(self.fit, rows.matrix)

    def _warn_of_undetermined(self, rows: Rows) -> None:
        outside = np.flatnonzero(np.isinf(eta_standard_errors(self.fit, rows.matrix)))
        if len(outside):
            text = f"Columns are collinear, and {len(outside)} of {len(rows.kept)} rows (first: row "
            text += f"{rows.kept[outside[0]]}) lie outside of what the fit has seen: their predictions are not unique."
            warnings.warn(text, ConvergenceWarning, stacklevel=3)

    def _repr_html_(self) -> str:
        return self.summary()._repr_html_()

    def __repr__(self) -> str:
        return f"<LogitResult: {self.formula}; {self.fit!r}>"


def _labels(values: Any, name: str, positive: Any) -> tuple[AnyArray, Any]:
    """The labels of the response, and the class that is modelled."""
    if positive is None and getattr(values.dtype, "ordered", False):
        positive = values.cat.categories[-1]
    labels = np.asarray(values)
    encode_target(labels, positive, f"The response {name!r}")  # for messages that name it
    return labels, positive


def _require_same(one: Rows, other: Rows) -> None:
    """Refuse to compare models of other rows, saying in what they differ."""
    if len(one.index) != len(other.index) or not np.array_equal(one.kept, other.kept):
        found = " and ".join(f"{len(rows.kept)} of {len(rows.index)} rows" for rows in (one, other))
        advice = "Leave out rows with a missing value in any of the variables first, then fit both."
        raise SpecificationError("The models were not fitted to the same rows", found, advice)
    for what, pair, default in (
        ("response", (one.labels, other.labels), 0.0),
        ("weights", (one.weight, other.weight), 1.0),
        ("offset", (one.offset, other.offset), 0.0),
    ):
        mine, theirs = (np.full(len(one.kept), default) if values is None else values for values in pair)
        if not np.array_equal(mine, theirs):
            k = int(np.argmax(mine != theirs))
            found = f"{mine[k]} and {theirs[k]} in row {one.kept[k]}"
            raise SpecificationError(f"The models differ in their {what}", found, "Fit both to the same.")


def _outside(smaller: LogitResult, larger: LogitResult) -> list[str]:
    """The columns of the smaller model that are no combination of those of the larger."""
    asked, names = smaller._rows.matrix, smaller._terms.names
    if smaller.fit.intercept:
        asked, names = np.column_stack([np.ones(len(asked)), asked]), (INTERCEPT, *names)
    weight = larger._rows.weight
    counted = slice(None) if weight is None else weight > 0.0
    spans, asked = (_scaled(matrix[counted], centred=larger.fit.intercept) for matrix in (larger._rows.matrix, asked))
    gap = np.abs(asked - spans @ np.linalg.lstsq(spans, asked, rcond=None)[0]).max(axis=0)
    return [name for name, size in zip(names, gap, strict=True) if size > SPANNED]


def _scaled(matrix: Array, *, centred: bool) -> Array:
    """Columns of mean 0, if centred, and mean square 1; 0 where that is noise."""
    mean = matrix.mean(axis=0)
    shifted = matrix - mean if centred else matrix
    size = np.sqrt((shifted**2).mean(axis=0))
    scaled: Array = shifted / np.where(size > 1e-12 * np.abs(mean), size, np.inf)
    return scaled
