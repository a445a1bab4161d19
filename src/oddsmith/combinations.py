"""A column that is a linear combination of others, in numbers and in words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from oddsmith.arrays import AnyArray, Array

MOST_TERMS = 8  # that are written out


@dataclass(frozen=True)
class Combination:
    """A column that is a linear combination of earlier ones, exactly or to rounding.

    Attributes
    ----------
    column : int
    constant : float
        Its part of the intercept.
    terms : tuple of (int, float)
        Columns and their coefficients; none of them is collinear with earlier ones.
    """

    column: int
    constant: float
    terms: tuple[tuple[int, float], ...] = ()

    def in_words(self, names: Sequence[str]) -> str:
        """Such as "x3 = 2*x1 - x2"; names with spaces or operators stand in backticks."""
        terms = [(coef, f"*{_quoted(names[k])}") for k, coef in self.terms]
        if self.constant or not terms:
            terms.insert(0, (self.constant, ""))
        words = [f"{'-' if coef < 0.0 else '+'} {abs(coef):.6g}{name}" for coef, name in terms]
        if len(words) > MOST_TERMS:
            words[2:] = [f"+ ... ({len(words)} terms)"]
        text = re.sub(r"([+-]) 1\*", r"\1 ", " ".join(words))
        return f"{_quoted(names[self.column])} = {text[2:] if text[0] == '+' else '-' + text[2:]}"

    def gap(self, matrix: AnyArray) -> Array:
        """By how much rows break it, relative to the size of its terms."""
        value, size = np.full(len(matrix), self.constant), np.full(len(matrix), abs(self.constant))
        for k, coef in self.terms:
            value += coef * matrix[:, k]
            size += np.abs(coef * matrix[:, k])
        own = matrix[:, self.column]
        relative: Array = np.abs(own - value) / np.maximum(size + np.abs(own), np.finfo(float).tiny)
        return relative


def _quoted(name: str) -> str:
    return name if name.isidentifier() else f"`{name}`"
