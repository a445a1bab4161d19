"""The weighted mean loss of a Source, seen from the coefficients. Every method is exactly one pass over the data."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial, reduce
from operator import add
from typing import Any

import numpy as np

from oddsmith import kernels
from oddsmith.arrays import Array
from oddsmith.design import Design
from oddsmith.factor import Factor
from oddsmith.losses import Logistic, Loss
from oddsmith.sources import Block, Source

SMALL_WIDTH, SMALL_PRODUCTS = 64, 1 << 26  # below them a step in Python would cost more than its pass
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
    """

    value: float
    gradient: Array | None
    hessian: Array | None
    weight: float
    reach: float = 0.0

    @cached_property
    def factor(self) -> Factor:
        """The Hessian, factorised once for all who ask."""
        assert self.hessian is not None
        return Factor(self.hessian)

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


class Objective:
    """A Source and a Loss, as a function of the free coefficients: [intercept,] columns.

    Parameters
    ----------
    source : Source
    loss : Loss
    intercept : bool, default True
        Whether an intercept is free; without one it is fixed at 0 and not part of beta.
    threads : int, optional
        All processors by default. The result has the same bits for any number.

    Attributes
    ----------
    size : int
        Length of beta: the coefficients of every output of the loss, one output after another.
    passes : int
        Passes made over the data so far.
    """

    def __init__(self, source: Source, loss: Loss, *, intercept: bool = True, threads: int | None = None) -> None:
        self.source, self.loss, self.intercept, self.threads = source, loss, intercept, threads
        self.width = len(source.columns) + intercept
        self.size = loss.outputs * self.width
        self.rows = source.rows
        self.passes = 0

    def evaluate(self, beta: Array, order: int = 1) -> Evaluation:
        """Mean loss; with order 1 its gradient, with order 2 its Hessian too."""
        self.passes += 1
        part = partial(evaluate_block, loss=self.loss, beta=self._full(beta), order=order, threads=self.threads)
        return self._free(self.source.sum(part).mean())

    def near_optimum(
        self, beta: Array, curvature: Array, goal: float, limit: int
    ) -> tuple[Array, list[tuple[float, float, float, float]]]:
        """Compiled Newton steps where the problem is small: near the minimum of the mean loss + curvature b^2 / 2.

        Returns beta, and the number of passes, value, decrement and length of each step; none where there is no such
        kernel, or where in Python a step costs little beside its pass.
        """
        if self.width > SMALL_WIDTH or self.rows * self.width**2 > SMALL_PRODUCTS or limit < 2:
            return beta, []
        block = next(self.source.blocks())
        newton = kernels.newton_for(self.loss.kernel, block.design.kind)
        if newton is None:
            return beta, []
        end, held = self._full(beta).copy(), self._full(curvature)
        trace = np.empty((min(limit, 100) - 1, 4))
        rows = (block.target, block.weight, block.offset)
        threads = kernels.threads_for(self.rows * self.width**2, self.threads)
        total, least = block.total_weight, math.log(2.0) / self.rows
        lines, passes = newton(
            *block.design.operands, *rows, held, self.intercept, total, goal, least, end, trace, threads
        )
        steps = [(self.passes + k, value, decrement, length) for k, value, decrement, length in trace[:lines].tolist()]
        self.passes += passes
        return end if self.intercept else end[1:].copy(), steps

    def along(self, beta: Array, direction: Array, lengths: Sequence[float]) -> Array:
        """Mean loss at beta + t direction, for every length t."""
        self.passes += 1
        part = partial(_along, loss=self.loss, beta=self._full(beta), direction=self._full(direction), lengths=lengths)
        sums = self.source.sum(part)
        means: Array = sums[:-1] / sums[-1]
        return means

    def hessian_product(self, beta: Array, vector: Array) -> Array:
        """The Hessian of the mean loss, times a vector; no p x p matrix is made."""
        self.passes += 1
        part = partial(_hessian_product, loss=self.loss, beta=self._full(beta), vector=self._full(vector))
        sums = self.source.sum(part)
        product: Array = (sums[:-1] / sums[-1]).reshape(self.loss.outputs, -1)
        return product.ravel() if self.intercept else product[:, 1:].ravel()

    def curvature_between_outputs(self, beta: Array) -> Array:
        """The mean row_hessian, of shape (outputs, outputs)."""
        self.passes += 1
        sums = self.source.sum(partial(_between, loss=self.loss, beta=self._full(beta)))
        return sums[:-1].reshape(self.loss.outputs, -1) / sums[-1]

    def second_moments(self) -> Array:
        """The mean of (1, z)(1, z)': four times the logistic Hessian at 0, which kernels know how to form."""
        self.passes += 1
        zero = np.zeros(len(self.source.columns) + 1)
        part = partial(evaluate_block, loss=Logistic(), beta=zero, order=2, threads=self.threads)
        hessian = self.source.sum(part).mean().hessian
        assert hessian is not None
        return 4.0 * (hessian if self.intercept else hessian[1:, 1:])

    def widest(self, half: Array) -> float:
        """The largest |M'(1, z)|^2 over the rows, for M of shape (size, k). With M M' = H^-1 it is max z'H^-1 z.

        With several outputs, the largest sum of it over these.
        """
        self.passes += 1
        parts = half.reshape(self.loss.outputs, self.width, -1)
        side_by_side: Array = np.concatenate(list(parts), axis=1)
        if not self.intercept:
            side_by_side = np.vstack([np.zeros((1, side_by_side.shape[1])), side_by_side])
        return self.source.sum(partial(_widest, half=side_by_side)).reach

    def margins(self, direction: Array) -> tuple[float, float]:
        """By how much scores along d lead for a row's own class: the least and the largest over rows and other classes.

        For two classes (2 y - 1) z'd / (|z|'|d| + max|d|), within +-1; over the rows of positive weight. If neither is
        negative and one is positive, d separates the classes.
        """
        self.passes += 1
        extremes = self.source.sum(partial(_margins, loss=self.loss, direction=self._full(direction)))
        return extremes.least, extremes.largest

    def sample(self, rows: int, seed: int) -> Objective:
        """The objective of about so many rows, drawn by the Source to stand for all."""
        return Objective(self.source.sample(rows, seed), self.loss, intercept=self.intercept, threads=self.threads)

    def batches(self, size: int, rng: np.random.Generator) -> Iterator[Objective]:
        """The objectives of all rows, once, in random order, `size` at a time."""
        self.passes += 1
        for batch in self.source.batches(size, rng):
            yield Objective(batch, self.loss, intercept=self.intercept, threads=self.threads)

    def null(self) -> tuple[Array, float]:
        """Beta of the intercept alone, which gives every class its share, and its mean loss. Reads the target alone."""
        shares = np.array(self.source.class_weights())
        shares /= shares.sum()
        eta = self.loss.null(shares)
        beta = np.zeros((self.loss.outputs, self.width))
        beta[:, 0] = eta
        each = np.full(len(shares), eta[0]) if self.loss.outputs == 1 else np.tile(eta, (len(shares), 1))
        return beta.ravel(), float(self.loss.rows(each, np.arange(len(shares), dtype=float), 0)[0] @ shares)

    def _free(self, seen: Evaluation) -> Evaluation:
        """Without the intercepts, if they are not free."""
        if self.intercept:
            return seen
        free = np.arange(self.loss.outputs * (self.width + 1)) % (self.width + 1) != 0
        return replace(
            seen,
            gradient=None if seen.gradient is None else seen.gradient[free],
            hessian=None if seen.hessian is None else seen.hessian[np.ix_(free, free)],
        )

    def _full(self, beta: Array) -> Array:
        """With the intercept, if it is not free; a row for each output, if there are several."""
        if self.loss.outputs == 1:
            return beta if self.intercept else np.concatenate([[0.0], beta])
        rows = beta.reshape(self.loss.outputs, self.width)
        return rows if self.intercept else np.hstack([np.zeros((len(rows), 1)), rows])


def _added(one: Array | None, other: Array | None) -> Array | None:
    return None if one is None or other is None else one + other


def evaluate_block(block: Block, *, loss: Loss, beta: Array, order: int, threads: int | None) -> Evaluation:
    """Sums over the rows of one block, at full coefficients: a row of them for each output, if there are several."""
    sweep = kernels.sweep_for(loss.kernel, block.design.kind)
    if beta.ndim == 2:
        if sweep is not None:
            return _sweep_outputs(sweep, block, loss, beta, order, threads)
        return reduce(add, (_evaluate_outputs(part, loss, beta, order) for part in _panels(block)))
    if sweep is None:
        return _evaluate_by_verbs(block, loss, beta, order)
    design = block.design
    gradient = np.zeros(len(beta)) if order >= 1 else None
    hessian = np.zeros((len(beta), len(beta))) if order >= 2 else None
    threads = kernels.threads_for(design.shape[0] * len(beta) * (len(beta) if order >= 2 else 1), threads)
    rows = (block.target, block.weight, block.offset)
    value, reach = sweep(*design.operands, *rows, beta, gradient, hessian, threads)
    return Evaluation(value, gradient, hessian, block.total_weight, reach)


def _evaluate_by_verbs(block: Block, loss: Loss, beta: Array, order: int) -> Evaluation:
    """The same for any loss and any design, by matvec, rmatvec and gram."""
    value, r, h = _rows(block, loss, _eta(block, beta), order)
    gradient = hessian = None
    reach = 0.0
    if order >= 1:
        gradient = np.concatenate([[r.sum()], block.design.rmatvec(r)])
    if order >= 2:
        assert h is not None
        hessian = _bordered(block.design, h)
        reach = _largest_norm(block)
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


def _panels(block: Block) -> Iterator[Block]:
    """The same rows, few enough at a time that a matrix for each of them fits into memory."""
    for start in range(0, len(block.target), PANEL_ROWS):
        part = slice(start, start + PANEL_ROWS)
        weight, offset = (None if v is None else v[part] for v in (block.weight, block.offset))
        yield Block(block.design.take(part), block.target[part], weight, offset)


def _evaluate_outputs(block: Block, loss: Loss, beta: Array, order: int) -> Evaluation:
    """The same for a loss of several outputs, whose coefficients are the rows of beta."""
    value, r, h = _rows(block, loss, _eta(block, beta), order)
    gradient = hessian = None
    reach = 0.0
    if order >= 1:
        gradient = np.hstack([r.sum(axis=0)[:, None], block.design.rmatvec(r).T]).ravel()
    if order >= 2:
        assert h is not None
        hessian = _symmetric([_bordered(block.design, h[:, j, k]) for j in range(len(beta)) for k in range(j + 1)])
        reach = _largest_norm(block)
    return Evaluation(float(value.sum()), gradient, hessian, block.total_weight, reach)


def _along(block: Block, *, loss: Loss, beta: Array, direction: Array, lengths: Sequence[float]) -> Array:
    eta = _eta(block, beta)
    slope = _scores(block, direction)
    values = [float(_rows(block, loss, eta + t * slope, 0)[0].sum()) for t in lengths]
    return np.array([*values, block.total_weight])


def _hessian_product(block: Block, *, loss: Loss, beta: Array, vector: Array) -> Array:
    h, change = _rows(block, loss, _eta(block, beta), 2)[2], _scores(block, vector)
    assert h is not None
    image = h * change if h.ndim == 1 else np.einsum("nij,nj->ni", h, change)
    product = np.concatenate([image.sum(axis=0)[None], block.design.rmatvec(image)])
    return np.append(product.T, block.total_weight)


def _between(block: Block, *, loss: Loss, beta: Array) -> Array:
    weight = np.ones(len(block.target)) if block.weight is None else block.weight
    return np.append(loss.total_curvature(_eta(block, beta), weight), block.total_weight)


def _bordered(design: Design, h: Array) -> Array:
    """[1, Z]' diag(h) [1, Z]."""
    border = design.rmatvec(h)
    return np.block([[np.array([[h.sum()]]), border[None, :]], [border[:, None], design.gram(h)]])


def _widest(block: Block, *, half: Array) -> Evaluation:
    return Evaluation(0.0, None, None, block.total_weight, _largest_norm(block, half))


def _largest_norm(block: Block, half: Array | None = None) -> float:
    """The largest |[1, z] half|^2 over the rows of positive weight."""
    norms = block.design.norms(half)
    return float((norms if block.weight is None else norms[block.weight > 0]).max(initial=0.0))


@dataclass(frozen=True)
class _Extremes:
    least: float
    largest: float

    def __add__(self, other: _Extremes) -> _Extremes:
        return _Extremes(min(self.least, other.least), max(self.largest, other.largest))


def _margins(block: Block, *, loss: Loss, direction: Array) -> _Extremes:
    nearest, farthest = loss.lead(_scores(block, direction), block.target)
    size = np.abs(direction) if direction.ndim == 1 else np.abs(direction).sum(axis=0)
    magnitude = block.design.magnitude(size[1:]) + size[0] + size.max()
    counted = slice(None) if block.weight is None else block.weight > 0
    least, largest = (nearest / magnitude)[counted], (farthest / magnitude)[counted]
    return _Extremes(float(least.min(initial=np.inf)), float(largest.max(initial=-np.inf)))


def _scores(block: Block, beta: Array) -> Array:
    """(1, Z) beta: a number a row or, if beta has a row for each output, so many."""
    if not beta[..., 1:].any():
        return np.tile(beta[..., 0], (len(block.target), *(1,) * (beta.ndim - 1)))  # no need to read the rows
    scores: Array = block.design.matvec(beta[..., 1:].T) + beta[..., 0]
    return scores


def _eta(block: Block, beta: Array) -> Array:
    eta = _scores(block, beta)
    return eta if block.offset is None else eta + block.offset


def _rows(block: Block, loss: Loss, eta: Array, order: int) -> tuple[Array, Array, Array | None]:
    value, r, h = loss.rows(eta, block.target, order)
    if block.weight is None:
        return value, r, h
    weight: Array = block.weight.reshape(-1, *(1,) * (r.ndim - 1))
    return value * block.weight, r * weight, None if h is None else h * weight.reshape(-1, *(1,) * (h.ndim - 1))
