import math

import numpy as np
import pytest

from oddsmith import L2, GradientDescent, Newton, fit
from oddsmith.errors import OddsmithWarning
from oddsmith.sources import as_source
from tests.problems import PROBLEMS

pytestmark = pytest.mark.filterwarnings("ignore::oddsmith.errors.OddsmithWarning")


@pytest.mark.parametrize("penalty", [None, L2(1e-3)])
@pytest.mark.parametrize("solver", [Newton(), GradientDescent()])
def test_a_proved_bound_is_never_below_the_truth(problem, penalty, solver):
    optimum = fit(problem.source, penalty=penalty, standardize=True)
    for passes in range(2, 13):
        stopped = fit(problem.source, penalty=penalty, standardize=True, solver=solver, max_passes=passes)
        gap = stopped.value - optimum.value
        if stopped.certificate.kind == "proved":
            bound = stopped.certificate.suboptimality * stopped.value
            assert bound >= gap - 1e-15
            assert stopped.certificate.optimum_exists
    assert optimum.certificate.kind == "proved"
    assert optimum.certificate.suboptimality < 1e-15


def test_the_bound_is_sharp_near_the_optimum():
    source = PROBLEMS["plain"].source
    optimum = fit(source)
    ratios = []
    for iterations in (60, 100, 200):
        stopped = fit(source, solver=GradientDescent(max_iter=iterations))
        gap = stopped.value - optimum.value
        if stopped.certificate.kind == "proved" and gap > 1e-13:
            ratios.append(stopped.certificate.suboptimality * stopped.value / gap)
    assert ratios
    assert all(1.0 <= ratio < 2.0 for ratio in ratios)


def test_an_estimate_is_close_to_the_truth():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((100_000, 5))
    source = as_source(X, rng.random(100_000) < 1 / (1 + np.exp(-X.sum(axis=1))))
    rough, exact = (fit(source, tol=tol, penalty=L2(1e-6)) for tol in (1e-5, None))
    assert rough.certificate.kind == "estimated"
    truth = (rough.value - exact.value) / exact.value
    assert 0.3 < rough.certificate.suboptimality / truth < 3.0
    assert rough.certificate.standard_errors == pytest.approx(math.sqrt(2e5 * (rough.value - exact.value)), rel=1.0)


@pytest.mark.parametrize(
    ("X", "y"),
    [
        ([[1.0], [2.0], [3.0], [4.0]], [0, 0, 1, 1]),  # complete
        ([[1.0], [2.0], [2.0], [3.0]], [0, 0, 1, 1]),  # quasi-complete
        ([[0.0, 1.0], [0.0, 2.0], [1.0, 1.5], [1.0, 1.0], [0.0, 1.2]], [0, 1, 1, 1, 0]),  # a level always positive
    ],
)
def test_no_proof_where_there_is_no_optimum(X, y):
    with pytest.warns(OddsmithWarning, match="separated"):
        result = fit(as_source(np.array(X), y))
    assert result.certificate.kind != "proved"
    assert not result.certificate.optimum_exists


def test_it_prints_how_it_knows():
    proved = fit(PROBLEMS["plain"].source).certificate
    assert str(proved).startswith("proved: relative suboptimality <= 2.2e-16")
    nothing = fit(
        PROBLEMS["plain"].source, solver=GradientDescent(learning_rate=1e3, batch_size=10, max_iter=3)
    ).certificate
    assert str(nothing) == "none"
