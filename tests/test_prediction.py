import numpy as np
import pytest
import scipy.sparse as sp

from oddsmith import SpecificationError, fit
from oddsmith.errors import DataError
from oddsmith.prediction import decide, linear_predictor, probabilities
from tests.problems import PROBLEMS


def test_the_linear_predictor_is_what_was_fitted():
    problem = PROBLEMS["weighted"]
    result = fit(problem.source)
    eta = problem.X @ result.beta[0, 1:] + result.beta[0, 0] + problem.offset
    for X in (problem.X, sp.csr_array(problem.X), np.asfortranarray(problem.X)):
        np.testing.assert_allclose(linear_predictor(result, X, problem.offset), eta, rtol=1e-12)


def test_a_forgotten_offset_is_an_error():
    with pytest.raises(SpecificationError, match="fitted with an offset"):
        linear_predictor(fit(PROBLEMS["weighted"].source), PROBLEMS["weighted"].X)


def test_nan_does_not_come_out():
    problem = PROBLEMS["plain"]
    for bad, what in ((np.nan, "NaN"), (np.inf, "infinity")):
        X = problem.X.copy()
        X[7, 2] = bad
        with pytest.raises(DataError, match=f"contains {what}: first in row 7, column 'x2'"):
            linear_predictor(fit(problem.source), X)


def test_probabilities_are_exact_in_both_tails():
    p = probabilities(fit(PROBLEMS["tiny"].source), np.array([-700.0, 0.0, 700.0]))
    np.testing.assert_allclose(p[0], [1.0, np.exp(-700.0)], rtol=1e-14)
    np.testing.assert_allclose(p[2], [np.exp(-700.0), 1.0], rtol=1e-14)
    np.testing.assert_array_equal(p[1], [0.5, 0.5])


def test_decisions():
    result = fit(PROBLEMS["tiny"].source)
    eta = np.array([-2.0, 0.0, 1e-300, 2.0])
    for threshold, expected in ((None, [0, 0, 1, 1]), (0.5, [0, 1, 1, 1]), (0.0, [1, 1, 1, 1]), (1.0, [0, 0, 0, 0])):
        assert decide(result, eta, threshold).tolist() == expected
    t = 1 / (1 + np.exp(-2.0))
    assert decide(result, eta, t - 1e-9).tolist() == [0, 0, 0, 1]
    with pytest.raises(SpecificationError, match="threshold must lie between 0 and 1"):
        decide(result, eta, 1.5)
