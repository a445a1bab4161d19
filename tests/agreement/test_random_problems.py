"""Random problems with scales from 1e-4 to 1e4, each against Newton in long double and scikit-learn."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression as Theirs

from oddsmith import L2, LogisticRegression, SketchedNewton, fit
from oddsmith.errors import Status
from tests.problems import SOAK, generate, newton_by_hand


@pytest.mark.parametrize("seed", range(1000 if SOAK else 100))
def test_every_problem_converges_to_the_optimum(seed):
    rng = np.random.default_rng(seed)
    rows, columns = int(rng.integers(80, 800)), int(rng.integers(1, 8))
    problem = generate(
        rows, columns, seed + 1000, scales=(1e-4, 1e4), centre=float(rng.choice([0, 1, 100])), weighted=bool(seed % 2)
    )
    penalty = [None, L2(10.0 ** rng.uniform(-4, 1))][seed % 3 > 0]
    solver = SketchedNewton(most_rows=50, rows_per_column=20, seed=seed, newton_limit=1) if seed % 5 == 0 else "auto"
    result = fit(problem.source, penalty=penalty, standardize=True, solver=solver)
    mean = np.average(problem.X, axis=0, weights=problem.weight)
    scale2 = np.average((problem.X - mean) ** 2, axis=0, weights=problem.weight)
    truth, _ = newton_by_hand(
        problem.X, problem.y, problem.weight, problem.offset, alpha=scale2 * (penalty.strength if penalty else 0.0)
    )
    assert result.status is Status.CONVERGED
    np.testing.assert_allclose(result.beta[0, 1:], truth[1:], rtol=1e-9)


@pytest.mark.parametrize("seed", range(100 if SOAK else 10))
def test_ridge_agrees_with_scikit_learn(seed):
    problem = generate(300, 5, seed)
    for C in (0.01, 1.0, 100.0):
        mine = LogisticRegression(C=C).fit(problem.X, problem.y)
        theirs = Theirs(C=C, solver="newton-cholesky", tol=1e-12, max_iter=1000).fit(problem.X, problem.y)
        np.testing.assert_allclose(mine.coef_, theirs.coef_, rtol=1e-6, atol=1e-8)
        np.testing.assert_allclose(mine.intercept_, theirs.intercept_, rtol=1e-6, atol=1e-8)
