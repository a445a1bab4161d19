"""The promises about digits, with default settings; `make accuracy` publishes the table."""

import warnings

import numpy as np
import pytest

from oddsmith import Status
from oddsmith.errors import OddsmithWarning
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
    names = [name for name in score.solvable() if score.ANSWERS[name]["kind"] == kind]
    if not names:
        pytest.skip("this penalty is still to come")
    scores = {name: score.score(name, score.fitted(name)) for name in names}
    mean, least = GOALS[kind]
    for what in ("coefficients", "standard errors", "log-likelihood"):
        found = {name: digits[what] for name, digits in scores.items() if what in digits}
        if found:
            assert np.mean(list(found.values())) >= mean, what
            worst = min(found, key=found.get)
            assert found[worst] >= (least if kind in (L1, NET) else HOPE), (what, worst)


@pytest.mark.parametrize("name", score.solvable())
def test_a_default_fit_is_trusted(name):
    result = score.fitted(name)
    assert (result.status, result.certificate.kind) == (Status.CONVERGED, "proved")


def test_digits():
    assert score.digits([1.0], ["1.0000000000"]) == 16.0
    assert score.digits([1.001], ["1"]) == pytest.approx(3.0)
    assert score.digits([1.001, 0.1], ["1", "0"]) == pytest.approx(1.0)
    assert score.digits([np.nan], ["1"]) == score.digits([-5.0], ["1"]) == 0.0


SETTINGS = [{"max_passes": k} for k in (1, 2, 3, 4, 5, 6)] + [{"tol": t} for t in (1e300, 1.0, 1e-2, 1e-4, 1e-8)]


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_fewer_than_four_digits_are_never_silent(settings):
    for name in score.solvable():
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            result = score.fitted(name, **settings)
        if score.score_coefficients(name, result.beta) < 4.0:
            assert any(issubclass(w.category, OddsmithWarning) for w in caught), name
