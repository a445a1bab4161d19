import numpy as np

from oddsmith import NoPenalty


def test_it_costs_nothing():
    penalty = NoPenalty().bound(np.ones(3), intercept=True)
    assert penalty.value(np.array([1.0, 2.0, 3.0, 4.0])) == 0.0
    assert penalty.strength == 0.0
    np.testing.assert_array_equal(penalty.violation(np.zeros(2), np.array([-3.0, 1.0])), [3.0, 1.0])
