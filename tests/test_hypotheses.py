import numpy as np
import pytest
from scipy.stats import chi2

from oddsmith import L2, SpecificationError, as_source, fit, infer
from oddsmith.hypotheses import ChiSquareTest, lr_test, wald_test
from oddsmith.inference import covariance
from oddsmith.likelihood import Likelihood
from tests.problems import PROBLEMS

PLAIN = PROBLEMS["plain"]
FIT = fit(PLAIN.source)


def test_the_p_value_is_the_tail_of_chi_square():
    for statistic, df in ((0.0, 1), (3.84, 1), (50.0, 7), (900.0, 2)):
        assert ChiSquareTest.of("Wald", "", statistic, df).p == pytest.approx(chi2.sf(statistic, df), rel=1e-12)


def test_of_one_coefficient_it_is_the_square_of_z():
    found = infer(FIT)
    for k, name in enumerate(found.names[1:], start=1):
        test = wald_test(FIT, f"{name} = 0")
        assert (test.statistic, test.df) == (pytest.approx(found.z[k] ** 2, rel=1e-10), 1)
        assert test.p == pytest.approx(found.p[k], rel=1e-8, abs=1e-300)


def test_text_and_matrix_say_the_same_and_agree_with_the_formula():
    R = np.array([[0, 2.0, -1, 0, 0, 0, 0], [0, 0, 0, 1, 1, 0, 0]])
    r = np.array([1.0, 0.5])
    text = wald_test(FIT, "2*x0 - x1 = 1, x2 + x3 = 0.5")
    gap = R @ FIT.beta[0] - r
    expected = gap @ np.linalg.solve(R @ covariance(FIT) @ R.T, gap)
    assert text.statistic == pytest.approx(expected, rel=1e-10)
    assert text.statistic == pytest.approx(wald_test(FIT, R, r).statistic, rel=1e-12)
    assert text.df == 2


def test_likelihood_ratio_is_twice_the_difference():
    smaller = fit(as_source(PLAIN.X[:, :4], PLAIN.y))
    test = lr_test(FIT, smaller)
    difference = Likelihood.of(FIT).log_likelihood - Likelihood.of(smaller).log_likelihood
    assert (test.statistic, test.df) == (pytest.approx(2 * difference, rel=1e-10), 2)
    assert lr_test(smaller, FIT).statistic == test.statistic


@pytest.mark.parametrize("hypothesis", ["x9 = 0", "x0 = ", "x0 * x1 = 0", "x0 = 0, 2*x0 = 0", "1 = 0", "import os"])
def test_what_cannot_be_tested_is_refused(hypothesis):
    with pytest.raises(SpecificationError):
        wald_test(FIT, hypothesis)


def test_penalised_fits_have_no_likelihood_ratio():
    with pytest.raises(SpecificationError, match="penalised"):
        lr_test(FIT, fit(PLAIN.source, penalty=L2(0.1)))
