"""The NumPy twins of `cpp/models.hpp` and `cpp/proximal.hpp`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from oddsmith._reference_descent import add_products, descend
from oddsmith.arrays import AnyArray, Array

__all__ = ["proximal_newton", "reduced_hessian"]

DONE, STALE, STUCK, NOWHERE = range(4)


def reduced_hessian(
    parts: AnyArray, chosen: AnyArray, within: AnyArray, share: float, across: Array, border: Array, out: AnyArray
) -> None:
    """Fills `out` (m, m), for the m places `within`: share times the sum of some of `parts`, less across border'.

    It is symmetric: the entries above the diagonal count.
    """
    kind = out.dtype
    out[:] = parts[chosen][:, within][:, :, within].sum(axis=0)
    out *= kind.type(share)
    out -= np.multiply.outer(across[within].astype(kind), border[within].astype(kind))


def proximal_newton(
    problems: AnyArray, hessians: Sequence[AnyArray], within: Sequence[AnyArray], across: Sequence[Array], mass: Array,
    z: Array, columns: AnyArray, target: Array, weights: Array, eta: Array, r: Array, beta: Array, slopes: Array,
    thresholds: Array, curvature: Array, numbers: Array, goal: Array, rules: Array, intercept: bool,
    outcomes: AnyArray, threads: int,
) -> None:  # fmt: skip
    """Proximal Newton steps of some problems on the same rows, each until it is done or its model no longer serves.

    Parameters
    ----------
    problems : int array of shape (A,)
        Rows of the arrays of all of them.
    hessians, within, across, mass
        Of each of these: the model's Hessian (m, m), the intercept eliminated; of which m of the columns at hand; what
        the intercept takes along of all of them; and its own curvature then. The Hessian is corrected by what steps
        show (BFGS).
    z, columns, target
        Columns at hand, standardised, of shape (k, n); which they are; and y.
    weights, eta, r : arrays of shape (P, n)
        eta and the weighted row_gradients are carried along.
    beta, slopes, thresholds, curvature : arrays of shape (P, p)
        In all columns: coefficients and slopes of the loss, carried along where a problem works; and the penalty's
        thresholds of |b| and curvature for alpha = 1.
    numbers : array of shape (6, P)
        The intercept, the mean loss, the mean row_hessian, the penalty of alpha = 1, by how much the model could still
        fall, and the share of this that a step leaves; all carried along.
    goal : array of shape (P,)
        The fall, relative to the value, at which a problem is done.
    rules : array of shape (11,)
        alpha; the accuracy of a model's minimum, sweeps at most; of a fall, the share that the next may be at most,
        and after how many steps that counts; times what a step may leave, the least that this is taken to; the
        rounding of a value; the least share of curvature that corrects a model; steps and halvings at most.
    outcomes : int array of shape (A,)
        0: done, 1: the model is stale, 2: no step along it descends, 3: nor did the first.
    """
    for a, k in enumerate(problems):
        data = _Rows(z[within[a]], target, weights[k], eta[k], r[k], intercept)
        at = columns[within[a]]
        walk = _Walk(
            data, hessians[a], across[a][within[a]], float(mass[a]), beta[k, at], slopes[k, at],
            rules[0] * thresholds[k, at], rules[0] * curvature[k, at], numbers[:, k], float(goal[k]), rules,
        )  # fmt: skip
        outcomes[a] = walk.go_on()
        beta[k, at], slopes[k, at] = walk.b, walk.slope
        numbers[3, k] = walk.penalty(walk.b) / rules[0]


@dataclass
class _Rows:
    z: Array
    target: Array
    weights: Array
    eta: Array
    r: Array
    intercept: bool

    @property
    def start(self) -> float:
        """The slope of the intercept."""
        return float(self.r.sum()) if self.intercept else 0.0

    def move(self, first: float, step: Array) -> tuple[float, float, Array]:
        """The mean loss, the mean row_hessian and the slopes at the end of a step."""
        self.eta += first + step @ self.z
        p = 0.5 * (1.0 + np.tanh(0.5 * self.eta))
        self.r[:] = self.weights * (p - self.target)
        loss = self.weights @ (np.logaddexp(0.0, self.eta) - self.target * self.eta)
        return float(loss), float(self.weights @ (p * (1.0 - p))), self.z @ self.r


@dataclass
class _Walk:
    rows: _Rows
    hessian: AnyArray
    across: Array
    mass: float
    b: Array
    slope: Array
    thresholds: Array
    curvature: Array
    numbers: Array
    goal: float
    rules: Array

    def penalty(self, b: Array) -> float:
        return float((self.thresholds * np.abs(b) + 0.5 * self.curvature * b**2).sum())

    def go_on(self) -> int:
        _, _, _, stale, young, sure, least_left, floor, _, rounds, _ = self.rules
        last, n = np.inf, self.numbers
        for age in range(int(rounds)):
            fall, first, step, image = self._minimised()
            scale = abs(n[1] + self.penalty(self.b))
            n[4] = fall
            if np.isfinite(last):
                n[5] = max(fall / last, least_left)
            if fall <= self.goal * scale or (fall <= floor * scale and fall > 0.5 * last):
                return DONE
            if fall > stale * last and age >= young:
                return STALE
            length = self._search(first, step, image)
            if length == 0.0:
                return STUCK if age else NOWHERE
            leaves = sure * n[5] * fall
            if length == 1.0 and leaves <= self.goal * abs(n[1]):
                n[4] = leaves
                n[5] *= 2.0
                return DONE
            last = fall
        return STALE

    def _minimised(self) -> tuple[float, float, Array, Array]:
        """By how much the model falls, and the steps of the intercept and of columns to there; its image of these."""
        b, t, c, start = self.b, self.thresholds, self.curvature, self.rows.start
        before = self.slope - self.across * start
        slope = before + c * b
        violation = np.where(b == 0.0, np.maximum(np.abs(slope) - t, 0.0), np.abs(slope + np.copysign(t, b)))
        target = self.rules[1] * float(violation.max(initial=0.0))
        after, step = before.copy(), np.zeros(len(b))
        descend(self.hessian, t, c, b, target, int(self.rules[2]), after, step)
        end = b + step
        change = 0.5 * (step * (before + after) + c * (end**2 - b**2)) + t * (np.abs(end) - np.abs(b))
        fall = max(0.0, 0.5 * start**2 / self.mass - float(change.sum())) / min(1.0, self.numbers[2] / self.mass)
        return fall, -start / self.mass - float(self.across @ step), step, after - before

    def _search(self, first: float, step: Array, image: Array) -> float:
        """Take the step, halved until it descends, and correct the model; its length, 0 if none did."""
        n, old, before, cost = self.numbers, self.slope, self.rows.start, self.penalty(self.b)
        value, along = n[1] + cost, float(self.slope @ step) + before * first
        eta, r, length, known = self.rows.eta.copy(), self.rows.r.copy(), 1.0, n[1:3].copy()
        for _ in range(int(self.rules[10])):
            self.rows.eta[:] = eta
            n[1], n[2], self.slope = self.rows.move(length * first, length * step)
            own = self.penalty(self.b + length * step)
            if n[1] + own <= value + 0.01 * (length * along + own - cost) + self.rules[7] * abs(value):
                change = self.slope - old - self.across * (self.rows.start - before)
                self.b = self.b + length * step
                n[0] += length * first
                self._correct(length * step, length * image, change)
                return length
            length *= 0.5
        self.rows.eta[:], self.rows.r[:], n[1:3], self.slope = eta, r, known, old
        return 0.0

    def _correct(self, step: Array, image: Array, change: Array) -> None:
        """The BFGS update: what sent the step to its image sends it to this change of the slopes."""
        expected, curved = float(step @ image), float(step @ change)
        if expected > 0.0 and curved > self.rules[8] * expected:
            pair = np.array([change / np.sqrt(curved), image / np.sqrt(expected)])
            add_products(self.hessian, pair * [[1.0], [-1.0]], pair, 1)
