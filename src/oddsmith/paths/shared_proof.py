"""What is proved of the first of the problems that share passes, from what they have at hand."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from oddsmith.arrays import AnyArray, Array
from oddsmith.factor import Factor
from oddsmith.judging.last_step import Bound, self_concordant
from oddsmith.losses import Logistic
from oddsmith.paths.shared_metrics import Metrics
from oddsmith.paths.shared_path import SOON, SharedPath

MOST_PROVED, MOST_FORMED = 400, 150  # coefficients on whose Hessian a proof rests, frozen or formed for it
SHARE_OF_PROVED = 0.07  # of tol: a bound is some times larger than a decrement
NEAR = 0.01  # lambda^2 K^2 up to which K need not be known better
WORN = 0.1  # the least share of its curvature that a frozen Hessian may have kept
FADED = 0.5  # of the penalty's curvature an inverse is made with: it serves until alpha has fallen so far


@dataclass(frozen=True)
class _Inverse:
    """The inverse of a Hessian of the first problem, its penalty's curvature included, among some coefficients.

    Of fewer coefficients the inverse is less than its part here, since Schur complements are: so one serves several
    alphas, while the coefficients that are not 0 are among these.

    Attributes
    ----------
    place : int array
        Of every coefficient, where it stands here; -1 if it does not.
    half : array of shape (m, m)
        A matrix M; the inverse is MM'.
    longest : float
        The largest squared norm of a row of the data among these coefficients.
    least : float
        The alpha down to which it serves: 0 if the penalty has no curvature.
    metrics : Metrics or None
        Whose frozen curvature it rests on; None: on that of the point where it was asked for.
    """

    place: AnyArray
    half: Array
    longest: float
    least: float
    metrics: Metrics | None

    @cached_property
    def diagonal(self) -> Array:
        return np.asarray(np.einsum("ij,ij->i", self.half, self.half))

    @cached_property
    def largest(self) -> float:
        """The largest sum of a row: above every eigenvalue."""
        return float(np.abs(self.half @ self.half.T).sum(axis=0).max(initial=0.0))

    def reach(self, places: AnyArray, squared: float, share: float) -> float:
        """K^2, the largest x'H^-1 x, is at most max |x|^2 times the trace or, if that is too much, an eigenvalue."""
        reach = self.longest * float(self.diagonal[places].sum()) / share
        return reach if reach * squared < NEAR else min(reach, self.longest * self.largest / share)


class SharedProof:
    """A bound on what the first problem may still fall; no pass is made.

    Parameters
    ----------
    path : SharedPath

    Attributes
    ----------
    goal : float
        The decrement from which on something was proved of the alphas so far, if the one that was asked for was not.
    """

    def __init__(self, path: SharedPath) -> None:
        self.path, self.goal = path, math.inf
        self._counted = path.rows.weights[0] > 0.0
        self._known: _Inverse | None = None
        self._within: AnyArray = np.zeros(0, dtype=np.intp)  # the columns over which rows have these norms
        self._norms = np.zeros(len(path.rows.target))

    def possible(self) -> bool:
        """Whether there are so few coefficients that one is looked for."""
        return int(np.count_nonzero(self.path.beta[0])) <= MOST_PROVED

    def smooth_bound(self, slope: Array, kept: AnyArray) -> Bound | None:
        """What `certify_composite` asks.

        Where every row has at least c times its frozen curvature, H is at least c times the frozen one; where c is
        small, H is formed.
        """
        if not len(kept):
            return Bound(0.0, 0.0)
        if len(kept) > MOST_PROVED or (self.path.intercept and kept[0] != 0):
            return None
        found = self._inverse(kept)
        if found is None:
            return None
        inverse, share = found
        places = inverse.place[kept]
        some = np.zeros(len(inverse.half))
        some[places] = slope[kept]
        some = some @ inverse.half
        squared = float(some @ some) / share
        return self_concordant(squared, inverse.reach(places, squared, share), Logistic())

    def _inverse(self, kept: AnyArray) -> tuple[_Inverse, float] | None:
        """One that holds these coefficients, and a share of its Hessian that the true one exceeds."""
        path, known, share = self.path, self._known, self.path.kept()
        if share < WORN and len(kept) <= MOST_FORMED:
            formed = self._made(kept, None)
            return None if formed is None else (formed, 1.0)
        if not share > 0.0:
            return None
        if known is None or known.metrics is not path.metrics(0) or path.alpha < known.least or (
            known.place[kept] < 0
        ).any():  # fmt: skip
            known = self._known = self._made(self._with_those_to_come(kept), path.metrics(0))
        return None if known is None else (known, share)

    def _with_those_to_come(self, kept: AnyArray) -> AnyArray:
        """These coefficients, and others at hand, whose gradients are nearest to their thresholds: not too many."""
        path, first = self.path, int(self.path.intercept)
        thresholds = path.penalty(0)[0][path.rows.columns]
        share = np.abs(path.slopes[0][path.rows.columns]) / thresholds.clip(np.finfo(float).tiny)
        share[np.isin(first + path.rows.columns, kept)] = 0.0
        most = max(0, min(MOST_PROVED, int(self._counted.sum()) // 2) - len(kept))
        near = np.argsort(-share, kind="stable")[:most]
        return np.union1d(kept, first + path.rows.columns[near[share[near] > SOON]])

    def _made(self, members: AnyArray, metrics: Metrics | None) -> _Inverse | None:
        path, rows, first = self.path, self.path.rows, int(self.path.intercept)
        place = np.full(path.slopes.shape[1], -1)
        place[rows.columns] = np.arange(len(rows.columns))
        places = place[members[first:] - first]
        if (places < 0).any():
            return None
        size = len(members)
        if metrics is None:
            z = np.vstack([np.ones((first, len(self._norms))), rows.z[places]])
            hessian = (z * (path.curvature(0) / rows.totals[0])) @ z.T
        else:
            hessian = metrics.whole(places)
            # what rounding may take from an eigenvalue of it, columns having been scaled to a diagonal of ones
            hessian.reshape(-1)[:: size + 1] *= 1.0 - size * metrics.error
        curvature = path.penalty(0)[1][members[first:] - first] * (FADED if metrics is not None else 1.0)
        hessian.reshape(-1)[:: size + 1][first:] += curvature
        factor = Factor.of_definite(hessian)
        if factor is None:
            return None
        longest = first + float(self._row_norms(members[first:] - first, place)[self._counted].max())
        here = np.full(first + len(place), -1)
        here[members] = np.arange(size)
        return _Inverse(here, factor.half, longest, FADED * path.alpha if curvature.any() else 0.0, metrics)

    def _row_norms(self, columns: AnyArray, place: AnyArray) -> Array:
        """The sum of squares of every row over some columns: those known, less what went, plus what came."""
        gone, come = place[np.setdiff1d(self._within, columns)], place[np.setdiff1d(columns, self._within)]
        if (gone < 0).any() or len(gone) > len(columns):
            gone, come = gone[:0], place[columns]
            self._norms[:] = 0.0
        z = self.path.rows.z
        for places, sign in ((gone, -1.0), (come, 1.0)):
            for k in places.tolist():  # a copy of all of them would take longer
                self._norms += sign * z[k] ** 2
        self._within = columns
        return self._norms
