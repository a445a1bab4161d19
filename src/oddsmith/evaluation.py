"""What a pass makes of one block: value, gradient and Hessian of the loss, compiled where there is a kernel."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, reduce
from operator import add
from typing import Any

import numpy as np

from oddsmith import kernels
from oddsmith.arrays import Array
from oddsmith.design import Design
from oddsmith.factor import Factor
from oddsmith.losses import Loss
from oddsmith.sources import Block

PANEL_ROWS = 1 << 14  # at a time, where a loss of several outputs makes a matrix for each row


@dataclass(frozen=True)
class Evaluation:
    """What a pass brings up. Adds up over blocks.

    Attributes
    ----------
    value, gradient, hessian
        Of the loss; None where the order of the pass did not ask for it.
    weight : float
        Sum of the rows' weights.
    reach : float
        The largest |(1, z)|^2 over the rows of positive weight; order 2 only.
    root : array or None
        M with M M' = H^-1, where it is known to more digits than the Hessian tells.
    """

    value: float
    gradient: Array | None
    hessian: Array | None
    weight: float
    reach: float = 0.0
    root: Array | None = None

    @cached_property
    def factor(self) -> Factor:
        """The Hessian, factorised once for all who ask."""
        assert self.hessian is not None
        return Factor(self.hessian) if self.root is None else Factor.of_root(self.root)

    def __add__(self, other: Evaluation) -> Evaluation:
        return Evaluation(
            self.value + other.value,
            _added(self.gradient, other.gradient),
            _added(self.hessian, other.hessian),
            self.weight + other.weight,
            max(self.reach, other.reach),
        )

    def mean(self) -> Evaluation:
        """The same, divided by the sum of weights; in place."""
        gradient, hessian = self.gradient, self.hessian
        if gradient is not None:
            gradient /= self.weight
        if hessian is not None:
            hessian /= self.weight
        return Evaluation(self.value / self.weight, gradient, hessian, self.weight, self.reach)


def _added(one: Array | None, other: Array | None) -> Array | None:
    return None if one is None or other is None else one + other


def evaluate_block(block: Block, *, loss: Loss, beta: Array, order: int, threads: int | None) -> Evaluation:
    """Sums over the rows of one block, at full coefficients: a row of them for each output, if there are several."""
    sweep = kernels.sweep_for(loss.kernel, block.design.kind)
    if beta.ndim == 2:
        if sweep is not None:
            return _sweep_outputs(sweep, block, loss, beta, order, threads)
        return reduce(add, (_evaluate_outputs(part, loss, beta, order) for part in panels(block)))
    if sweep is None:
        return _evaluate_by_verbs(block, loss, beta, order)
    design = block.design
    gradient = np.zeros(len(beta)) if order >= 1 else None
    hessian = np.zeros((len(beta), len(beta))) if order >= 2 else None
    threads = kernels.threads_for(design.entries * (len(beta) if order >= 2 else 1), threads)
    rows = (block.target, block.weight, block.offset)
    value, reach = sweep(*design.operands, *rows, beta, gradient, hessian, threads)
    return Evaluation(value, gradient, hessian, block.total_weight, reach)


def evaluate_at(block: Block, *, loss: Loss, eta: Array, threads: int | None) -> Evaluation:
    """Value and gradient where eta is known, of all rows of the source."""
    own = eta[block.first_row : block.first_row + len(block.target)]
    null = np.zeros(1 + block.design.shape[1])
    return evaluate_block(replace(block, offset=own), loss=loss, beta=null, order=1, threads=threads)


def _evaluate_by_verbs(block: Block, loss: Loss, beta: Array, order: int) -> Evaluation:
    """The same for any loss and any design, by matvec, rmatvec and gram."""
    value, r, h = weighted_rows(block, loss, eta_of(block, beta), order)
    gradient = hessian = None
    reach = 0.0
    if order >= 1:
        gradient = np.concatenate([[r.sum()], block.design.rmatvec(r)])
    if order >= 2:
        assert h is not None
        hessian = _bordered(block.design, h)
        reach = largest_norm(block)
    return Evaluation(float(value.sum()), gradient, hessian, block.total_weight, reach)


def _sweep_outputs(
    sweep: Callable[..., Any], block: Block, loss: Loss, beta: Array, order: int, threads: int | None
) -> Evaluation:
    """The fused pass of a loss of several outputs: it works on scores, of which there is one more."""
    outputs, width = beta.shape
    scores = loss.contrasts @ beta
    value, gradient = np.zeros(1), np.zeros(scores.shape) if order >= 1 else None
    pairs = np.zeros((outputs * (outputs + 1) // 2, width, width)) if order >= 2 else None
    work = block.design.shape[0] * scores.size * (1 if pairs is None else len(pairs) * width // len(scores))
    threads = kernels.threads_for(work, threads)
    rows = (block.target, block.weight, loss.contrasts)
    reach = sweep(*block.design.operands, *rows, scores, value, gradient, pairs, threads)
    return Evaluation(
        float(value[0]),
        None if gradient is None else (loss.contrasts.T @ gradient).ravel(),
        None if pairs is None else _symmetric(list(pairs)),
        block.total_weight,
        reach,
    )


def _symmetric(pairs: list[Array]) -> Array:
    """The matrix whose symmetric blocks (0, 0), (1, 0), (1, 1), (2, 0), ... are given."""
    outputs, width = math.isqrt(2 * len(pairs)), len(pairs[0])
    full = np.empty((outputs, width, outputs, width))
    blocks = iter(pairs)
    for j in range(outputs):
        for k in range(j + 1):
            full[j, :, k, :] = full[k, :, j, :] = next(blocks)
    return full.reshape(outputs * width, outputs * width)


def panels(block: Block, rows: int = PANEL_ROWS) -> Iterator[Block]:
    """The same rows, few enough at a time that a matrix for each of them fits into memory."""
    for start in range(0, len(block.target), rows):
        part = slice(start, start + rows)
        weight, offset = (None if v is None else v[part] for v in (block.weight, block.offset))
        yield Block(block.design.take(part), block.target[part], weight, offset)


def _evaluate_outputs(block: Block, loss: Loss, beta: Array, order: int) -> Evaluation:
    """The same for a loss of several outputs, whose coefficients are the rows of beta."""
    value, r, h = weighted_rows(block, loss, eta_of(block, beta), order)
    gradient = hessian = None
    reach = 0.0
    if order >= 1:
        gradient = np.hstack([r.sum(axis=0)[:, None], block.design.rmatvec(r).T]).ravel()
    if order >= 2:
        assert h is not None
        hessian = _symmetric([_bordered(block.design, h[:, j, k]) for j in range(len(beta)) for k in range(j + 1)])
        reach = largest_norm(block)
    return Evaluation(float(value.sum()), gradient, hessian, block.total_weight, reach)


def _bordered(design: Design, h: Array) -> Array:
    """[1, Z]' diag(h) [1, Z]."""
    border = design.rmatvec(h)
    return np.block([[np.array([[h.sum()]]), border[None, :]], [border[:, None], design.gram(h)]])


def largest_norm(block: Block, half: Array | None = None) -> float:
    """The largest |[1, z] half|^2 over the rows of positive weight."""
    norms = block.design.norms(half)
    return float((norms if block.weight is None else norms[block.weight > 0]).max(initial=0.0))


def linear_scores(block: Block, beta: Array) -> Array:
    """(1, Z) beta: a number a row or, if beta has a row for each output, so many."""
    if not beta[..., 1:].any():
        return np.tile(beta[..., 0], (len(block.target), *(1,) * (beta.ndim - 1)))  # no need to read the rows
    scores: Array = block.design.matvec(beta[..., 1:].T) + beta[..., 0]
    return scores


def eta_of(block: Block, beta: Array) -> Array:
    eta = linear_scores(block, beta)
    return eta if block.offset is None else (eta.T + block.offset).T


def quick_eta(block: Block, beta: Array, threads: int | None) -> Array:
    """As `eta_of`, but of one output for its last bits."""
    if beta.ndim > 1:
        return eta_of(block, beta)
    scores = block.design.scores(beta[1:], threads) + beta[0]
    return scores if block.offset is None else scores + block.offset


def weighted_rows(block: Block, loss: Loss, eta: Array, order: int) -> tuple[Array, Array, Array | None]:
    value, r, h = loss.rows(eta, block.target, order)
    if block.weight is None:
        return value, r, h
    weight: Array = block.weight.reshape(-1, *(1,) * (r.ndim - 1))
    return value * block.weight, r * weight, None if h is None else h * weight.reshape(-1, *(1,) * (h.ndim - 1))


def along_block(block: Block, *, loss: Loss, beta: Array, direction: Array, lengths: Sequence[float]) -> Array:
    """Values at some lengths along a direction, and the weight."""
    eta = eta_of(block, beta)
    slope = linear_scores(block, direction)
    values = [float(weighted_rows(block, loss, eta + t * slope, 0)[0].sum()) for t in lengths]
    return np.array([*values, block.total_weight])


def hessian_product_block(block: Block, *, loss: Loss, beta: Array, vector: Array) -> Array:
    """The Hessian times a vector, and the weight."""
    h, change = weighted_rows(block, loss, eta_of(block, beta), 2)[2], linear_scores(block, vector)
    assert h is not None
    image = h * change if h.ndim == 1 else np.einsum("nij,nj->ni", h, change)
    product = np.concatenate([image.sum(axis=0)[None], block.design.rmatvec(image)])
    return np.append(product.T, block.total_weight)


def bias_slope_block(block: Block, *, loss: Loss, beta: Array, half: Array) -> Array:
    """The slope of Firth's penalty, and the weight; half half' is the inverse Hessian."""
    eta = eta_of(block, beta)
    curvature = weighted_rows(block, loss, eta, 2)[2]
    assert curvature is not None
    pull = curvature * block.design.norms(half) * loss.rows(eta, np.full_like(eta, 0.5), 1)[1]
    return np.concatenate([[pull.sum()], block.design.rmatvec(pull), [block.total_weight]])


def conjugate_block(block: Block, *, loss: Loss, beta: Array, shrink: float, threads: int | None) -> Array:
    """Conjugates at shrink times the row_gradients at beta, less these times the offset; and the weight."""
    eta = quick_eta(block, beta, threads)
    value = loss.conjugate(eta, block.target, shrink)
    if block.offset is not None:
        value = value - shrink * loss.rows(eta, block.target, 1)[1] * block.offset
    return np.array([value.sum() if block.weight is None else block.weight @ value, block.total_weight])


def curvature_block(block: Block, eta: Array, loss: Loss) -> Array:
    """The row_hessians, of shape (outputs^2,); and the weight."""
    weight = np.ones(len(block.target)) if block.weight is None else block.weight
    return np.append(loss.total_curvature(eta, weight), block.total_weight)
