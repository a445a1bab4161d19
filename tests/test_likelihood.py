import math

import numpy as np
import pytest

from oddsmith import L2, SpecificationError, as_source, fit
from oddsmith.likelihood import Likelihood
from tests.problems import PROBLEMS

PLAIN = PROBLEMS["plain"]


def by_hand(problem, beta):
    eta = problem.X @ beta[0, 1:] + beta[0, 0]
    return -np.logaddexp(0.0, np.where(problem.y > 0, -eta, eta)).sum()


def test_it_is_the_sum_over_the_rows():
    found = fit(PLAIN.source)
    likelihood = Likelihood.of(found)
    share = PLAIN.y.mean()
    rows = len(PLAIN.y)
    null = rows * (share * math.log(share) + (1 - share) * math.log(1 - share))
    assert likelihood.log_likelihood == pytest.approx(by_hand(PLAIN, found.beta), rel=1e-12)
    assert likelihood.null_log_likelihood == pytest.approx(null, rel=1e-12)
    assert likelihood.parameters == PLAIN.X.shape[1] + 1
    assert likelihood.aic == pytest.approx(2 * likelihood.parameters - 2 * likelihood.log_likelihood)
    assert likelihood.bic - likelihood.aic == pytest.approx(likelihood.parameters * (math.log(rows) - 2))
    assert 0 < likelihood.pseudo_r2 < 1


@pytest.mark.parametrize("standardize", [True, False])
def test_a_penalty_is_no_part_of_it_but_forbids_what_needs_a_maximum(standardize):
    found = fit(PLAIN.source, penalty=L2(0.1), standardize=standardize)
    likelihood = Likelihood.of(found)
    assert likelihood.log_likelihood == pytest.approx(by_hand(PLAIN, found.beta), rel=1e-12)
    for name in ("aic", "bic", "pseudo_r2"):
        with pytest.raises(SpecificationError, match="the coefficients are penalised"):
            getattr(likelihood, name)


def test_of_many_classes():
    y = np.arange(len(PLAIN.y)) % 3
    for penalty in (None, L2(0.1)):
        found = fit(as_source(PLAIN.X, y), penalty=penalty)
        scores = PLAIN.X @ found.beta[:, 1:].T + found.beta[:, 0]
        exact = found.loss.log_probabilities(scores)[np.arange(len(y)), y].sum()
        assert Likelihood.of(found).log_likelihood == pytest.approx(exact, rel=1e-12)
    assert Likelihood.of(fit(as_source(PLAIN.X, y))).parameters == 2 * (PLAIN.X.shape[1] + 1)
