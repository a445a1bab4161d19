"""A model of coefficients that someone else found: a published score, a table in a paper."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from oddsmith.axes import Axes
from oddsmith.errors import SpecificationError, Status
from oddsmith.fitted import Fit
from oddsmith.judging.certificate import Certificate
from oddsmith.losses import Logistic
from oddsmith.model_file import Model
from oddsmith.penalties import NoPenalty
from oddsmith.schema import MISSING, Column, Missing, Schema, Unseen, choice
from oddsmith.sources import as_text


def from_coefficients(
    coefficients: Mapping[str, float | Mapping[str, float]],
    *,
    intercept: float = 0.0,
    classes: Sequence[Any] = (0, 1),
    target: str | None = None,
    missing: Missing = "error",
    unseen: Unseen = "error",
) -> Model:
    """Make a model of published numbers: it predicts, evaluates and saves like a fitted one.

    Parameters
    ----------
    coefficients : mapping
        Of a column's name to its coefficient, in log-odds for one unit; or, for a category, to a mapping of every level
        to its coefficient, that of the reference level being 0.
    intercept : float, default 0
    classes : sequence of two labels, default (0, 1)
        Probabilities are of the second.
    target : str, optional
        Name of the target column, which `oddsmith evaluate` looks for.
    missing : {"error", "drop"}
        What a missing value does at prediction.
    unseen : {"error", "reference"}
        What a level without a coefficient does: "reference" lets it count as 0.

    Returns
    -------
    Model
        Without standard errors and without a certificate.

    Raises
    ------
    SpecificationError
        If a number is not finite, there are no coefficients, or not two classes.

    Examples
    --------
    >>> import oddsmith
    >>> score = oddsmith.from_coefficients({"age": 0.05, "sex": {"female": 0, "male": 0.7}}, intercept=-4)
    >>> score.predict_proba({"age": [60, 60], "sex": ["female", "male"]})[:, 1].round(3).tolist()
    [0.269, 0.426]
    """
    choice("missing", missing, Missing)
    choice("unseen", unseen, Unseen)
    if missing == "impute":
        raise SpecificationError("Nothing is known of what to impute", "missing='impute'", "Use 'error' or 'drop'.")
    if len(classes) != 2 or classes[0] == classes[1]:
        raise SpecificationError("classes must be two labels", repr(classes), "The second is the positive one.")
    if not coefficients:
        raise SpecificationError("There are no coefficients", repr(coefficients), "Give one at least.")
    columns, numbers = [], [_number("(Intercept)", intercept)]
    for name, given in coefficients.items():
        if isinstance(given, Mapping):
            columns.append(Column(name, "category", levels=tuple(_level(name, level) for level in given)))
            numbers += [_number(f"{name}={level}", value) for level, value in given.items()]
        else:
            columns.append(Column(name))
            numbers.append(_number(name, given))
    schema = Schema(tuple(columns), target, missing=missing, unseen=unseen).coded("full")
    p = len(schema.coefficients)
    return Model(
        Fit(
            schema=schema,
            classes=np.array(list(classes)),
            beta=np.array([numbers]),
            hessian=None,
            axes=Axes(np.zeros(p), np.ones(p), intercept=True),
            certificate=Certificate("none", math.nan, math.nan, math.nan, None),
            status=Status.GIVEN,
            trace=(),
            passes=0,
            value=math.nan,
            penalty=NoPenalty(),
            standardized=False,
            has_offset=False,
            loss=Logistic(),
            solver="none",
            rows=0,
            class_weights=(0.0, 0.0),
        )
    )


def _level(name: str, level: Any) -> str:
    """As tables have it."""
    text = as_text(level)
    if text in ("", *MISSING):
        advice = "Call it otherwise, here and in the data."
        raise SpecificationError(f"A level of {name!r} is a text that counts as missing", repr(level), advice)
    return text


def _number(name: str, value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        raise SpecificationError("A coefficient must be a finite number", f"{value!r} for {name!r}", "Correct it.")
    return number
