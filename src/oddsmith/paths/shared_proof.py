"""What is proved of the first of the problems that share passes, from what they have at hand."""

from __future__ import annotations

import numpy as np

from oddsmith.arrays import AnyArray, Array
from oddsmith.factor import Factor
from oddsmith.judging.duality import Bound, self_concordant
from oddsmith.losses import Logistic
from oddsmith.paths.shared_path import SharedPath

MOST_PROVED, MOST_FORMED = 400, 150  # coefficients on whose Hessian a proof rests, frozen or formed for it
SHARE_OF_PROVED = 0.07  # of tol: a bound is some times larger than a decrement
NEAR = 0.01  # lambda^2 K^2 up to which K need not be known better
WORN = 0.1  # the least share of its curvature that a frozen Hessian may have kept


class SharedProof:
    """A bound on what the first problem may still fall; no pass is made.

    Parameters
    ----------
    path : SharedPath
    """

    def __init__(self, path: SharedPath) -> None:
        self.path = path
        self._counted = path.rows.weights[0] > 0.0
        self._known: AnyArray = np.zeros(path.slopes.shape[1], dtype=bool)  # the columns in the norms
        self._norms = np.zeros(len(path.rows.target))

    def possible(self) -> bool:
        """Whether there are so few coefficients that one is looked for."""
        return int(np.count_nonzero(self.path.beta[0])) <= MOST_PROVED

    def smooth_bound(self, slope: Array, kept: AnyArray) -> Bound | None:
        """What `certify_composite` asks.

        Where every row has at least c times its frozen curvature, H is at least c times the frozen one; where c is
        small, H is formed. And K^2, the largest x'H^-1 x, is at most max |x|^2 times the trace of H^-1 or, where
        that is too much, its largest sum of a row.
        """
        if not len(kept):
            return Bound(0.0, 0.0)
        path, rows, first = self.path, self.path.rows, int(self.path.intercept)
        place = np.full(path.slopes.shape[1], -1)
        place[rows.columns] = np.arange(len(rows.columns))
        columns = kept[first:] - first
        places = place[columns]
        if len(kept) > MOST_PROVED or (places < 0).any() or (first and kept[:1].tolist() != [0]):
            return None
        found = self._hessian(places)
        if found is None:
            return None
        hessian, share = found
        hessian.reshape(-1)[:: len(kept) + 1][first:] += path.at_hand(0)[1][places]
        factor = Factor(hessian)
        if factor.rank < len(kept):
            return None
        squared = max(0.0, float(slope[kept] @ factor.solve(slope[kept]))) / share
        longest = first + float(self._row_norms(columns, place)[self._counted].max())
        reach = longest * float(factor.variance.sum()) / share
        if not reach * squared < NEAR:
            reach = min(reach, longest * float(np.abs(factor.inverse).sum(axis=0).max(initial=0.0)) / share)
        return self_concordant(squared, reach, Logistic())

    def _hessian(self, places: AnyArray) -> tuple[Array, float] | None:
        """A Hessian, and a share of it that the true one exceeds."""
        path, metrics, size = self.path, self.path.metrics(0), len(places) + self.path.intercept
        share = path.kept()
        if share < WORN and size <= MOST_FORMED:
            z = np.vstack([np.ones((int(path.intercept), path.eta.shape[1])), path.rows.z[places]])
            return (z * (path.curvature(0) / path.rows.totals[0])) @ z.T, 1.0
        if not share > 0.0:
            return None
        hessian = metrics.whole(places)
        # what rounding may take from an eigenvalue of it, columns having been scaled to a diagonal of ones
        hessian.reshape(-1)[:: size + 1] *= 1.0 - size * metrics.error
        return hessian, share

    def _row_norms(self, columns: AnyArray, place: AnyArray) -> Array:
        """The sum of squares of every row over some columns: those known, less what went, plus what came."""
        wanted = np.zeros_like(self._known)
        wanted[columns] = True
        gone, come = place[self._known & ~wanted], place[wanted & ~self._known]
        if (gone < 0).any() or len(gone) > len(columns):
            gone, come = gone[:0], place[columns]
            self._norms[:] = 0.0
        for places, sign in ((gone, -1.0), (come, 1.0)):
            some = self.path.rows.z[places]
            self._norms += sign * np.einsum("ji,ji->i", some, some)
        self._known = wanted
        return self._norms
