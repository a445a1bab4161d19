"""The last step of a fit whose penalty is not smooth, and what the Hessian that it takes proves of it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from oddsmith.arrays import AnyArray, Array
from oddsmith.factor import Factor
from oddsmith.judging.certificate import SLOPE_NOISE, SURE, largest_fall
from oddsmith.losses import Loss
from oddsmith.solvers import Composite
from oddsmith.solvers.models import Model

WIDEST = 1 << 26  # rows times coefficients, for the exact K
ROUNDS = 4  # of taking in coefficients that might not stay 0
MODELLED = 0.01  # of its violation: so far the model is solved


@dataclass(frozen=True)
class Bound:
    """What is known of a sum near its optimum.

    Attributes
    ----------
    fall : float
        By how much it may fall, at most.
    moves : float
        By how much the gradient of a coefficient beside it may change on the way.
    """

    fall: float
    moves: float


@dataclass(frozen=True)
class Proof:
    """What the Hessian among some coefficients proves, if the others stay 0.

    Attributes
    ----------
    here : Bound or None
        Of the coefficients as they are.
    after : Bound or None
        Of where `step` leads; None if that is so far that nothing can be told.
    length, way, spread : float
        Of the step, in the norm of the Hessian; by how much a gradient may change along it; and how far it may then be
        from the model's, in the norm of the inverse Hessian.
    misfit : float
        How far the fall of the model may be from that of the sum.
    variance : array
        The diagonal of the inverse Hessian; 0 beside it.
    fall : float
        Of the model.
    step : array
        To the model's minimum.
    kept : int array
        The coefficients that are not held at 0, among those that were looked at.
    factor, reach : Factor, float
        Of their Hessian, and a bound on K^2.
    doubts : bool
        Whether others that were looked at may not stay 0.
    """

    here: Bound | None
    after: Bound | None
    length: float
    way: float
    spread: float
    misfit: float
    variance: Array
    fall: float
    step: Array
    kept: AnyArray
    factor: Factor
    reach: float
    doubts: bool = False

    @property
    def growth(self) -> float:
        """By how much the Hessian, and K^2, may change along the step."""
        return math.exp(math.sqrt(self.reach) * self.length)

    @property
    def moves(self) -> float:
        """By how much a gradient may change on the way to the optimum, at most."""
        directly = math.inf if self.here is None else self.here.moves
        return directly if self.after is None else min(directly, self.way + self.after.moves)


@dataclass(frozen=True)
class Near:
    """A sum near a point, on those coefficients that may not be 0 at its optimum.

    Attributes
    ----------
    whole, part : Composite
        The sum, and the same of some columns.
    members : int array
        Where the coefficients of these stand among all.
    own, places : int arrays
        Where those that are looked at do, among the members and among all.
    beta, gradient : arrays
        Of these; the gradient is that of the loss.
    hessian : array
        Of the loss, among these.
    longest : float
        The largest squared norm of a row.
    """

    whole: Composite
    part: Composite
    members: AnyArray
    own: AnyArray
    places: AnyArray
    beta: Array
    gradient: Array
    hessian: Array
    longest: float

    @classmethod
    def of(cls, whole: Composite, beta: Array, gradient: Array, chosen: AnyArray) -> Near:
        """A pass over the columns of these coefficients, or over those at hand."""
        columns = whole.objective.among(whole.columns(chosen))
        part, members = whole.only(columns), whole.members(columns)
        seen = part.evaluate(beta[members], 2)
        assert seen.hessian is not None
        own = np.argsort(members)
        own = own[chosen[members[own]]]
        places, hessian = members[own], seen.hessian[np.ix_(own, own)]
        return cls(whole, part, members, own, places, beta[places], gradient[places], hessian, seen.reach)

    @cached_property
    def local(self) -> Composite:
        """The same function of those that are looked at, of which its penalty alone is asked for."""
        return Composite(self.part.objective, self.whole.thresholds[self.places], self.whole.curvature[self.places])

    @cached_property
    def model(self) -> tuple[Array, float, Array]:
        """The step to the minimum of the quadratic model, by how much that falls, and its gradient there."""
        step, fall = Model(self.local, self.hessian).step(self.beta, self.gradient, MODELLED)
        return step, fall, self.gradient + np.einsum("ij,j->i", self.hessian, step)

    def rise(self, beta: Array, step: Array) -> float:
        """By how much the sum rises along a step; two passes over the columns."""
        after, before = (self.part.evaluate(b[self.members], 0).value for b in (beta + step, beta))
        return after - before

    def proof(self, wanted: float, *, looking: bool = False) -> Proof | None:
        """The model's step, and bounds before and after it.

        What may not stay 0 joins those that are not, and all is done again. Who will look after the step need not be
        told so much: then the proof has doubts, and K is not looked for where a bound on it tells anything.
        """
        step, _, gradient = self.model
        slack, size = self.local.thresholds - np.abs(gradient), np.sqrt(self.hessian.diagonal())
        inside = (self.beta != 0.0) | (self.beta + step != 0.0) | self.local.free
        inside |= not inside.any()
        for _ in range(ROUNDS):
            known = self._among(np.flatnonzero(inside), wanted, looking=looking)
            if known is None:
                return None
            doubt = math.inf if known.after is None else known.spread * size + known.after.moves
            leaving = ~inside & (slack <= doubt)
            if not leaving.any():
                return known
            if looking and known.after is not None:
                return replace(known, doubts=True)
            inside |= leaving
        return None

    def again(self, proof: Proof, beta: Array, gradient: Array, wanted: float) -> Bound | None:
        """After the step of a proof, where a pass has looked: by the Hessian from before. None if nothing is proved."""
        slope, slack = self.whole.slope(beta, gradient), self.whole.thresholds - np.abs(gradient)
        outside = np.delete(np.arange(len(beta)), self.places)
        if slope[outside].any():
            return None
        kept, factor, reaches = proof.kept, proof.factor, iter([proof.reach])
        for _ in range(ROUNDS):
            own, bound = slope[self.places[kept]], None
            if _falls_unseen(factor, own):
                return None
            for reach in reaches:
                bound = self_concordant(
                    proof.growth * _squared(factor, own), proof.growth * reach, self.part.objective.loss
                )
                if bound is not None and bound.fall <= wanted:
                    break
            if bound is None or (slack[outside] <= bound.moves).any():
                return None
            if not len(np.setdiff1d(np.flatnonzero(slack[self.places] <= bound.moves), kept)):
                return bound
            kept = np.union1d(kept, np.flatnonzero(slack[self.places] <= 2.0 * bound.moves))
            factor = self._factor(kept)
            if not self._sees_all(kept, factor):
                return None
            reaches = self._reaches(factor, kept)
        return None

    def _factor(self, kept: AnyArray) -> Factor:
        return Factor(self.hessian[np.ix_(kept, kept)] + np.diag(self.local.curvature[kept]))

    def _among(self, kept: AnyArray, wanted: float, *, looking: bool) -> Proof | None:
        """On some of the coefficients; None where nothing is proved."""
        (step, fall, gradient), loss, factor = self.model, self.part.objective.loss, self._factor(kept)
        slope = self.local.slope(self.beta, self.gradient)[kept]
        rest = self.local.slope(self.beta + step, gradient)[kept]
        if _falls_unseen(factor, slope) or not self._sees_all(kept, factor):
            return None
        squared, left = _squared(factor, slope), _squared(factor, rest)
        length = math.sqrt(max(0.0, float(step @ (gradient - self.gradient + self.local.curvature * step))))
        modelled = not _falls_unseen(factor, rest)
        here, after, a, reach = None, None, math.inf, math.inf
        for better, reach in enumerate(self._reaches(factor, kept)):
            a, here = math.sqrt(reach) * length, self_concordant(squared, reach, loss)
            after = after_step(length, math.sqrt(left), reach, factor.error, loss) if modelled else None
            if any(bound is not None and bound.fall <= wanted for bound in (here, after)):
                break
            if looking and better and after is not None:
                break
        if here is None and after is None:
            return None
        steps = np.zeros((2, len(self.whole.thresholds)))
        steps[0, self.places], steps[1, self.places[kept]] = step, factor.variance
        way = spread = misfit = math.inf
        if after is not None:
            way, spread = math.sqrt(loss.steepest) * length * _growth(a), bend(a, factor.error) * length
            misfit = length**2 * a / 6.0 * math.exp(a)
        return Proof(here, after, length, way, spread, misfit, steps[1], fall, steps[0], kept, factor, reach)

    def _sees_all(self, kept: AnyArray, factor: Factor) -> bool:
        """Whether what curvature is missing is so because columns are collinear; not where it has vanished."""
        if factor.rank == len(kept):
            return True
        at_null, own = self.part.evaluate(np.zeros(len(self.members)), 2).hessian, self.own[kept]
        assert at_null is not None
        return factor.rank == Factor(at_null[np.ix_(own, own)] + np.diag(self.local.curvature[kept])).rank

    def _reaches(self, factor: Factor, kept: AnyArray) -> Iterator[float]:
        """Bounds on K^2, the largest x'H^-1 x of a row: of the norm of x and of an eigenvalue; then K^2."""
        concordance = self.part.objective.loss.concordance
        yield concordance * self.longest * float(factor.variance.sum())
        yield concordance * self.longest * float(np.abs(factor.inverse).sum(axis=1).max(initial=0.0))
        if self.part.objective.rows * len(kept) <= WIDEST:
            spread = np.zeros((len(self.members), factor.rank))
            spread[self.own[kept]] = factor.half
            yield concordance * self.part.objective.widest(spread)


def _falls_unseen(factor: Factor, slope: Array) -> bool:
    """Whether the sum falls along a direction whose curvature is lost in rounding."""
    return factor.rank < len(slope) and bool(np.abs(factor.unseen(slope)).max(initial=0.0) > SLOPE_NOISE)


def _squared(factor: Factor, slope: Array) -> float:
    """Its squared length in the norm of H^-1."""
    return max(0.0, float(slope @ factor.solve(slope)))


def self_concordant(squared: float, reach: float, loss: Loss) -> Bound | None:
    """Where the squared length of the least subgradient, in the norm of H^-1, and K^2 are known."""
    a = math.sqrt(reach * squared)
    if not a < SURE:
        return None
    u = -math.log1p(-a)
    radius = u / math.sqrt(reach) if reach > 0.0 else math.sqrt(squared)
    return Bound(largest_fall(squared, reach), math.sqrt(loss.steepest) * radius * _growth(u))


def after_step(length: float, rest: float, reach: float, error: float, loss: Loss) -> Bound | None:
    """After a step of this length, in the norm of H, which leaves so much of the model's subgradient.

    H grows or shrinks by e^a at most on the way, and K^2 with it (Bach).
    """
    a = math.sqrt(reach) * length
    if not a < SURE:
        return None
    squared = (bend(a, error) * length + rest) ** 2 * math.exp(a)
    return self_concordant(squared, reach * math.exp(a), loss)


def bend(a: float, error: float = 0.0) -> float:
    """How far, as a share of the step, the gradient may depart from the model; `error` is that of H^-1."""
    return ((math.expm1(a) - a) / a if a > 1e-4 else 0.5 * a) + error


def _growth(u: float) -> float:
    return math.expm1(0.5 * u) / (0.5 * u) if u > 1e-8 else 1.0
