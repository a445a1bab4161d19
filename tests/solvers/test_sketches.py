import numpy as np
import pytest

from oddsmith import L2
from oddsmith.losses import Logistic, Multinomial
from oddsmith.objective import Objective
from oddsmith.solvers import Smooth, sketches
from oddsmith.sources import as_source
from tests.problems import generate


@pytest.mark.parametrize("intercept", [True, False])
def test_a_block_is_the_inverse_of_the_hessian_on_its_members_and_a_diagonal_elsewhere(intercept):
    problem = generate(3000, 6, 1)
    objective = Objective(problem.source, Logistic(), intercept=intercept)
    penalty, beta = L2(0.1).bound(np.ones(6), intercept=intercept), np.full(objective.size, 0.1)
    columns = np.array([1, 4])
    parts = *objective.curvature(beta, columns), penalty.curvature(beta)
    inverse = sketches.refreshed(sketches.BlockDiagonal.of(columns, *parts), Smooth(objective, penalty), beta)
    hessian = Smooth(objective, penalty).evaluate(beta, 2).hessian
    members = np.concatenate([np.arange(intercept), columns + intercept]).astype(int)
    expected = np.diag(np.diagonal(hessian)).copy()
    expected[np.ix_(members, members)] = hessian[np.ix_(members, members)]
    vector = np.arange(1.0, objective.size + 1)
    np.testing.assert_allclose(inverse.solve(vector), np.linalg.solve(expected, vector), rtol=1e-3)


def test_columns_that_the_sample_cannot_tell_apart_still_get_a_step():
    x = np.random.default_rng(2).standard_normal(400)
    source = as_source(np.column_stack([x, x]), (x > 0.3).astype(int))
    sketch = sketches.block_sketch(
        Objective(source, Logistic()), L2(0.0).bound(np.ones(2), intercept=True), np.zeros(3), 1
    )
    assert np.abs(sketch.inverse.solve(np.array([0.0, 1.0, -1.0]))).min(initial=1.0, where=[False, True, True]) > 0.1


def test_the_diagonal_reads_no_row():
    objective = Objective(generate(300, 3, 3).source, Multinomial.of(3))
    sketch = sketches.diagonal_sketch(objective, L2(0.5).bound(np.ones(3), intercept=True, outputs=2), np.zeros(8))
    assert objective.passes == 0
    free = objective.loss.flattest
    np.testing.assert_allclose(sketch.inverse.solve(np.ones(8)), 1 / np.array(2 * [free, *3 * [free + 0.5]]))
