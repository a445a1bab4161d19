"""OPEN: one block's X. Add a file, and a line here."""

from typing import Any

import numpy as np

from oddsmith.arrays import AnyArray, is_sparse
from oddsmith.design.base import Design, Moments, NotFiniteError
from oddsmith.design.chosen import Chosen
from oddsmith.design.codes import Codes
from oddsmith.design.dense import Dense
from oddsmith.design.sparse import Sparse

__all__ = ["Chosen", "Codes", "Dense", "Design", "Moments", "NotFiniteError", "Sparse", "make_design", "some_columns"]


def some_columns(design: Design, columns: AnyArray, known: Design | None = None, *, copied: bool = True) -> Design:
    """Some columns of a design; of a dense one a view, or a copy of those that are not among the first, `known`."""
    if not isinstance(design, Dense):
        return design.only(columns)
    if not copied:
        return Chosen(design, columns)
    if not isinstance(known, Dense):
        return design.only(columns)
    return known.beside(design, columns[known.shape[1] :])


def make_design(X: Any) -> Codes | Dense | Sparse:
    """The design of a checked matrix, on its raw columns; of a design, itself."""
    if isinstance(X, Codes | Dense | Sparse):
        return X
    zeros, ones = np.zeros(X.shape[1]), np.ones(X.shape[1])
    return Sparse(X, zeros, ones) if is_sparse(X) else Dense(X, zeros, ones)
