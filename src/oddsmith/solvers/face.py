"""Quasi-Newton steps among the coefficients that are not 0: where coordinate descent has found which these are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from oddsmith.arrays import AnyArray, Array
from oddsmith.factor import RoughFactor
from oddsmith.solvers.base import gradient_of
from oddsmith.solvers.composite import Composite
from oddsmith.solvers.quasi_newton import Metric
from oddsmith.solvers.sketches import BlockDiagonal

MEMORY = 10  # pairs of steps and changes of the slope
NEAR = 0.98  # of its threshold: so near a gradient is, its coefficient may be needed
UNSEEN = 1e-4  # of its own curvature, added to what is free: of scores the data do not see what is added to all
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
    inverse : BlockDiagonal
        Roughly the inverse Hessian; 0 beside what is not 0.
    """

    part: Composite
    some: Array
    beta: Array
    closed: bool
    inverse: BlockDiagonal


def _factor(part: Composite, hessian: AnyArray, own: AnyArray) -> RoughFactor | None:
    among = hessian.take(own, axis=0).take(own, axis=1)
    lift = np.where(part.free, UNSEEN * hessian.diagonal(), part.curvature)[own]
    among.reshape(-1)[:: len(own) + 1] += lift.astype(np.float32)
    return RoughFactor.of(among)


def descend_on_face(
    function: Composite, beta: Array, gradient: Array, *, goal: float, known: tuple[AnyArray, AnyArray] | None = None
) -> Face | None:
    """Go on from beta until the duality gap is at most goal |F|; None where no step can be made.

    The metric is L-BFGS on the Hessian where it begins, in single precision: each step leaves but a small share of the
    violation. So the gap can be closed, which falls with the violation itself, where a Hessian in double precision
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
    seen, last, closed, best = gradient[members], np.inf, False, some
    signs = _signs(part, some, seen)
    own = np.flatnonzero((signs != 0.0) | free)
    factor, metric = _factor(part, hessian, own), None
    for _ in range(ROUNDS):
        if factor is None:
            return None
        metric = Metric(factor, MEMORY) if metric is None else metric
        slope = (seen + part.curvature * some + thresholds * signs)[own]
        end = some.copy()
        end[own] -= metric.apply(slope)
        end[(end * signs < 0.0) & (thresholds > 0.0)] = 0.0
        step, some = end[own] - some[own], end
        now = part.evaluate(some)
        seen = gradient_of(now)
        worst = float(np.abs(part.slope(some, seen)).max(initial=0.0))
        if worst < last:
            best, closed = some, part.gap(some, now) <= goal * abs(now.value)
        signs = _signs(part, some, seen)
        changed = np.flatnonzero((signs != 0.0) | free)
        same = np.array_equal(changed, own)
        if closed or (same and worst > SLOW * last):
            break
        last = min(worst, last)
        if same:
            metric.update(step, (seen + part.curvature * some + thresholds * signs)[own] - slope)
        else:
            own, metric = changed, None
            factor = _factor(part, hessian, own)
    assert factor is not None
    full, marked = np.zeros_like(beta), np.zeros(len(beta), dtype=bool)
    full[members], marked[members[own]] = best, True
    inverse = BlockDiagonal(function.columns(marked), members[own], factor, np.full(len(beta), np.inf))
    return Face(part, best, full, closed, inverse)


def _signs(part: Composite, some: Array, gradient: Array) -> Array:
    """Of what is not 0, and those that what leaves 0 will have."""
    signs: Array = np.where(some == 0.0, -np.sign(part.slope(some, gradient)), np.sign(some))
    return signs


def _taken(known: tuple[AnyArray, AnyArray] | None, members: AnyArray) -> AnyArray | None:
    """Its part for some coefficients; None if it lacks one."""
    if known is None or not np.isin(members, known[0]).all():
        return None
    order = np.argsort(known[0])
    places = order[np.searchsorted(known[0], members, sorter=order)]
    return known[1].take(places, axis=0).take(places, axis=1)
