import numpy as np
import pytest

import oddsmith
from oddsmith import L1, L2, NoPenalty, ProximalNewton, SpecificationError
from oddsmith.fitting import Problem, solver_named
from oddsmith.losses import Logistic
from oddsmith.paths.walking import can_share, of_strength, walk_one_by_one, walk_together
from tests.problems import PROBLEMS

ALPHAS = np.array([0.1, 0.03, 0.01])


def test_walks_together_and_one_by_one_meet():
    problem = Problem.of(PROBLEMS["plain"].source, Logistic(), L1(), intercept=True, standardize=True, threads=None)
    start = problem.raw(problem.objective.null()[0])
    solver = solver_named("auto", L1())
    masks = np.arange(500)[None] % 2 == np.array([[0], [1]])
    one = list(walk_one_by_one(problem, solver, L1(), ALPHAS, start, tol=1e-13, max_passes=None))
    other = list(walk_together(problem, L1(), ALPHAS, start, masks, tol=1e-13))
    for alone, shared in zip(one, other, strict=True):
        np.testing.assert_allclose(alone.fit.beta, shared.fit.beta, atol=1e-6)
        assert shared.fit.penalty == alone.fit.penalty
        assert shared.fit.hessian is None
        assert shared.fit.passes >= 2
        assert shared.folds.shape == (2, 1, 7)


def test_what_can_share():
    def problem(source, penalty):
        return Problem.of(source, Logistic(), penalty, intercept=True, standardize=True, threads=None)

    plain, source = solver_named("auto", L1()), PROBLEMS["plain"].source
    assert can_share(problem(source, L1()), plain, ALPHAS)
    assert not can_share(problem(source, L1()), plain, np.array([0.1, 0.0]))
    assert not can_share(problem(source, L2()), solver_named("auto", L2()), ALPHAS)


def test_a_penalty_without_strength_is_refused():
    assert of_strength(L1(2.0), 0.5) == L1(0.5)
    with pytest.raises(SpecificationError, match="strength can change"):
        of_strength(NoPenalty(), 1.0)


def test_unpenalised_columns_that_single_precision_cannot_tell_apart_are_not_walked_together():
    rng = np.random.default_rng(2)
    X = rng.standard_normal((300, 60)) * 10 ** rng.uniform(-3, 3, 60) + 10 ** rng.uniform(-2, 3, 60)
    source = oddsmith.as_source(X, (rng.random(300) < 0.5).astype(int))
    penalty = L1(1.0, np.where(np.arange(60) < 20, 0.0, 1.0))
    found = oddsmith.path(source, penalty, n_alphas=4, alpha_min_ratio=0.1, tol=1e-6, intercept=False)
    for fit in found:
        exact = oddsmith.fit(source, penalty=fit.penalty, tol=None, intercept=False, standardize=True)
        assert fit.certificate.kind == "proved"
        assert fit.value <= exact.value * (1.0 + 1e-6)
    made = Problem.of(source, Logistic(), penalty, intercept=False, standardize=True, threads=None)
    assert not can_share(made, ProximalNewton(), found.alphas)
    other = oddsmith.as_source(rng.standard_normal((300, 60)), source.target.astype(int))
    made = Problem.of(other, Logistic(), penalty, intercept=False, standardize=True, threads=None)
    assert can_share(made, ProximalNewton(), found.alphas)
