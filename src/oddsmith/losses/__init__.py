"""OPEN: what a row costs. Add a file, and a line here."""

from oddsmith.losses.base import Loss
from oddsmith.losses.logistic import Logistic
from oddsmith.losses.multinomial import Multinomial, Softmax

CATALOGUE: dict[str, type[Loss]] = {loss.name: loss for loss in (Logistic, Multinomial)}

__all__ = ["CATALOGUE", "Logistic", "Loss", "Multinomial", "Softmax"]
