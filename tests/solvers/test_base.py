import numpy as np
import pytest

from oddsmith import L2, NoPenalty, SpecificationError
from oddsmith.losses import Logistic
from oddsmith.objective import Objective
from oddsmith.solvers import Smooth
from oddsmith.solvers.base import search
from tests.problems import PROBLEMS


def smooth(penalty=None, ridge=0.0):
    bound = (penalty or NoPenalty()).bound(np.ones(6), intercept=True)
    return Smooth(Objective(PROBLEMS["plain"].source, Logistic()), bound, ridge)


def test_penalty_and_ridge_are_added_to_every_order():
    beta = np.linspace(-1, 1, 7)
    plain, full = smooth().evaluate(beta, 2), smooth(L2(0.3), 0.1).evaluate(beta, 2)
    square = 0.15 * beta[1:] @ beta[1:] + 0.05 * beta @ beta
    assert full.value == pytest.approx(plain.value + square, rel=1e-14)
    extra = 0.3 * np.append(0, beta[1:]) + 0.1 * beta
    np.testing.assert_allclose(full.gradient, plain.gradient + extra, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(np.diag(full.hessian - plain.hessian), [0.1] + 6 * [0.4], rtol=1e-10)
    np.testing.assert_allclose(
        smooth(L2(0.3)).along(beta, beta, (0.0, 1.0)),
        [smooth(L2(0.3)).evaluate(t * beta, 0).value for t in (1, 2)],
        rtol=1e-13,
    )


def test_search_tries_the_full_step_first_and_halves_it_in_one_pass():
    function = smooth()
    start = np.zeros(7)
    now = function.evaluate(start, 1)
    short = -0.1 * now.gradient
    new, length = search(function, start, short, now, 1)
    assert (length, function.passes) == (1.0, 2)
    far = -1000.0 * now.gradient
    new, length = search(function, start, far, now, 1)
    assert 0.0 < length < 1.0
    assert new.value < now.value
    assert function.passes == 5
    assert search(function, start, now.gradient, now, 1)[1] == 0.0


def test_a_penalty_that_is_not_smooth_is_refused():
    class Kinked(NoPenalty):
        smooth = False
        name = "kinked"

    with pytest.raises(SpecificationError, match="needs a smooth penalty: kinked"):
        Smooth(Objective(PROBLEMS["plain"].source, Logistic()), Kinked())
