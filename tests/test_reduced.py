import numpy as np
import pytest

from oddsmith.errors import DataError
from oddsmith.losses import Logistic, Multinomial
from oddsmith.objective import Objective
from oddsmith.reduced import Reduced
from oddsmith.sources import as_source

RNG = np.random.default_rng(0)
X = RNG.standard_normal((300, 4))
HELD = [1, 3]  # columns


def test_something_must_be_left():
    with pytest.raises(DataError, match="nothing to fit: every column is 0"):
        Reduced(Objective(as_source(X, RNG.integers(0, 2, 300)), Logistic(), intercept=False), range(4))


@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize("classes", [2, 3])
def test_it_is_the_objective_of_the_columns_that_are_left(intercept, classes):
    y = RNG.integers(0, classes, 300)
    loss = Logistic() if classes == 2 else Multinomial(3)
    whole = Objective(as_source(X, y), loss, intercept=intercept)
    plain = Objective(as_source(np.delete(X, HELD, axis=1), y), loss, intercept=intercept)
    reduced = Reduced(whole, [k + intercept for k in HELD])
    assert (reduced.size, reduced.width) == (plain.size, plain.width)
    beta, step = RNG.standard_normal((2, plain.size))
    mine, theirs = reduced.evaluate(beta, 2), plain.evaluate(beta, 2)
    assert mine.value == pytest.approx(theirs.value, rel=1e-14)
    np.testing.assert_allclose(mine.gradient, theirs.gradient, atol=1e-14)
    np.testing.assert_allclose(mine.hessian, theirs.hessian, atol=1e-14)
    half = mine.factor.half
    for what in (
        lambda objective: objective.along(beta, step, (0.5, 1.0)),
        lambda objective: objective.hessian_product(beta, step),
        lambda objective: objective.widest(half),
    ):
        np.testing.assert_allclose(what(reduced), what(plain), rtol=1e-11, atol=1e-13)
    whole_row = whole.largest_changes(np.eye(whole.width))  # relative to its size, of all columns
    held = [k + intercept for k in HELD]
    np.testing.assert_allclose(reduced.largest_changes(np.eye(reduced.width)), np.delete(whole_row, held))
    if classes == 2:
        np.testing.assert_allclose(reduced.bias_slope(beta, half), plain.bias_slope(beta, half), atol=1e-13)
        np.testing.assert_allclose(reduced.between(beta, half), plain.between(beta, half), atol=1e-13)
        assert whole.passes == reduced.passes == 8
    beta = reduced.spread(beta)
    np.testing.assert_allclose(reduced.spread(reduced.free(beta)), beta)
    spread = reduced.spread_evaluation(reduced.free_evaluation(whole.evaluate(beta, 2)))
    assert reduced.columns([0, 1]) == (0, 2)
    np.testing.assert_allclose(spread.hessian[np.ix_(beta != 0, beta != 0)], theirs.hessian, atol=1e-14)
    assert not spread.hessian[beta == 0].any() and not spread.gradient[beta == 0].any()
