"""OPEN: what one row costs, as a function of its linear predictor. Add a file, and a line here."""

from oddsmith.losses.base import Loss
from oddsmith.losses.logistic import Logistic

CATALOGUE: dict[str, type[Loss]] = {loss.name: loss for loss in (Logistic,)}

__all__ = ["CATALOGUE", "Logistic", "Loss"]
