"""The weighted mean loss of a Source, seen from the coefficients. Every method is exactly one pass over the data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np

from oddsmith import kernels
from oddsmith.arrays import Array
from oddsmith.factor import Factor
from oddsmith.losses import Loss
from oddsmith.sources import Block, Source


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
        """The same, divided by the sum of weights."""
        return Evaluation(
            self.value / self.weight,
            None if self.gradient is None else self.gradient / self.weight,
            None if self.hessian is None else self.hessian / self.weight,
            self.weight,
            self.reach,
        )


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
        Length of beta.
    passes : int
        Passes made over the data so far.
    """

    def __init__(self, source: Source, loss: Loss, *, intercept: bool = True, threads: int | None = None) -> None:
        self.source, self.loss, self.intercept, self.threads = source, loss, intercept, threads
        self.size = len(source.columns) + intercept
        self.rows = source.rows
        self.passes = 0

    def evaluate(self, beta: Array, order: int = 1) -> Evaluation:
        """Mean loss; with order 1 its gradient, with order 2 its Hessian too."""
        self.passes += 1
        part = partial(_evaluate, loss=self.loss, beta=self._full(beta), order=order, threads=self.threads)
        total = self.source.sum(part).mean()
        if self.intercept:
            return total
        return Evaluation(
            total.value,
            None if total.gradient is None else total.gradient[1:],
            None if total.hessian is None else total.hessian[1:, 1:],
            total.weight,
            total.reach,
        )

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
        product: Array = sums[:-1] / sums[-1]
        return product if self.intercept else product[1:]

    def widest(self, half: Array) -> float:
        """The largest |M'(1, z)|^2 over the rows, for M of shape (size, k). With M M' = H^-1 it is max z'H^-1 z."""
        self.passes += 1
        full = half if self.intercept else np.vstack([np.zeros((1, half.shape[1])), half])
        return self.source.sum(partial(_widest, half=full)).reach

    def margins(self, direction: Array) -> tuple[float, float]:
        """The least and the largest (2 y - 1) z'd / (|z|'|d| + max|d|) over the rows of positive weight: within +-1.

        If neither is negative and one is positive, d separates the classes.
        """
        self.passes += 1
        extremes = self.source.sum(partial(_margins, direction=self._full(direction)))
        return extremes.least, extremes.largest

    def sample(self, rows: int, seed: int) -> Objective:
        """The objective of about so many rows, drawn by the Source to stand for all."""
        return Objective(self.source.sample(rows, seed), self.loss, intercept=self.intercept, threads=self.threads)

    def batches(self, size: int, rng: np.random.Generator) -> Iterator[Objective]:
        """The objectives of all rows, once, in random order, `size` at a time."""
        self.passes += 1
        for batch in self.source.batches(size, rng):
            yield Objective(batch, self.loss, intercept=self.intercept, threads=self.threads)

    def _full(self, beta: Array) -> Array:
        return beta if self.intercept else np.concatenate([[0.0], beta])


def _added(one: Array | None, other: Array | None) -> Array | None:
    return None if one is None or other is None else one + other


def _evaluate(block: Block, *, loss: Loss, beta: Array, order: int, threads: int | None) -> Evaluation:
    sweep = kernels.sweep_for(loss.kernel, block.design.kind)
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
    value, r, h = _rows(block, loss, _eta(block, beta))
    gradient = hessian = None
    reach = 0.0
    if order >= 1:
        gradient = np.concatenate([[r.sum()], block.design.rmatvec(r)])
    if order >= 2:
        border = block.design.rmatvec(h)
        hessian = np.block([[np.array([[h.sum()]]), border[None, :]], [border[:, None], block.design.gram(h)]])
        reach = block.design.widest(None, block.weight)
    return Evaluation(float(value.sum()), gradient, hessian, block.total_weight, reach)


def _along(block: Block, *, loss: Loss, beta: Array, direction: Array, lengths: Sequence[float]) -> Array:
    eta = _eta(block, beta)
    slope = block.design.matvec(direction[1:]) + direction[0]
    values = [float(_rows(block, loss, eta + t * slope)[0].sum()) for t in lengths]
    return np.array([*values, block.total_weight])


def _hessian_product(block: Block, *, loss: Loss, beta: Array, vector: Array) -> Array:
    h = _rows(block, loss, _eta(block, beta))[2]
    image = h * (block.design.matvec(vector[1:]) + vector[0])
    return np.concatenate([[image.sum()], block.design.rmatvec(image), [block.total_weight]])


def _widest(block: Block, *, half: Array) -> Evaluation:
    return Evaluation(0.0, None, None, block.total_weight, block.design.widest(half, block.weight))


@dataclass(frozen=True)
class _Extremes:
    least: float
    largest: float

    def __add__(self, other: _Extremes) -> _Extremes:
        return _Extremes(min(self.least, other.least), max(self.largest, other.largest))


def _margins(block: Block, *, direction: Array) -> _Extremes:
    margin = (2.0 * block.target - 1.0) * (block.design.matvec(direction[1:]) + direction[0])
    magnitude = block.design.magnitude(direction[1:]) + abs(direction[0])
    margin /= magnitude + np.abs(direction).max()
    counted = margin if block.weight is None else margin[block.weight > 0]
    return _Extremes(float(counted.min(initial=np.inf)), float(counted.max(initial=-np.inf)))


def _eta(block: Block, beta: Array) -> Array:
    eta = block.design.matvec(beta[1:]) + beta[0]
    return eta if block.offset is None else eta + block.offset


def _rows(block: Block, loss: Loss, eta: Array) -> tuple[Array, Array, Array]:
    rows = loss.rows(eta, block.target)
    if block.weight is None:
        return rows
    value, r, h = (part * block.weight for part in rows)
    return value, r, h
