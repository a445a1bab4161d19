from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp

from oddsmith import L2, SpecificationError, as_source, fit
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


@pytest.mark.parametrize("p", [1, 2, 3, 7, 8, 16, 31, 100, 1000])
@pytest.mark.parametrize("classes", [2, 3])
def test_a_row_has_the_same_bits_whichever_rows_are_beside_it(p, classes):
    rng = np.random.default_rng(p)
    X = np.exp(rng.standard_normal((300, p))) * 10.0 ** rng.integers(-6, 6, p)
    source = as_source(X, rng.integers(0, classes, 300))
    result = replace(
        fit(source, penalty=L2(1.0), max_passes=2, warn=lambda _: None),
        beta=rng.standard_normal((1 if classes == 2 else classes, 1 + p)),
    )
    together = linear_predictor(result, X)
    for form in (X, np.asfortranarray(X), np.repeat(X, 2, axis=0)[::2], sp.csr_array(X)):
        beside = linear_predictor(result, form)
        alone = np.concatenate([linear_predictor(result, form[k : k + 1]) for k in range(0, 300, 7)])
        odd = linear_predictor(result, form[5:222])
        np.testing.assert_array_equal(alone, beside[::7])
        np.testing.assert_array_equal(odd, beside[5:222])
        if not sp.issparse(form):
            np.testing.assert_array_equal(beside, together)


def test_no_rows_are_predicted_as_none():
    result = fit(PROBLEMS["plain"].source)
    eta = linear_predictor(result, PROBLEMS["plain"].X[:0])
    assert decide(result, eta).shape == (0,)
    assert probabilities(result, eta).shape == (0, 2)
