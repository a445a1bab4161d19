"""What is proved of a path's points from what they have at hand."""

import numpy as np
import pytest

import oddsmith
from oddsmith import L1, ElasticNet
from oddsmith.paths.shared_proof import SharedProof
from tests.paths.test_shared_path import shared
from tests.problems import generate

ALPHAS = np.geomspace(0.1, 0.003, 12)


@pytest.mark.parametrize("ratio", [1.0, 0.3])
@pytest.mark.parametrize("seed", range(4))
def test_the_bound_without_a_pass_is_no_smaller_than_what_is_left(seed, ratio):
    problem = generate(400, 10, seed)
    _, rough = shared(problem, ElasticNet(l1_ratio=ratio), np.ones((1, 400), dtype=bool), 1e-5)
    proof = SharedProof(rough)
    for alpha in ALPHAS:
        rough.solve(alpha)
        exact = oddsmith.fit(problem.source, penalty=ElasticNet(alpha, ratio), standardize=True).value
        b, g = rough.coefficients(0), rough.gradient(0)
        kept = np.flatnonzero((b != 0.0) | (np.arange(11) == 0))
        slope = g + np.where(np.arange(11) == 0, 0.0, alpha) * (ratio * np.sign(b) + (1.0 - ratio) * b)
        found = proof.smooth_bound(slope, kept)
        assert found.fall >= rough.value[0] - exact - 1e-15
        assert found.moves >= 0.0


def test_the_norms_of_rows_follow_the_support():
    problem = generate(300, 30, 5)
    _, state = shared(problem, L1(), np.ones((1, 300), dtype=bool), 1e-3)
    state.rows.take_in(np.setdiff1d(np.arange(30), state.rows.columns))
    proof, rng = SharedProof(state), np.random.default_rng(0)
    place = np.empty(30, dtype=int)
    place[state.rows.columns] = np.arange(30)
    for _ in range(20):
        columns = np.flatnonzero(rng.random(30) < rng.random())
        expected = np.square(state.rows.z[place[columns]]).sum(axis=0)
        np.testing.assert_allclose(proof._row_norms(columns, place), expected, atol=1e-12)


def test_columns_that_are_not_at_hand_prove_nothing():
    problem = generate(300, 200, 6)
    _, state = shared(problem, L1(), np.ones((1, 300), dtype=bool), 1e-3)
    state.solve(0.1)
    absent = np.setdiff1d(np.arange(200), state.rows.columns)[:1]
    assert SharedProof(state).smooth_bound(np.zeros(201), np.append(0, 1 + absent)) is None
