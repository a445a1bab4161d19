"""OPEN: what the coefficients cost. Add a file, and a line here."""

from oddsmith.penalties.base import Penalty
from oddsmith.penalties.elastic_net import L1, ElasticNet
from oddsmith.penalties.l2 import L2
from oddsmith.penalties.none import NoPenalty

CATALOGUE: dict[str, type[Penalty]] = {penalty.name: penalty for penalty in (NoPenalty, L2, L1, ElasticNet)}

__all__ = ["CATALOGUE", "L1", "L2", "ElasticNet", "NoPenalty", "Penalty"]
