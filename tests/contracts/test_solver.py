"""Laws of every solver in `solvers.CATALOGUE`: on every problem and penalty it accepts, the judge finds it right."""

import numpy as np
import pytest

from oddsmith import L2, NoPenalty, fit, solvers
from oddsmith.errors import ConvergenceWarning, Status
from tests.problems import PROBLEMS, newton_by_hand

SETTINGS = {
    "sketched_newton": solvers.SketchedNewton(
        most_rows=100, rows_per_column=20, newton_limit=1
    ),  # small enough that it does sketch
    "gradient_descent": solvers.GradientDescent(max_iter=200_000),
}
SOLVERS = list(solvers.CATALOGUE)


def make(name):
    return SETTINGS.get(name) or solvers.CATALOGUE[name]()


@pytest.mark.parametrize("penalty", [NoPenalty(), L2(1e-2)], ids=lambda p: p.name)
@pytest.mark.parametrize("name", SOLVERS)
@pytest.mark.usefixtures("both_kernels")
def test_every_solver_reaches_the_optimum(name, problem, penalty):
    result = fit(problem.source, penalty=penalty, standardize=True, solver=make(name), tol=1e-13)
    scale = problem.X.std(axis=0)
    if problem.weight is not None:
        mean = np.average(problem.X, axis=0, weights=problem.weight)
        scale = np.sqrt(np.average((problem.X - mean) ** 2, axis=0, weights=problem.weight))
    truth, se = newton_by_hand(problem.X, problem.y, problem.weight, problem.offset, alpha=penalty.strength * scale**2)
    assert result.status is Status.CONVERGED
    np.testing.assert_allclose(result.beta[0] / se, truth / se, atol=2e-5)
    assert result.certificate.suboptimality <= 1e-12
    assert result.passes >= result.trace[-1].passes


@pytest.mark.parametrize("name", SOLVERS)
def test_the_limit_of_passes_is_kept_and_told(name):
    with pytest.warns(ConvergenceWarning, match="limit of passes"):
        result = fit(PROBLEMS["scaled"].source, solver=make(name), max_passes=3, tol=1e-12)
    assert result.status is Status.PASS_LIMIT
    solver_passes = result.trace[-1].passes
    assert solver_passes <= 3 + 10 * (name == "gradient_descent")  # its power iteration
    assert np.isfinite(result.beta).all()


@pytest.mark.parametrize("name", SOLVERS)
def test_a_trace_tells_every_pass_in_order(name):
    result = fit(PROBLEMS["plain"].source, solver=make(name), tol=1e-8)
    passes = [step.passes for step in result.trace]
    assert passes == sorted(passes)
    assert result.losses[-1] <= result.losses[0] + 1e-12
