"""What a pass makes of one block where doubles are too short: gradient in double-double, curvature on fitted axes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import reduce
from operator import add

import numpy as np

from oddsmith import kernels
from oddsmith.arrays import Array
from oddsmith.design import Design
from oddsmith.evaluation import panels
from oddsmith.extended import Extended
from oddsmith.losses import Loss
from oddsmith.sources import Block

PANEL_ENTRIES = 1 << 18  # of what is made in double-double at a time


@dataclass(frozen=True)
class ExactEvaluation:
    """What such a pass brings up. Adds up over blocks.

    Attributes
    ----------
    value : float
        The loss.
    gradient : Extended of shape (outputs, 1 + p)
        In standardised columns.
    gram : array of shape (m, m)
        M'HM for the M that was given: the identity, if M M' = H^-1.
    weight : float
    reach : float
        The largest |M'(1, z)|^2 over the rows of positive weight, summed over outputs.
    """

    value: float
    gradient: Extended
    gram: Array
    weight: float
    reach: float

    def __add__(self, other: ExactEvaluation) -> ExactEvaluation:
        return ExactEvaluation(
            self.value + other.value,
            self.gradient + other.gradient,
            self.gram + other.gram,
            self.weight + other.weight,
            max(self.reach, other.reach),
        )

    def mean(self) -> ExactEvaluation:
        """The same, divided by the sum of weights."""
        return replace(
            self, value=self.value / self.weight, gradient=self.gradient / self.weight, gram=self.gram / self.weight
        )


def evaluate_block_exactly(block: Block, *, loss: Loss, beta: Extended, root: Array) -> ExactEvaluation:
    """Sums over the rows of one block.

    Products of rows with coefficients, and sums over rows, are taken on raw columns: in double-double neither a mean
    far above the spread nor the condition of the columns costs a digit that matters.

    Parameters
    ----------
    block : Block
        Of a standardised design.
    loss : Loss
    beta : Extended of shape (outputs, 1 + p)
        In standardised columns, intercept first.
    root : array of shape (outputs, 1 + p, m)
        M, such that M M' is about H^-1.

    References
    ----------
    Ogita, Rump and Oishi (2005), *Accurate sum and dot product*.
    """
    design = block.design
    rows = max(64, PANEL_ENTRIES // (1 + len(beta.hi) * root.shape[-1] + design.shape[1]))
    coefficients = _to_raw(design, beta.T)
    axes = [_to_raw(design, Extended.of(part)) for part in root]
    return reduce(add, (_evaluate_panel(part, loss, coefficients, axes) for part in panels(block, rows)))


def _evaluate_panel(block: Block, loss: Loss, coefficients: Extended, axes: list[Extended]) -> ExactEvaluation:
    design, outputs = block.design, coefficients.hi.shape[1]
    eta = _scores(design, coefficients)
    if block.offset is not None:
        eta = eta + block.offset[:, None]
    weight = np.ones(len(block.target)) if block.weight is None else block.weight
    gradient = _slopes(design, loss.exact_gradient(eta, block.target) * weight[:, None])
    value, _, h = loss.rows(eta.value if outputs > 1 else eta.value[:, 0], block.target, 2)
    assert h is not None
    curvature = h.reshape(-1, outputs, outputs) * weight[:, None, None]
    images = np.stack([_scores(design, part).value for part in axes], axis=1)  # rows, outputs, axes
    bent = np.einsum("njk,nka->nja", curvature, images)
    norms = np.einsum("nka,nka->n", images, images)[weight > 0.0]
    flat = (len(images) * outputs, images.shape[-1])
    return ExactEvaluation(
        float(value @ weight),
        gradient,
        images.reshape(flat).T @ bent.reshape(flat),
        float(weight.sum()),
        float(norms.max(initial=0.0)),
    )


def _to_raw(design: Design, b: Extended) -> Extended:
    """Coefficients of raw columns, from those of standardised ones, each a column; the intercept first in both."""
    raw = b[1:].over(design.scale[:, None])
    return Extended.joined(b[:1] - (raw * design.centre[:, None]).sum().reshape(1, -1), raw)


def _scores(design: Design, coefficients: Extended) -> Extended:
    """(1, X) coefficients."""
    shape = (design.shape[0], coefficients.hi.shape[1])
    hi, lo = np.empty(shape), np.empty(shape)
    hi[:], lo[:] = coefficients.hi[0], coefficients.lo[0]
    kernel = kernels.exact_for("scores", design.kind)
    if kernel is not None:
        b = np.ascontiguousarray(coefficients.hi[1:]), np.ascontiguousarray(coefficients.lo[1:])
        kernel(design.operands[0], *b, hi, lo, _threads(design, shape[1]))
        return Extended(hi, lo).normalised()
    for j, rows, x in design.columns():
        added = Extended(hi[rows], lo[rows]) + coefficients[1 + j] * x[:, None]
        hi[rows], lo[rows] = added.hi, added.lo
    return Extended(hi, lo)


def _slopes(design: Design, r: Extended) -> Extended:
    """(1, Z)'r, of shape (outputs, 1 + p)."""
    whole = r.sum()
    hi, lo = np.zeros((2, r.hi.shape[1], design.shape[1]))
    kernel = kernels.exact_for("slopes", design.kind)
    if kernel is not None:
        kernel(design.operands[0], r.hi, r.lo, hi, lo, _threads(design, len(hi)))
    else:
        for j, rows, x in design.columns():
            slope = (r[rows] * x[:, None]).sum()
            hi[:, j], lo[:, j] = slope.hi, slope.lo
    raw = Extended(hi, lo).normalised() - whole.reshape(-1, 1) * design.centre
    return Extended.joined(whole.reshape(-1, 1), raw.over(design.scale), axis=1)


def _threads(design: Design, columns: int) -> int:
    return kernels.threads_for(8 * design.entries * columns, None)
