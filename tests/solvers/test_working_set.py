import numpy as np
import pytest

from oddsmith import L1, as_source
from oddsmith.axes import Axes
from oddsmith.losses import Logistic
from oddsmith.objective import Objective
from oddsmith.solvers import Composite, Workspace
from oddsmith.solvers.working_set import NEAR, grown, missed
from oddsmith.sources import StandardisedSource
from tests.problems import generate

NOTHING = np.zeros(0, dtype=np.intp)


def function_of(columns, penalty=0.05):
    problem = generate(150, columns, 7)
    source = as_source(problem.X, problem.y)
    axes = Axes.standardising(source.moments(), intercept=True)
    view = StandardisedSource(source, axes.centre, axes.scale)
    return Composite.of(Objective(view, Logistic()), L1(penalty).bound(np.ones(columns), intercept=True))


def test_what_exceeds_its_threshold_comes_and_what_nearly_does():
    function = function_of(30)
    beta = np.zeros(31)
    size = np.abs(function.evaluate(beta).gradient)[1:]
    columns, added, last = grown(function, beta, function.evaluate(beta).gradient, function.thresholds, NOTHING)
    np.testing.assert_array_equal(np.sort(columns), np.flatnonzero(size > NEAR * 0.05))
    assert added == len(columns)
    assert last
    known = np.array([int(size.argmax())])
    more, added, _ = grown(function, beta, function.evaluate(beta).gradient, function.thresholds, known)
    assert more[0] == known[0]
    assert added == len(more) - 1 == len(columns) - 1
    missed_by_all = missed(function, beta, function.evaluate(beta).gradient, known)
    excess = np.delete(np.maximum(size - 0.05, 0.0), known)
    assert missed_by_all == pytest.approx(2.0 * excess @ excess)
    above = np.full(31, size.max())  # where none exceeds it, none comes for being near
    assert grown(function, beta, function.evaluate(beta).gradient, above, NOTHING)[1] == 0


def test_not_too_many_come_at_once_and_the_farthest_first():
    function = function_of(1500, 1e-4)
    gradient = function.evaluate(np.zeros(1501)).gradient
    columns, added, last = grown(function, np.zeros(1501), gradient, function.thresholds, NOTHING)
    assert added == 200
    assert not last
    others = np.delete(np.abs(gradient[1:]), columns)
    assert np.abs(gradient[1:])[columns].min() >= others.max()


def test_a_metric_is_made_anew_if_many_columns_are_new_and_else_grows():
    function, space = function_of(60), Workspace()
    sub = space.grow(function, np.arange(30))
    space.anchor = np.full(31, 0.1)
    space.hessian = before = sub.objective.rough_hessian(space.anchor)
    sub = space.grow(function, np.arange(35))
    np.testing.assert_array_equal(space.hessian[:31, :31], before)
    np.testing.assert_allclose(space.hessian, sub.objective.rough_hessian(space.anchor), rtol=1e-5, atol=1e-6)
    space.grow(function, np.arange(60))
    assert space.hessian is None
