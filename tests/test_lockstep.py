import threading

import numpy as np
import pytest

from oddsmith import as_source
from oddsmith.lockstep import AgainstRest, Meeting, SharedObjective, SharedRows, side_by_side
from oddsmith.losses import Logistic
from oddsmith.objective import Objective
from tests.problems import many_classes

X, Y = many_classes(2000, 4, 3)
SOURCE = as_source(X, Y)


class Counted(SharedRows):
    """Shared rows that note how many problems each pass served, and of which order it was."""

    def __init__(self, members):
        super().__init__(SOURCE, Meeting(members), None)
        self.served = []

    def evaluate(self, requests):
        self.served.append((len(requests), requests[0].order))
        return super().evaluate(requests)


def test_a_class_against_the_rest():
    view = AgainstRest(SOURCE, 1)
    np.testing.assert_array_equal(next(view.blocks()).target, (Y == 1).astype(float))
    assert view.class_weights() == (float((Y != 1).sum()), float((Y == 1).sum()))
    assert AgainstRest(SOURCE, 1).sample(300, 0).classes.tolist() == [False, True]
    assert sum(len(next(batch.blocks()).target) for batch in view.batches(64, np.random.default_rng(0))) == 2000


@pytest.mark.parametrize("order", [0, 1, 2])
@pytest.mark.parametrize("intercept", [True, False])
def test_a_shared_pass_is_the_pass_of_each(both_kernels, order, intercept):
    beta = np.linspace(-0.5, 0.5, 4 + intercept)
    rows = Counted(3)
    found = side_by_side(rows, range(3), lambda k, one: one.evaluate(beta * (k + 1), order), intercept=intercept)
    assert rows.served == [(3, order)]
    for k, evaluation in enumerate(found):
        alone = Objective(AgainstRest(SOURCE, k), Logistic(), intercept=intercept).evaluate(beta * (k + 1), order)
        assert evaluation.value == pytest.approx(alone.value, rel=1e-13)
        for part in ("gradient", "hessian"):
            mine, other = getattr(evaluation, part), getattr(alone, part)
            assert (mine is None) == (other is None)
            if mine is not None:
                np.testing.assert_allclose(mine, other, rtol=1e-10, atol=1e-12)


def test_who_is_done_is_not_waited_for_and_who_asks_alike_is_served_together():
    rows = Counted(3)
    zero = np.zeros(5)

    def solve(label, objective):
        for _ in range(label + 1):
            objective.evaluate(zero, 1)
        return objective.evaluate(zero, 2).value

    values = side_by_side(rows, range(3), solve, intercept=True)
    assert values == pytest.approx([np.log(2.0)] * 3)
    assert rows.served == [(3, 1), (2, 1), (1, 1), (3, 2)]


def test_the_sample_is_drawn_once_and_its_passes_come_first():
    rows = Counted(2)
    zero = np.zeros(5)

    def solve(label, objective):
        if label == 0:
            objective.sample(500, 7).evaluate(zero)
        return objective.evaluate(zero), objective.sample(500, 7)

    (_, one), (_, two) = side_by_side(rows, range(2), solve, intercept=True)
    assert rows.served == [(2, 1)]
    assert isinstance(one, SharedObjective)
    assert next(one.source.blocks()).design is next(two.source.blocks()).design


def test_an_error_of_one_ends_all():
    def solve(label, objective):
        if label == 1:
            raise RuntimeError("broken")
        while True:
            objective.evaluate(np.zeros(5))

    before = threading.active_count()
    with pytest.raises(RuntimeError, match="broken"):
        side_by_side(Counted(3), range(3), solve, intercept=True)
    assert threading.active_count() == before


def test_a_pass_that_fails_fails_for_all_who_asked():
    rows = Counted(2)
    with pytest.raises(ValueError, match="shape"):
        side_by_side(rows, range(2), lambda _, one: one.evaluate(np.zeros(3 + one.passes)), intercept=True)


def test_a_pass_by_some_columns_is_shared_too():
    rows, beta, some, columns = Counted(3), np.array([0.2, 0.0, -0.1, 0.3, 0.0]), np.array([0.2, -0.1, 0.3]), [1, 2]

    def solve(_, objective):
        return objective.evaluate_by(objective.only(np.array(columns)), some, beta)

    found = side_by_side(rows, range(3), solve, intercept=True)
    assert rows.served == [(3, 1)]
    for k, seen in enumerate(found):
        alone = Objective(AgainstRest(SOURCE, k), Logistic()).evaluate(beta)
        assert seen.value == pytest.approx(alone.value, rel=1e-13)
        np.testing.assert_allclose(seen.gradient, alone.gradient, atol=1e-14)
