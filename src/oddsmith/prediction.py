"""What a Fit says of new rows: linear predictor, probabilities, decisions."""

from __future__ import annotations

from typing import Any

import numpy as np

from oddsmith.arrays import AnyArray, Array, check_vector
from oddsmith.design import Design, NotFiniteError, make_design
from oddsmith.errors import DataError, SpecificationError
from oddsmith.fitted import Fit
from oddsmith.losses import Logistic


def linear_predictor(fit: Fit, matrix: Any, offset: Any = None) -> Array:
    """Eta of checked rows, in log-odds: of shape (n,) or, with K > 2 classes, a score for each, of shape (n, K).

    Raises
    ------
    DataError
        If a row holds a NaN or an infinity.
    SpecificationError
        If the model was fitted with an offset and none is given.
    """
    if offset is None and fit.has_offset:
        raise SpecificationError("The model was fitted with an offset, and needs one here", "", "Pass offset=.")
    with np.errstate(invalid="ignore", over="ignore"):
        beta = fit.beta[0] if len(fit.classes) == 2 else fit.beta
        design = make_design(matrix)
        eta = design.dot_rows(beta[..., 1:].T) + beta[..., 0]
    if not np.isfinite(eta).all():
        raise _not_finite(fit, design)
    return eta if offset is None else eta + check_vector(offset, len(eta), "offset")


def probabilities(fit: Fit, eta: Array) -> Array:
    """Of all classes, of shape (n, K), each exact in its own tail."""
    return fit.loss.probabilities(eta)


def decide(fit: Fit, eta: Array, threshold: float | None = None) -> AnyArray:
    """Labels: the second class where eta > 0 or, with a threshold t, where its probability is at least t.

    Of more than two classes, the one with the highest score. None where eta is NaN: such a row was left out.

    Raises
    ------
    SpecificationError
        If the threshold is not between 0 and 1, or there are more than two classes to choose from.
    """
    if threshold is not None and not 0.0 <= threshold <= 1.0:
        raise SpecificationError("threshold must lie between 0 and 1", f"{threshold!r}", "0.5 is usual.")
    if eta.ndim == 2:
        if threshold is not None:
            found = f"{len(fit.classes)} classes"
            raise SpecificationError("A threshold is for two classes", found, "The most probable class is predicted.")
        chosen = eta.argmax(axis=1)
    else:
        chosen = (eta > 0 if threshold is None else eta >= Logistic().link(float(threshold))).astype(int)
    labels: AnyArray = fit.classes[chosen]
    left_out = np.isnan(eta) if eta.ndim == 1 else np.isnan(eta).any(axis=1)
    if left_out.any():
        labels = labels.astype(object)
        labels[left_out] = None
    return labels


def _not_finite(fit: Fit, design: Design) -> DataError:
    try:
        design.moments(None)
    except NotFiniteError as error:
        return NotFiniteError(error.what, error.row, fit.names[int(error.column)])
    except DataError:
        pass  # finite, though too large to square
    return DataError("The linear predictor overflows", "X holds numbers of extreme size", "Check its units.")
