"""The certificate, wherever a fit is stopped, against the truth in exact arithmetic; and that nothing is silent."""

import warnings

import numpy as np
import pytest

from oddsmith import LogisticRegression
from oddsmith.errors import OddsmithWarning
from tests.problems import SOAK
from tests.reference import score
from tests.reference.exact import excess
from tests.reference.problems import L2, ML, SOFTMAX

pytestmark = pytest.mark.slow

ROUNDING = 1e-14  # of the objective
FACTOR = 10.0  # between an estimate and the truth, as docs/accuracy.md says
SOLVERS = ["auto", "newton_cg", "gd", "scipy-cg", "scipy-bfgs", "scipy-lbfgs"]
PASSES = [1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 16, 20]
ABSURD = [1e300, 1.0, 0.1, 1e-3]
SMALL = [name for name in score.names(ML, L2, SOFTMAX) if len(score.made(name).y) <= (10_000 if SOAK else 700)]


def stopped(name, solver, **settings):
    """A fit, and whether it warned."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        result = score.fitted(name, solver=solver, **settings)
    return result, any(issubclass(w.category, OddsmithWarning) for w in caught)


@pytest.mark.parametrize("name", SMALL)
def test_wherever_one_stops_the_certificate_holds_and_nothing_is_silent(name):
    place = SMALL.index(name)
    for k, limit in enumerate(PASSES):
        solvers = SOLVERS if SOAK else {"auto", SOLVERS[(place + k) % len(SOLVERS)]}
        for solver in solvers:
            result, warned = stopped(name, solver, max_passes=limit)
            truth, told = excess(name, result.beta), result.certificate
            if told.kind == "proved":
                assert truth <= told.suboptimality + ROUNDING, (solver, limit)
            if told.kind == "estimated" and truth > ROUNDING:
                # relative to the objective where one is, which is F* (1 + truth)
                ratio = told.suboptimality * (1.0 + truth) / truth
                assert 1.0 / FACTOR <= ratio <= FACTOR, (solver, limit, truth, told.suboptimality)
            assert warned or score.score_coefficients(name, result.beta) >= 4.0, (solver, limit)


@pytest.mark.parametrize("tol", ABSURD)
@pytest.mark.parametrize("solver", SOLVERS)
def test_a_tolerance_never_costs_digits_in_silence(solver, tol):
    for name in SMALL if SOAK else SMALL[:: 1 if solver == "auto" else 6]:
        result, warned = stopped(name, solver, tol=tol)
        assert warned or score.score_coefficients(name, result.beta) >= 4.0, name


@pytest.mark.parametrize("settings", [{"max_iter": k} for k in range(6)] + [{"tol": tol} for tol in ABSURD], ids=str)
def test_the_estimator_is_not_silent_either(settings):
    for name in score.names(ML, L2):
        given = score.made(name)
        if given.offset is not None or len(given.y) > 2000:
            continue
        total = float(len(given.y) if given.weight is None else given.weight.sum())
        C = 1.0 / (given.alpha * total) if given.alpha else np.inf
        model = LogisticRegression(C=C, fit_intercept=given.intercept, **settings)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                model.fit(given.X, given.y, sample_weight=given.weight)
            except ValueError:
                assert settings == {"max_iter": 0}
                continue
        beta = np.append(model.intercept_, model.coef_)
        warned = any(issubclass(w.category, UserWarning) for w in caught)
        assert warned or score.score_coefficients(name, beta) >= 4.0, name
