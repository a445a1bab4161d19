"""The promises about digits, with default settings; `make accuracy` publishes the table."""

import numpy as np
import pytest
from scipy.sparse import csr_array

from oddsmith import Status, as_source, fit
from tests.reference import score
from tests.reference.problems import L1, L2, ML, NET, PROBLEMS, SOFTMAX

GOALS = {ML: (14.0, 8.0), L2: (13.5, 9.0), SOFTMAX: (13.0, 9.0), L1: (12.0, 8.0), NET: (12.0, 8.0)}
HOPE = 10.0


def test_the_answers_are_those_of_the_problems():
    assert list(score.ANSWERS) == list(PROBLEMS)
    assert len(PROBLEMS) >= 40
    for name, told in score.ANSWERS.items():
        assert (told["checksum"], told["kind"]) == (score.made(name).checksum, score.made(name).kind), name


@pytest.mark.parametrize("kind", GOALS)
def test_the_digits_of_a_default_fit(kind):
    scores = {name: score.score(name, score.fitted(name)) for name in score.names(kind)}
    mean, least = GOALS[kind]
    for what in ("coefficients", "standard errors", "log-likelihood"):
        found = {name: digits[what] for name, digits in scores.items() if what in digits}
        if found:
            assert np.mean(list(found.values())) >= mean, what
            worst = min(found, key=found.get)
            assert found[worst] >= (least if kind in (L1, NET) else HOPE), (what, worst)


@pytest.mark.parametrize("name", score.ANSWERS)
def test_a_default_fit_is_trusted(name):
    result = score.fitted(name)
    assert (result.status, result.certificate.kind) == (Status.CONVERGED, "proved")


def test_digits():
    assert score.digits([1.0], ["1.0000000000"]) == 16.0
    assert score.digits([1.001], ["1"]) == pytest.approx(3.0)
    assert score.digits([1.001, 0.1], ["1", "0"]) == pytest.approx(1.0)
    assert score.digits([np.nan], ["1"]) == score.digits([-5.0], ["1"]) == 0.0


@pytest.mark.parametrize("name", [name for name in score.names(ML, L2) if len(score.made(name).y) < 1000])
def test_sparse_rows_cost_no_digits_although_they_are_not_centred(name):
    given = score.made(name)
    source = as_source(csr_array(given.X), given.y, sample_weight=given.weight, offset=given.offset)
    result = fit(source, penalty=score.penalty(given), intercept=given.intercept)
    digits = score.score(name, result)
    assert min(digits.values()) >= HOPE
