"""OPEN: one block's X. Add a file, and a line here."""

from typing import Any

import numpy as np

from oddsmith.arrays import is_sparse
from oddsmith.design.base import Design, Moments, NotFiniteError
from oddsmith.design.chosen import Chosen
from oddsmith.design.codes import Codes
from oddsmith.design.dense import Dense
from oddsmith.design.sparse import Sparse

__all__ = ["Chosen", "Codes", "Dense", "Design", "Moments", "NotFiniteError", "Sparse", "make_design"]


def make_design(X: Any) -> Codes | Dense | Sparse:
    """The design of a checked matrix, on its raw columns; of a design, itself."""
    if isinstance(X, Codes | Dense | Sparse):
        return X
    zeros, ones = np.zeros(X.shape[1]), np.ones(X.shape[1])
    return Sparse(X, zeros, ones) if is_sparse(X) else Dense(X, zeros, ones)
