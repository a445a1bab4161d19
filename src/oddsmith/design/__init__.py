"""OPEN: one block's X. Add a file, and a line here."""

from typing import Any

import numpy as np

from oddsmith.arrays import is_sparse
from oddsmith.design.base import Design, Moments, NotFiniteError
from oddsmith.design.dense import Dense
from oddsmith.design.sparse import Sparse

__all__ = ["Dense", "Design", "Moments", "NotFiniteError", "Sparse", "make_design"]


def make_design(X: Any) -> Dense | Sparse:
    """The design of a checked matrix, on its raw columns."""
    zeros, ones = np.zeros(X.shape[1]), np.ones(X.shape[1])
    return Sparse(X, zeros, ones) if is_sparse(X) else Dense(X, zeros, ones)
