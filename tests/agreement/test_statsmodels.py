"""Maximum likelihood against statsmodels, run to its own limit."""

import numpy as np
import pytest
import statsmodels.api as sm
from sklearn.datasets import load_breast_cancer

from oddsmith import as_source, fit, infer
from tests.problems import PROBLEMS


def logit(X, y, start):
    """statsmodels from our solution: Newton of its own decides whether it agrees."""
    model = sm.Logit(y, sm.add_constant(X))
    return model.fit(method="newton", start_params=start, tol=1e-15, maxiter=50, disp=False, warn_convergence=False)


@pytest.mark.parametrize("name", ["tiny", "plain", "scaled", "rare"])
def test_coefficients_and_standard_errors(name):
    problem = PROBLEMS[name]
    table = infer(fit(problem.source))
    cold = logit(problem.X / problem.X.std(axis=0), problem.y, None)
    theirs = logit(problem.X, problem.y, table.coef)
    np.testing.assert_allclose(table.coef, theirs.params, rtol=1e-8)
    np.testing.assert_allclose(table.se, theirs.bse, rtol=1e-8)
    np.testing.assert_allclose(table.p, theirs.pvalues, rtol=1e-6, atol=1e-300)
    np.testing.assert_allclose(table.coef[1:] * problem.X.std(axis=0), cold.params[1:], rtol=1e-8)
    np.testing.assert_allclose(np.column_stack([table.ci_low, table.ci_high]), theirs.conf_int(), rtol=1e-6)


def test_real_data():
    X, y = load_breast_cancer(return_X_y=True)
    X = X[:, [0, 1, 4, 8]]
    result = fit(as_source(X, y))
    table = infer(result)
    theirs = logit(X, y, table.coef)
    np.testing.assert_allclose(table.coef, theirs.params, rtol=1e-8)
    np.testing.assert_allclose(table.se, theirs.bse, rtol=1e-8)
    assert -result.value * len(y) == pytest.approx(theirs.llf, rel=1e-12)


def test_weights_and_offsets_against_its_glm():
    problem = PROBLEMS["weighted"]
    table = infer(fit(problem.source))
    theirs = sm.GLM(
        problem.y, sm.add_constant(problem.X), family=sm.families.Binomial(), freq_weights=problem.weight,
        offset=problem.offset,
    ).fit(tol=1e-14, maxiter=100)  # fmt: skip
    np.testing.assert_allclose(table.coef, theirs.params, rtol=1e-8)
    np.testing.assert_allclose(table.se, theirs.bse, rtol=1e-8)
