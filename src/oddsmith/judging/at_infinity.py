"""The limit of a fit that has no optimum: what stays finite where the rest runs off."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from oddsmith.evaluation import Evaluation
from oddsmith.factor import FAINT
from oddsmith.judging.certificate import certify, held_elsewhere
from oddsmith.judging.recession import Cone, Recession
from oddsmith.objective import Objective
from oddsmith.penalties import Penalty
from oddsmith.solvers import Newton, Smooth, Solution, continued

CLEAR = 1e-8  # a tolerance at which an optimum is proved to exist, or a way along the recession cone is seen
NOTHING = 2000.0  # a lead at which a row counts for nothing, to the last bit
LENGTHS = (0.0, *(2.0**k for k in range(3, 20)))  # along a direction of leads of 1, until that is so for the likelihood


@dataclass(frozen=True)
class Limit:
    """Where an objective tends to that has no optimum.

    Attributes
    ----------
    recession : Recession
        The directions in which it falls for ever.
    solution : Solution
        As near as the log-likelihood is at its supremum but for 1e-9. What does not run off is at the optimum of the
        rows that are not separated.
    evaluation : Evaluation
        In the limit: separated rows count for nothing, and the Hessian is 0 along the cone.
    """

    recession: Recession
    solution: Solution
    evaluation: Evaluation


def limit_of(objective: Objective, penalty: Penalty, stopped: Solution) -> Limit | None:
    """Where the objective tends to; None if it has an optimum. From where a solver stopped, evaluated with the Hessian.

    What a solver saw of the cone is believed if every row agrees, and if the rest of the rows is proved to have an
    optimum: then there is no more to the cone. Otherwise linear programming finds all of it.
    """
    held = penalty.curvature(np.zeros(objective.size)) > 0.0
    cone = Cone.of(objective, ~held)
    complete = cone.complete(stopped.beta)
    if complete is not None:
        return _along(objective, penalty, stopped, complete)
    exact = Newton().solve(objective, penalty, stopped.beta, tol=CLEAR, max_passes=None)
    certificate, seen, _ = certify(objective, penalty, exact, prove=True, dense_limit=objective.size)
    assert seen.hessian is not None
    if certificate.optimum_exists or (certificate.kind == "proved" and cone.curved(seen.hessian)):
        return None
    near = replace(continued(stopped, exact, "exact Newton, to see whether an optimum exists"), evaluation=seen)
    guess = cone.guess(near.beta, seen.hessian)
    if guess is not None:
        limit = _along(objective, penalty, near, guess)
        rank = cone.size + int(held.sum()) - guess.span.shape[1]
        if guess.complete or held_elsewhere(objective, limit.evaluation, rank):
            return limit
    whole = cone.search(near.beta)
    return None if whole is None else _along(objective, penalty, near, whole)


def _along(objective: Objective, penalty: Penalty, start: Solution, cone: Recession) -> Limit:
    """Newton's method so far along the cone that separated rows count for nothing, and back to where they nearly do."""
    reach = math.sqrt(2.0 * start.evaluation.reach) * float(np.linalg.norm(start.beta))
    way = (NOTHING + reach + objective.source.largest_offset()) * cone.direction
    exact = Newton().solve(objective, penalty, start.beta + way, tol=None, max_passes=None)
    far = _cleared(exact.evaluation)
    values = Smooth(objective, penalty).along(exact.beta - way, cone.direction, LENGTHS)
    enough = far.weight * (values - far.value) < 1e-9 + 1e-12 * far.weight * abs(far.value)
    length = LENGTHS[int(np.argmax(enough)) if enough.any() else -1]
    end = continued(start, exact, "exact Newton, on the rows that are not separated")
    return Limit(cone, replace(end, beta=exact.beta - way + length * cone.direction), far)


def _cleared(seen: Evaluation) -> Evaluation:
    """Without what is left of rows that count for nothing: rounding, and that kernels hold exp above 0."""
    assert seen.hessian is not None
    hessian = seen.hessian.copy()
    gone = np.diagonal(hessian) <= max(FAINT * float(np.diagonal(hessian).max()), 1e-290)
    hessian[gone] = hessian[:, gone] = 0.0
    return replace(seen, hessian=hessian)
