"""No penalty: maximum likelihood."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from oddsmith.arrays import Array


@dataclass(frozen=True)
class NoPenalty:
    """Nothing is penalised. The default wherever no penalty was asked for."""

    name: ClassVar[str] = "none"
    smooth: ClassVar[bool] = True

    @property
    def factors(self) -> None:
        return None

    @property
    def strength(self) -> float:
        return 0.0

    def bound(self, scale: Array, *, intercept: bool, outputs: int = 1) -> NoPenalty:
        """Itself, on any columns."""
        return self

    def value(self, beta: Array) -> float:
        return 0.0

    def gradient(self, beta: Array) -> Array:
        return np.zeros_like(beta)

    def curvature(self, beta: Array) -> Array:
        return np.zeros_like(beta)

    def violation(self, beta: Array, gradient: Array) -> Array:
        """|gradient|."""
        return np.abs(gradient)

    def thresholds(self, beta: Array) -> Array:
        return np.zeros_like(beta)

    def prox(self, beta: Array, step: float) -> Array:
        """Beta itself."""
        return beta

    def dual(self, u: Array) -> float:
        """0 at 0, infinite elsewhere."""
        return np.inf if u.any() else 0.0
