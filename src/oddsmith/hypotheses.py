"""Tests of hypotheses about coefficients: Wald's, and by the ratio of likelihoods. Pure functions of a Fit."""

from __future__ import annotations

import ast
import itertools
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from oddsmith.arrays import Array, check_vector
from oddsmith.errors import SpecificationError
from oddsmith.fitted import Fit
from oddsmith.inference import INTERCEPT, covariance_root, infer
from oddsmith.likelihood import Likelihood
from oddsmith.schema import nearest

SAME_ROWS = "Fit both to the same rows."
REDUNDANT = 1e-8  # a hypothesis that adds less than this to the others, per standard error, repeats them


@dataclass(frozen=True)
class ChiSquareTest:
    """A test whose statistic has, if the hypothesis is true and rows are many, a chi-square distribution.

    Attributes
    ----------
    kind : {"Wald", "Likelihood-ratio"}
    hypothesis : str
        What is tested.
    statistic : float
    df : int
        Degrees of freedom.
    p : float
        The probability of a statistic at least as large.
    note : str
        What limits the numbers; empty for maximum likelihood.
    """

    kind: str
    hypothesis: str
    statistic: float
    df: int
    p: float
    note: str = ""

    @classmethod
    def of(cls, kind: str, hypothesis: str, statistic: float, df: int, note: str = "") -> ChiSquareTest:
        """The test with its p value."""
        from scipy.special import chdtrc  # here, so that a model that only predicts never loads SciPy

        return cls(kind, hypothesis, statistic, df, float(chdtrc(df, statistic)), note)

    def __repr__(self) -> str:
        degrees = f"{self.df} degree{'s' if self.df > 1 else ''} of freedom"
        text = f"{self.kind} test of {self.hypothesis}: chi-square {self.statistic:.4g} on {degrees}, p = {self.p:.3g}"
        return f"{text}\n{self.note}" if self.note else text


def wald_test(fit: Fit, hypothesis: str | Any, values: Any = 0.0) -> ChiSquareTest:
    r"""Wald test of linear hypotheses about the coefficients, jointly.

    .. math:: (R b - r)' [R \, \widehat{\mathrm{Cov}}(b) \, R']^{-1} (R b - r) \sim \chi^2_q

    Parameters
    ----------
    fit : Fit
    hypothesis : str or array of shape (q, m)
        As text: "age = 0", "age = 0, bmi = 0" (jointly), "age = bmi", "2*age - bmi = 1"; without an equals sign, "= 0"
        is meant. Names are those of `infer`. Those with spaces or operators outside of brackets stand in backticks.
        As an array: R, one column for each coefficient, the intercept first if there is one.
    values : array-like of shape (q,), default 0
        r, beside an array.

    Returns
    -------
    ChiSquareTest

    Raises
    ------
    SpecificationError
        If the hypothesis cannot be read, repeats itself, or concerns coefficients without a finite and unique
        estimate; if the Hessian is not known.

    References
    ----------
    Wald (1943); Greene, *Econometric Analysis*, 7th ed. (2012), section 5.4.
    """
    found = infer(fit)
    if isinstance(hypothesis, str):
        text = " ".join(hypothesis.split())
        R, r = _read(hypothesis, found.names)
    else:
        R = np.atleast_2d(np.asarray(hypothesis, dtype=np.float64))
        if R.ndim != 2 or R.shape[1] != len(found.names) or not np.isfinite(R).all():
            wanted = f"shape {R.shape} for {len(found.names)} coefficients"
            raise SpecificationError("The hypothesis must have one column for each coefficient", wanted)
        r = check_vector(values, len(R), "values")
        text = f"{len(R)} linear hypotheses" if len(R) > 1 else "a linear hypothesis"
    if fit.hessian is None:
        raise SpecificationError("There is no covariance to test with", found.note)
    unknown = [found.names[k] for k in np.flatnonzero(~np.isfinite(found.se)) if R[:, k].any()]
    if unknown:
        advice = "Drop those columns, or add a penalty."
        raise SpecificationError("What is tested has no finite and unique estimate", ", ".join(unknown), advice)
    note = found.note or ("" if fit.status.trustworthy else fit.status.value)
    return ChiSquareTest.of("Wald", text, *_wald(R @ found.coef - r, R @ covariance_root(fit)), note)


def _wald(gap: Array, root: Array) -> tuple[float, int]:
    """The statistic gap' (root root')^-1 gap by QR, which squares no condition number; and how many hypotheses."""
    size = np.linalg.norm(root, axis=1)
    if not size.all():
        raise SpecificationError("A hypothesis names no coefficient", "0 on either side", "Leave it out.")
    triangle: Array = np.linalg.qr((root / size[:, None]).T).R
    if triangle.shape[0] < len(gap) or np.abs(np.diagonal(triangle)).min() < REDUNDANT:
        raise SpecificationError("The hypotheses repeat or contradict one another", f"{len(gap)} given", "Drop some.")
    scaled = np.linalg.solve(triangle.T, gap / size)
    return float(scaled @ scaled), len(gap)


def lr_test(one: Fit, other: Fit) -> ChiSquareTest:
    r"""Likelihood-ratio test of the smaller of two nested models, fitted to the same rows.

    .. math:: 2 (\log L_1 - \log L_0) \sim \chi^2_{k_1 - k_0}

    Parameters
    ----------
    one, other : Fit
        In either order. That both saw the same rows, and that the smaller is a special case of the larger, is for
        the caller to know: a Fit holds no rows. What can be seen to differ is refused. `LogitResult.lr_test` looks
        at the rows.

    Returns
    -------
    ChiSquareTest

    Raises
    ------
    SpecificationError
        If a model is penalised, bias-reduced or has no finite maximum, if rows, weights or classes differ, if the
        models have as many parameters, or if the larger has the smaller likelihood.

    References
    ----------
    Wilks (1938).
    """
    smaller, larger = sorted((one, other), key=lambda fit: Likelihood.of(fit).parameters)
    low, high = Likelihood.of(smaller), Likelihood.of(larger)
    if one.bias_reduction or other.bias_reduction:
        why = "Firth's penalty is another one in each, and changes with the units of the columns"
        advice = "Use wald_test, or fit both without bias_reduction."
        raise SpecificationError("Penalised likelihoods of two models cannot be compared", why, advice)
    for found in (low, high):
        if found.objection:
            raise SpecificationError("A likelihood-ratio test needs two maxima of the likelihood", found.objection)
    _require_same_rows(smaller, larger)
    if low.parameters == high.parameters:
        raise SpecificationError("The models have as many parameters", f"{low.parameters} each", "Compare their AIC.")
    statistic = 2.0 * (high.log_likelihood - low.log_likelihood)
    if statistic < -1e-9 * abs(high.log_likelihood):
        values = f"{low.log_likelihood:.6g} with {low.parameters} parameters, "
        values += f"{high.log_likelihood:.6g} with {high.parameters}"
        raise SpecificationError("The models are not nested", f"log-likelihood {values}", "Compare their AIC.")
    extra = [name for name in larger.names if name not in smaller.names]
    nested = len(extra) + len(smaller.names) == len(larger.names) and smaller.intercept == larger.intercept
    text = ", ".join(f"{name} = 0" for name in extra) if nested else "the smaller model"
    return ChiSquareTest.of("Likelihood-ratio", text, max(0.0, statistic), high.parameters - low.parameters)


def null_test(likelihood: Likelihood) -> ChiSquareTest:
    """Likelihood-ratio test of the null model, against one that has an intercept too."""
    statistic = 2.0 * (likelihood.log_likelihood - likelihood.null_log_likelihood)
    df = likelihood.parameters - likelihood.null_parameters
    return ChiSquareTest.of("Likelihood-ratio", "the null model", max(0.0, statistic), df)


def _require_same_rows(one: Fit, other: Fit) -> None:
    """Refuse what can be seen to differ."""
    pairs = {
        "number of rows": (one.rows, other.rows),
        "classes": (one.classes.tolist(), other.classes.tolist()),
        "weights of the classes": (one.class_weights, other.class_weights),
        "offset": (one.has_offset, other.has_offset),
    }
    for what, (mine, theirs) in pairs.items():
        if mine != theirs:
            raise SpecificationError(f"The models differ in their {what}", f"{mine} and {theirs}", SAME_ROWS)


def _read(text: str, names: Sequence[str]) -> tuple[Array, Array]:
    """R and r of hypotheses such as "2*age - bmi = 1, sex = 0"."""
    position = {name: k for k, name in enumerate(names)}
    if INTERCEPT in position:
        position.setdefault("Intercept", position[INTERCEPT])
    plain = [re.escape(name) for name in sorted(position, key=len, reverse=True) if _reads_as_a_name(name)]
    pattern = "|".join(["`([^`]*)`", *(rf"(?<![\w.:])({name})(?![\w.:\[(])" for name in plain)])
    prefix = "b"
    while prefix in text:
        prefix += "_"

    def symbol(match: re.Match[str]) -> str:
        name = match[match.lastindex or 0]
        return f" {prefix}{position[name]} " if name in position else match[0]

    unit = dict(zip((f"{prefix}{k}" for k in range(len(names))), np.eye(len(names) + 1), strict=False))
    rows = []
    for part in re.sub(pattern, symbol, text).split(","):
        try:
            sides = [_linear(ast.parse(side.strip(), mode="eval").body, unit) for side in part.split("=")]
        except (SyntaxError, ValueError):
            shown = re.sub(rf" {prefix}(\d+) ", lambda match: names[int(match[1])], part).strip()
            advice = (
                f"Write, say, 'age = 0, 2*bmi - sex = 1', with the names that a summary shows{nearest(shown, names)}."
            )
            raise SpecificationError("The hypothesis cannot be read", repr(shown), advice) from None
        sides = sides if len(sides) > 1 else [*sides, np.zeros(len(names) + 1)]
        rows += [one - other for one, other in itertools.pairwise(sides)]
    table = np.array(rows)
    return table[:, :-1], -table[:, -1]


def _reads_as_a_name(name: str) -> bool:
    """Whether a name cannot be taken for anything else: no operator, comma or space outside of brackets, no number."""
    outside, before = name, ""
    while outside != before:
        outside, before = re.sub(r"\([^()]*\)|\[[^\[\]]*\]", "", outside), outside
    return re.search(r"[-+*/=,\s`]", outside) is None and re.match(r"[\d.]", name) is None


def _linear(node: ast.expr, unit: Mapping[str, Array]) -> Array:
    """The coefficients of an expression, by symbol, and its constant, which is the last.

    Raises
    ------
    ValueError
        If the expression is not linear, or has a symbol that is not known.
    """
    match node:
        case ast.Constant(value=int() | float() as value) if math.isfinite(value):
            return np.append(np.zeros(len(unit)), float(value))
        case ast.Name(id=name) if name in unit:
            return unit[name]
        case ast.UnaryOp(op=ast.USub() | ast.UAdd() as sign, operand=operand):
            return _linear(operand, unit) * (-1.0 if isinstance(sign, ast.USub) else 1.0)
        case ast.BinOp(left=left, op=operator, right=right):
            one, other = _linear(left, unit), _linear(right, unit)
            match operator:
                case ast.Add():
                    return one + other
                case ast.Sub():
                    return one - other
                case ast.Mult() if not other[:-1].any():
                    return one * other[-1]
                case ast.Mult() if not one[:-1].any():
                    return other * one[-1]
                case ast.Div() if not other[:-1].any() and other[-1] != 0.0:
                    return one / other[-1]
    raise ValueError(ast.unparse(node))
