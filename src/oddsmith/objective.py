"""The weighted mean loss of a Source, seen from the coefficients. Every method is exactly one pass over the data."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

import numpy as np

from oddsmith import kernels
from oddsmith.arrays import AnyArray, Array
from oddsmith.design import Dense, Sparse
from oddsmith.evaluation import (
    PANEL_ROWS,
    Evaluation,
    along_block,
    bias_slope_block,
    conjugate_block,
    curvature_block,
    eta_of,
    evaluate_at,
    evaluate_block,
    hessian_product_block,
    largest_norm,
    quick_eta,
    weighted_rows,
)
from oddsmith.exact_evaluation import ExactEvaluation, evaluate_block_exactly
from oddsmith.extended import Extended
from oddsmith.factor import Factor
from oddsmith.losses import Logistic, Loss
from oddsmith.sources import Block, SomeColumns, Source

ROUGH = 1e-6  # what single precision may take from a diagonal
# of sparse rows: standard deviations of a mean, and rows, beyond which sums of raw products would be too rough
MEANT, SUMMED = 30.0, 1 << 21
T = TypeVar("T")
SMALL_WIDTH, SMALL_PRODUCTS = 64, 1 << 26  # below them a step in Python would cost more than its pass
BALANCING = 20  # of Newton's steps
USED, USED_OF_FEW = 0.9, 0.6  # of the columns at hand, and where few are stored: if so many are asked for, all are


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
        self._at_hand: SomeColumns | None = None

    def evaluate(self, beta: Array, order: int = 1) -> Evaluation:
        """Mean loss; with order 1 its gradient, with order 2 its Hessian too."""
        self.passes += 1
        part = partial(evaluate_block, loss=self.loss, beta=self._full(beta), order=order, threads=self.threads)
        return self._free(self.source.sum(part).mean())

    def evaluate_by(self, part: Objective, some: Array, beta: Array) -> Evaluation:
        """As `evaluate` at beta, which has `some` for the columns of `part` and 0 elsewhere.

        Eta is looked for there, so that here rows are read for the gradient alone.
        """
        known = self.intercept and self.loss.outputs == 1
        if not known or not isinstance(next(part.source.blocks()).design, Dense | Sparse):
            return self.evaluate(beta)
        self.passes += 1
        eta = np.concatenate([quick_eta(block, some, self.threads) for block in part.source.blocks()])
        return self.source.sum(partial(evaluate_at, loss=self.loss, eta=eta, threads=self.threads)).mean()

    def rough_hessian(self, beta: Array, known: AnyArray | None = None) -> AnyArray:
        """The Hessian in single precision: a metric for steps.

        Its leading block may be known, where beta has the coefficients after those of that block at 0.
        """
        design = next(self.source.blocks()).design
        rough = kernels.rough_for(self.loss.kernel, design.kind)
        too_rough = design.kind == "sparse" and (design.cancellation > MEANT or design.shape[0] > SUMMED)
        if rough is None or not self.intercept or too_rough:
            exact = self.evaluate(beta, 2).hessian
            assert exact is not None
            return exact.astype(np.float32)
        self.passes += 1
        first = 0 if known is None else len(known)
        part = partial(_rough, rough=rough, beta=self._full(beta), known=first, threads=self.threads)
        hessian = self.source.sum(part)
        hessian /= sum(self.source.class_weights())
        if known is not None:
            hessian[:first, :first] = known
        return hessian

    def evaluate_exactly(self, beta: Extended, root: Array) -> ExactEvaluation:
        """Mean loss, its gradient in double-double, and the Hessian between M' and M, for M of shape (size, m)."""
        self.passes += 1
        shape = (self.loss.outputs, self.width, -1)
        full, axes = beta.reshape(*shape[:2]), root.reshape(shape)
        if not self.intercept:
            full = Extended(*(np.pad(part, ((0, 0), (1, 0))) for part in (full.hi, full.lo)))
            axes = np.pad(axes, ((0, 0), (1, 0), (0, 0)))
        part = partial(evaluate_block_exactly, loss=self.loss, beta=full, root=axes)
        seen = self.source.sum(part).mean()
        free = seen.gradient if self.intercept else seen.gradient[:, 1:]
        return replace(seen, gradient=free.reshape(-1))

    def near_optimum(
        self, beta: Array, curvature: Array, goal: float, limit: int
    ) -> tuple[Array, Evaluation, list[tuple[float, float, float, float]]]:
        """Compiled Newton steps where the problem is small: near the minimum of the mean loss + curvature b^2 / 2.

        Returns beta, the mean loss there at order 2, and the number of passes, value, decrement and length of each
        step; none where there is no such kernel, or where in Python a step costs little beside its pass.
        """
        small = self.width <= SMALL_WIDTH and self.rows * self.width**2 <= SMALL_PRODUCTS and limit >= 2
        block = next(self.source.blocks())
        small = small and block.design.shape[0] == self.rows
        newton = kernels.newton_for(self.loss.kernel, block.design.kind) if small else None
        if newton is None:
            return beta, self.evaluate(beta, 2), []
        end, held = self._full(beta).copy(), self._full(curvature)
        trace, gradient, hessian = np.empty((min(limit, 100) - 1, 4)), np.zeros(len(end)), np.zeros((len(end),) * 2)
        rows, total = (block.target, block.weight, block.offset), block.total_weight
        threads, least = kernels.threads_for(self.rows * self.width**2, self.threads), math.log(2.0) / self.rows
        lines, passes, value, reach = newton(
            *block.design.operands, *rows, held, self.intercept, total, goal, least, end, trace, gradient, hessian,
            threads,
        )  # fmt: skip
        steps = [(self.passes + k, *line) for k, *line in trace[:lines].tolist()]
        self.passes += passes
        seen = self._free(Evaluation(value, gradient, hessian, total, reach).mean())
        return end if self.intercept else end[1:].copy(), seen, steps

    def along(self, beta: Array, direction: Array, lengths: Sequence[float]) -> Array:
        """Mean loss at beta + t direction, for every length t."""
        self.passes += 1
        part = partial(
            along_block, loss=self.loss, beta=self._full(beta), direction=self._full(direction), lengths=lengths
        )
        sums = self.source.sum(part)
        means: Array = sums[:-1] / sums[-1]
        return means

    def hessian_product(self, beta: Array, vector: Array) -> Array:
        """The Hessian of the mean loss, times a vector; no p x p matrix is made."""
        self.passes += 1
        part = partial(hessian_product_block, loss=self.loss, beta=self._full(beta), vector=self._full(vector))
        sums = self.source.sum(part)
        product: Array = (sums[:-1] / sums[-1]).reshape(self.loss.outputs, -1)
        return product.ravel() if self.intercept else product[:, 1:].ravel()

    def curvature(self, beta: Array, columns: AnyArray) -> tuple[Array, Array]:
        """The Hessian of the mean loss in parts: among the intercept and the columns named, and its whole diagonal.

        Of a loss with one output; the intercept is left out where it is not free.
        """
        self.passes += 1
        size = len(columns) + 1
        sums = self.source.sum(partial(_curvature, loss=self.loss, beta=self._full(beta), columns=columns))
        block, diagonal = sums[: size**2].reshape(size, size) / sums[-1], sums[size**2 : -1] / sums[-1]
        return (block, diagonal) if self.intercept else (block[1:, 1:], diagonal[1:])

    def stored(self) -> AnyArray:
        """How many entries each column stores."""
        self.passes += 1
        return self.source.sum(lambda block: block.design.stored())

    def curvature_between_outputs(self, beta: Array) -> Array:
        """The mean row_hessian, of shape (outputs, outputs)."""
        self.passes += 1
        full = self._full(beta)
        sums = self.source.sum(lambda block: curvature_block(block, quick_eta(block, full, self.threads), self.loss))
        return sums[:-1].reshape(self.loss.outputs, -1) / sums[-1]

    def balanced(self, beta: Array, least: float) -> Array | None:
        """The same but for the intercepts, which are fitted to it until no slope of theirs is above the least.

        Newton's steps; None where these do not get there. Eta is found once.
        """
        self.passes, change = self.passes + 1, np.zeros(self.loss.outputs)
        rows = [(block, quick_eta(block, self._full(beta), self.threads)) for block in self.source.blocks()]
        for _ in range(BALANCING):
            now = [(block, eta + (change if eta.ndim > 1 else change[0])) for block, eta in rows]
            slope = sum(weighted_rows(block, self.loss, eta, 1)[1].sum(axis=0) for block, eta in now)
            curved = np.sum([curvature_block(block, eta, self.loss) for block, eta in now], axis=0)
            if np.abs(slope).max() <= least * curved[-1]:
                end = beta.copy()
                end[:: self.width] += change
                return end
            step = Factor(curved[:-1].reshape(len(change), -1)).solve(np.atleast_1d(slope))
            change = change - step / max(1.0, np.abs(step).max())  # not where the curvature is another
        return None

    @property
    def rounding(self) -> float:
        """Of the numbers that X holds, relative to them: that of float32 or of float64."""
        return float(np.finfo(next(self.source.blocks()).design.operands[0].dtype).eps)

    def largest_changes(self, directions: Array) -> Array:
        """The largest |(1, z)'d| / (|(1, z)| |d|) over the rows of positive weight, for each column d of a matrix.

        They are directions of the coefficients of one output.
        """
        self.passes += 1
        full = directions / np.linalg.norm(directions, axis=0)
        full = full if self.intercept else np.vstack([np.zeros((1, full.shape[1])), full])
        return np.sqrt(self.source.sum(partial(_changes, directions=full)).values)

    def between(self, beta: Array, half: Array) -> Array:
        """M'HM for the Hessian H at beta of one output, and M of shape (size, k): from the rows' images under M."""
        self.passes += 1
        full = half if self.intercept else np.vstack([np.zeros((1, half.shape[1])), half])
        gram = (
            self.source.sum(partial(_between_images, loss=self.loss, beta=self._full(beta), half=full)).mean().hessian
        )
        assert gram is not None
        return gram

    def bias_slope(self, beta: Array, half: Array) -> Array:
        """The gradient of -log det(H) / 2, H being the logistic Hessian at beta and half half' its inverse.

        It is the sum of hat_i (g(eta_i) - 1/2) (1, z_i), hat_i being the leverage h_i (1, z_i)'H^-1(1, z_i) of a row.
        """
        self.passes += 1
        full = half if self.intercept else np.vstack([np.zeros((1, half.shape[1])), half])
        sums = self.source.sum(partial(bias_slope_block, loss=self.loss, beta=self._full(beta), half=full))
        slope: Array = sums[:-1] / sums[-1]
        return slope if self.intercept else slope[1:]

    def second_moments(self) -> Array:
        """The mean of (1, z)(1, z)': four times the logistic Hessian at eta = 0, which kernels know how to form."""
        self.passes += 1
        hessian = self.source.sum(partial(_at_zero, threads=self.threads)).mean().hessian
        assert hessian is not None
        return 4.0 * (hessian if self.intercept else hessian[1:, 1:])

    def conjugate(self, beta: Array, shrink: float) -> float:
        """The mean of the losses' conjugates at shrink times the row_gradients at beta, less these times the offset."""
        self.passes += 1
        own = partial(conjugate_block, loss=self.loss, beta=self._full(beta), shrink=shrink, threads=self.threads)
        sums = self.source.sum(own)
        return float(sums[0] / sums[1])

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

    def gather(self, part: Callable[[Block], T]) -> T:
        """part(block), added up over the blocks."""
        self.passes += 1
        return self.source.sum(part)

    def sample(self, rows: int, seed: int) -> Objective:
        """The objective of about so many rows, drawn by the Source to stand for all."""
        return Objective(self.source.sample(rows, seed), self.loss, intercept=self.intercept, threads=self.threads)

    def only(self, columns: AnyArray, *, keep: bool = False) -> Objective:
        """The objective of some columns; its passes are its own. If asked, they are kept at hand for the next time."""
        known = self._at_hand
        chosen = self.source.only(columns) if known is None else known.changed(columns)
        if keep:
            self._at_hand = chosen
        return Objective(chosen, self.loss, intercept=self.intercept, threads=self.threads)

    def among(self, columns: AnyArray, used: float = USED) -> AnyArray:
        """These columns, those at hand first: they need not be looked for again, nor copied if so many are asked for.

        Rows of compressed form are looked through anyway where anything is lacking, and otherwise only for less.
        """
        if self._at_hand is None:
            return columns
        known, dense = self._at_hand.chosen, next(self.source.blocks()).design.kind == "dense"
        fresh, wanted = np.setdiff1d(columns, known), np.isin(known, columns)
        if len(fresh) and not dense:
            return columns
        enough = wanted.sum() >= (used if dense else min(used, USED_OF_FEW)) * len(known)
        return np.concatenate([known if enough else known[wanted], fresh])

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


def _rough(block: Block, *, rough: Callable[..., None], beta: Array, known: int, threads: int | None) -> AnyArray:
    hessian = np.empty((len(beta), len(beta)), dtype=np.float32)
    hessian[:known, :known] = 0.0
    threads = kernels.threads_for(block.design.entries * len(beta), threads)
    rough(*block.design.operands, block.target, block.weight, block.offset, beta, known, hessian, threads)
    hessian.reshape(-1)[:: len(beta) + 1] *= 1.0 + ROUGH  # positive, whatever was rounded
    return hessian


def _at_zero(block: Block, *, threads: int | None) -> Evaluation:
    zero, rows = np.zeros(block.design.shape[1] + 1), replace(block, offset=None)
    return evaluate_block(rows, loss=Logistic(), beta=zero, order=2, threads=threads)


def _curvature(block: Block, *, loss: Loss, beta: Array, columns: AnyArray) -> Array:
    h = weighted_rows(block, loss, eta_of(block, beta), 2)[2]
    assert h is not None
    border = block.design.rmatvec(h)
    hessian = np.empty((len(columns) + 1, len(columns) + 1))
    hessian[0, 0], hessian[0, 1:], hessian[1:, 0] = h.sum(), border[columns], border[columns]
    hessian[1:, 1:] = block.design.gram(h, columns)
    return np.concatenate([hessian.ravel(), [h.sum()], block.design.diagonal(h), [block.total_weight]])


@dataclass(frozen=True)
class _Largest:
    values: Array

    def __add__(self, other: _Largest) -> _Largest:
        return _Largest(np.maximum(self.values, other.values))


def _changes(block: Block, *, directions: Array) -> _Largest:
    # 1 is part of a row; of sparse rows with far means no more may be known of its size
    size, largest = np.maximum(block.design.norms(), 1.0), np.zeros(directions.shape[1])
    for part, images in _images(block, directions):
        counted = slice(None) if block.weight is None else block.weight[part] > 0
        largest = np.maximum(largest, (images**2 / size[part, None])[counted].max(axis=0, initial=0.0))
    return _Largest(largest)


def _images(block: Block, half: Array) -> Iterator[tuple[slice, Array]]:
    """[1, Z] half, few rows at a time."""
    for start in range(0, len(block.target), PANEL_ROWS):
        part = slice(start, start + PANEL_ROWS)
        yield part, block.design.take(part).matvec(half[1:]) + half[0]


def _between_images(block: Block, *, loss: Loss, beta: Array, half: Array) -> Evaluation:
    curvature = weighted_rows(block, loss, eta_of(block, beta), 2)[2]
    assert curvature is not None
    gram = sum(
        (images.T @ (curvature[part, None] * images) for part, images in _images(block, half)),
        np.zeros((half.shape[1], half.shape[1])),
    )
    return Evaluation(0.0, None, gram, block.total_weight)


def _widest(block: Block, *, half: Array) -> Evaluation:
    return Evaluation(0.0, None, None, block.total_weight, largest_norm(block, half))
