import math

import numpy as np
import pytest

from oddsmith import L1, ElasticNet
from oddsmith.fitting import Problem
from oddsmith.judging.last_step import Near, after_step, bend, self_concordant
from oddsmith.losses import Logistic, Multinomial
from oddsmith.solvers import Composite, ProximalNewton
from oddsmith.sources import as_source
from tests.problems import generate, many_classes


def optimum(X, y, penalty, classes):
    loss = Logistic() if classes == 2 else Multinomial(classes)
    made = Problem.of(as_source(X, y), loss, penalty, intercept=True, standardize=False, threads=None)
    objective, bound = made.objective, made.bound()
    best = ProximalNewton().solve(objective, bound, np.zeros(objective.size), tol=None, max_passes=None)
    return Composite.of(objective, bound), best


def moved_from(best, size, rng):
    """Near an optimum: everything is moved, one coefficient is wrongly 0 and one is wrongly not."""
    scale = size * rng.standard_normal(len(best)) / 8
    moved = np.where(best == 0.0, 0.0, best + scale)
    for wrong, value in ((np.flatnonzero(best == 0.0), scale), (np.flatnonzero(best[1:]) + 1, np.zeros_like(best))):
        if len(wrong):
            chosen = rng.choice(wrong)
            if abs(best[chosen]) < 3 * size:
                moved[chosen] = value[chosen]
    return moved


@pytest.mark.parametrize(
    "penalty", [L1(0.05), ElasticNet(0.08, 0.6), L1(0.05, np.array([1.0, 0, 2, 1, 1, 1, 1, 1]))], ids=str
)
@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("size", [0.1, 1e-2, 1e-4])
def test_both_bounds_of_a_proof_hold(penalty, classes, size):
    """Before the model's step and after it: of the fall, and of how far other gradients move on the way."""
    rng = np.random.default_rng(int(-100 * np.log10(size)))
    X, y = many_classes(250, 8, classes, 3)
    function, best = optimum(X, y, penalty, classes)
    seen = 0
    for _ in range(20):
        moved = moved_from(best.beta, size, rng)
        now = function.evaluate(moved)
        near = Near.of(function, moved, now.gradient, np.ones(len(moved), dtype=bool))
        proof = near.proof(0.0)
        if proof is None:
            continue
        change = np.abs(best.evaluation.gradient - now.gradient)
        assert proof.here is not None or proof.after is not None
        if proof.here is not None:
            assert now.value - best.evaluation.value <= proof.here.fall + 1e-14
            assert change.max() <= proof.here.moves + 1e-13
        if proof.after is None:
            continue
        seen += 1
        there = function.evaluate(moved + proof.step)
        assert there.value - best.evaluation.value <= proof.after.fall + 1e-14
        assert abs(now.value - there.value - proof.fall) <= proof.misfit + 1e-14
        assert np.abs(best.evaluation.gradient - there.gradient).max() <= proof.after.moves + 1e-13
        assert np.abs(there.gradient - now.gradient).max() <= proof.way + 1e-13
        away = there.gradient[near.places] - now.gradient[near.places] - near.hessian @ proof.step[near.places]
        assert (np.abs(away) <= proof.spread * np.sqrt(near.hessian.diagonal()) + 1e-13).all()
        if size <= 1e-4 and proof.here is not None:
            assert proof.after.fall < 1e-3 * proof.here.fall  # what was left is squared
        bound = near.again(proof, moved + proof.step, there.gradient, 0.0)
        assert bound is None or there.value - best.evaluation.value <= bound.fall + 1e-14
    assert seen > 5 or size > 1e-2


@pytest.mark.parametrize("classes", [2, 3])
def test_what_a_look_finds_in_doubt_joins(classes):
    """The Hessian is that of all coefficients, the proof one on those not 0; another is nearly at its threshold."""
    X, y = many_classes(250, 8, classes, 6)
    function, best = optimum(X, y, L1(0.05), classes)
    kept = (best.beta != 0.0) | function.free
    gradient = np.where(kept, 0.0, np.abs(best.evaluation.gradient))
    nearest = int(gradient.argmax())
    function.thresholds[nearest] = gradient[nearest] * (1 + 1e-9)
    for seed in range(20):
        off = 1e-4 * np.random.default_rng(seed).standard_normal(len(kept))
        moved = np.where(kept, best.beta + off, 0.0)
        now = function.evaluate(moved)
        near = Near.of(function, moved, now.gradient, np.ones(len(kept), dtype=bool))
        proof = near.proof(0.0, looking=True)
        if proof.doubts:
            break
    else:
        raise AssertionError("of no point in doubt")
    there = function.evaluate(moved + proof.step)
    bound = near.again(proof, moved + proof.step, there.gradient, 0.0)
    assert bound is not None
    assert there.value - best.evaluation.value <= bound.fall + 1e-15
    assert bound.fall < 1e-9
    apart = Near.of(function, moved, now.gradient, kept)  # that one is not looked at: nothing is proved
    alone = apart.proof(0.0, looking=True)
    assert apart.again(alone, moved + alone.step, there.gradient, 0.0) is None


def test_what_violates_beside_those_looked_at_proves_nothing():
    problem = generate(300, 6, 3)
    function, best = optimum(problem.X, problem.y, L1(0.01), 2)
    chosen = (best.beta != 0.0) | function.free
    chosen[np.argmin(np.where(chosen, np.abs(best.beta), np.inf))] = False
    without = np.where(chosen, best.beta, 0.0)
    now = function.evaluate(without)
    near = Near.of(function, without, now.gradient, chosen)
    proof = near.proof(1e-6, looking=True)
    there = function.evaluate(without + proof.step)
    assert near.again(proof, without + proof.step, there.gradient, 1e-6) is None


def test_the_bounds_on_k_are_bounds_and_end_with_it():
    problem = generate(300, 6, 3)
    function, best = optimum(problem.X, problem.y, L1(0.01), 2)
    everything = np.ones(7, dtype=bool)
    near = Near.of(function, best.beta, best.evaluation.gradient, everything)
    factor = near.proof(0.0).factor
    *bounds, exact = near._reaches(factor, np.arange(7))
    rows = np.column_stack([np.ones(300), next(function.objective.source.blocks()).design.matvec(np.eye(6))])
    assert exact == pytest.approx(np.einsum("ij,ij->i", rows @ factor.inverse, rows).max())
    assert all(bound >= exact for bound in bounds)


def test_of_a_long_step_nothing_is_told():
    assert self_concordant(1.0, 1.0, Logistic()) is None
    assert after_step(1.0, 0.0, 1.0, 0.0, Logistic()) is None
    short = after_step(1e-3, 0.0, 1.0, 0.0, Logistic())
    assert short.fall == pytest.approx(0.5 * (1e-3 * 0.5e-3) ** 2, rel=1e-2)
    for a in (1e-6, 0.9e-4, 1.1e-4, 0.3):
        assert bend(a) == pytest.approx((math.exp(a) - 1 - a) / a, rel=1e-4)
