"""Quasi-Newton steps among the coefficients that are not 0: where coordinate descent has found which these are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from oddsmith.arrays import AnyArray, Array
from oddsmith.factor import RoughFactor
from oddsmith.solvers.base import gradient_of
from oddsmith.solvers.composite import Composite
from oddsmith.solvers.quasi_newton import Metric

MEMORY = 10  # pairs of steps and changes of the slope
NEAR = 0.98  # of its threshold: so near a gradient is, its coefficient may be needed
ROUNDS, SLOW = 12, 0.5  # steps; one that leaves more of the violation is one of too few


@dataclass(frozen=True)
class Face:
    """Where such steps ended.

    Attributes
    ----------
    part : Composite
        The function of the columns that they were made on.
    some, beta : arrays
        The coefficients of these, and of all columns.
    closed : bool
        Whether the duality gap, of these columns, is as small as it should be.
    variance : array
        Of all coefficients, times the weight, roughly.
    """

    part: Composite
    some: Array
    beta: Array
    closed: bool
    variance: Array


class _Metric:
    """L-BFGS on a Hessian in single precision, among the coefficients that are not 0."""

    def __init__(self, part: Composite, hessian: AnyArray, own: AnyArray) -> None:
        among = hessian.take(own, axis=0).take(own, axis=1)
        among.reshape(-1)[:: len(own) + 1] += part.curvature[own].astype(np.float32)
        self.own, self.base = own, RoughFactor.of(among)
        self._before = self._step = np.zeros(0)
        self._pairs = None if self.base is None else Metric(self.base, MEMORY)

    def step(self, slope: Array) -> Array:
        """To the model's minimum, after what the last step has shown."""
        assert self._pairs is not None
        if len(self._step):
            self._pairs.update(self._step, slope - self._before)
        self._before, self._step = slope, -self._pairs.apply(slope)
        return self._step


def descend_on_face(
    function: Composite, beta: Array, gradient: Array, *, goal: float, known: tuple[AnyArray, AnyArray] | None = None
) -> Face | None:
    """Go on from beta until the duality gap is at most goal |F|; None where no step can be made.

    The metric is L-BFGS on the Hessian where it begins, in single precision: the violation falls a hundredfold at each
    step and more. So the gap can be closed, which falls with the violation itself, where a Hessian in double precision
    and its inverse, for a proof, would cost more than some passes over the columns at hand. What would change its sign
    becomes 0, and what exceeds its threshold leaves 0. The gradient is that of the loss at beta, 0 where it is not
    known; `known` is a Hessian that is good enough, and whose coefficients it has.
    """
    held = (beta != 0.0) | function.free
    columns = function.objective.among(function.columns(held | (np.abs(gradient) > NEAR * function.thresholds)))
    part, members = function.only(columns), function.members(columns)
    some, thresholds, free = beta[members], part.thresholds, part.free
    hessian = _taken(known, members)
    hessian = part.objective.rough_hessian(some) if hessian is None else hessian
    signs, seen, last, closed, best = np.sign(some), gradient[members], np.inf, False, some
    slope = part.slope(some, seen)
    signs = np.where(signs == 0.0, -np.sign(slope), signs)
    metric = _Metric(part, hessian, np.flatnonzero(signs.astype(bool) | free))
    for _ in range(ROUNDS):
        if metric.base is None:
            return None
        own = metric.own
        end = some.copy()
        end[own] += metric.step((seen + part.curvature * some + thresholds * signs)[own])
        crossing = (end * signs < 0.0) & (thresholds > 0.0)
        end[crossing] = 0.0
        now = part.evaluate(end)
        seen = gradient_of(now)
        slope = part.slope(end, seen)
        worst = float(np.abs(slope).max(initial=0.0))
        some = end
        signs = np.where(end == 0.0, -np.sign(slope), np.sign(end))
        now_own = np.flatnonzero(signs.astype(bool) | free)
        same = np.array_equal(now_own, own)
        if worst < last:
            best, closed = end, part.gap(end, now) <= goal * abs(now.value)
        if closed or (same and worst > SLOW * last):
            break
        last = min(worst, last)
        if not same:
            metric = _Metric(part, hessian, now_own)
    full, variance = np.zeros_like(beta), np.zeros_like(beta)
    full[members], variance[members[metric.own]] = best, metric.base.variance
    return Face(part, best, full, closed, variance)


def _taken(known: tuple[AnyArray, AnyArray] | None, members: AnyArray) -> AnyArray | None:
    """Its part for some coefficients; None if it lacks one."""
    if known is None or not np.isin(members, known[0]).all():
        return None
    order = np.argsort(known[0])
    places = order[np.searchsorted(known[0], members, sorter=order)]
    return known[1].take(places, axis=0).take(places, axis=1)
