"""How many digits of an answer are right: the log relative error (NIST StRD; McCullough 1998), default settings."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

import oddsmith
from oddsmith.inference import infer
from tests.reference.problems import PROBLEMS, Reference

ANSWERS: dict[str, dict[str, Any]] = json.loads(Path(__file__).with_name("answers.json").read_text())
MOST = 16.0  # a double has no more


@cache
def made(name: str) -> Reference:
    """The rows of a problem: once, for all who ask."""
    return PROBLEMS[name]()


def names(*kinds: str) -> list[str]:
    """The problems of these kinds, in their order."""
    return [name for name, told in ANSWERS.items() if told["kind"] in kinds]


def digits(found: Iterable[float], truth: Iterable[str]) -> float:
    """The fewest digits over the numbers: -log10 |found - truth| / |truth|, or of the error itself where truth is 0."""
    return min(map(_digits, found, truth))


def _digits(found: float, truth: str) -> float:
    if not math.isfinite(found):
        return 0.0
    exact = Decimal(truth)
    error = abs(Decimal(float(found)) - exact) / (abs(exact) or 1)
    return MOST if error == 0 else min(MOST, max(0.0, -float(error.log10())))


def fitted(name: str, **settings: Any) -> oddsmith.Fit:
    """What `oddsmith.fit` finds, as it comes."""
    given = made(name)
    source = oddsmith.as_source(given.X, given.y, sample_weight=given.weight, offset=given.offset)
    return oddsmith.fit(source, penalty=penalty(given), intercept=given.intercept, **settings)


def penalty(given: Reference) -> Any:
    """The penalty of a problem; None for maximum likelihood."""
    if given.l1_ratio == 1.0:
        return oddsmith.L1(given.alpha)
    if given.l1_ratio:
        return oddsmith.ElasticNet(given.alpha, given.l1_ratio)
    return oddsmith.L2(given.alpha) if given.alpha else None


def score_coefficients(name: str, beta: np.ndarray) -> float:
    """Digits of coefficients of shape (outputs, 1 + p), intercept first."""
    first = 0 if made(name).intercept else 1
    pairs = zip(np.atleast_2d(beta), ANSWERS[name]["beta"], strict=True)
    return min(digits(row[first:], truth[first:]) for row, truth in pairs)


def score(name: str, fit: oddsmith.Fit) -> dict[str, float]:
    """Digits of the coefficients and, of maximum likelihood, of standard errors and log-likelihood."""
    told = ANSWERS[name]
    scores = {"coefficients": score_coefficients(name, fit.beta)}
    if "standard_errors" in told:
        scores["standard errors"] = digits(infer(fit).se, told["standard_errors"])
        scores["log-likelihood"] = digits([-fit.value * fit.weight], [told["log_likelihood"]])
    return scores
