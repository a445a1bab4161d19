"""OPEN: what the coefficients cost. Add a file, and a line here."""

from oddsmith.penalties.base import Penalty
from oddsmith.penalties.l2 import L2
from oddsmith.penalties.none import NoPenalty

CATALOGUE: dict[str, type[Penalty]] = {penalty.name: penalty for penalty in (NoPenalty, L2)}

__all__ = ["CATALOGUE", "L2", "NoPenalty", "Penalty"]
