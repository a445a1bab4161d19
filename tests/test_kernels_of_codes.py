"""The kernels of codes, compiled and in NumPy."""

import gc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oddsmith import kernels
from tests.test_kernels import peak_resident


def codes_problem(rows, numbers, levels, seed, reference=True):
    """Operands of codes whose columns interleave, standardised by any centre and scale."""
    rng = np.random.default_rng(seed)
    width = numbers + sum(levels)
    places = rng.permutation(width)  # levels of a category need not be neighbours
    codes, at = np.empty((len(levels), rows), dtype=np.int32), numbers
    for k, count in enumerate(levels):
        codes[k] = np.append(places[at : at + count], -1)[rng.integers(-reference, count, rows)]
        at += count
    x = np.asfortranarray(3 * rng.standard_normal((rows, numbers)))
    return x, places[:numbers], codes, rng.standard_normal(width), rng.uniform(0.5, 2, width)


def sweep_codes(module, problem, weighted, order, threads, seed=0):
    rng = np.random.default_rng(seed)
    rows, size = len(problem[0]), 1 + len(problem[3])
    y, (w, o) = rng.random(rows), (rng.random(rows), rng.standard_normal(rows)) if weighted else (None, None)
    gradient, hessian = np.zeros(size) if order else None, np.zeros((size, size)) if order == 2 else None
    beta = rng.standard_normal(size)
    sums = module.sweep_logistic_codes(*problem, y, w, o, beta, gradient, hessian, threads)
    return [np.array(sums), *(out for out in (gradient, hessian) if out is not None)]


@given(
    rows=st.integers(1, 300),
    numbers=st.integers(0, 12),
    levels=st.lists(st.integers(1, 20), min_size=1, max_size=4),
    weighted=st.booleans(),
    order=st.integers(0, 2),
    seed=st.integers(0, 2**32 - 1),
)
def test_codes_agree_with_their_twin(rows, numbers, levels, weighted, order, seed):
    problem = codes_problem(rows, numbers, levels, seed)
    one, two = (
        sweep_codes(kernels.load(kind), problem, weighted, order, 2, seed) for kind in ("compiled", "reference")
    )
    for mine, twin in zip(one, two, strict=True):
        np.testing.assert_allclose(mine, twin, rtol=1e-11, atol=1e-9)
    size, h = 1 + numbers + sum(levels), np.random.default_rng(seed).random(rows)
    grams = np.zeros((2, size, size))
    for kind, out in zip(("compiled", "reference"), grams, strict=True):
        kernels.load(kind).gram_codes(*problem, h, out, 2)
    np.testing.assert_allclose(*grams, rtol=1e-11, atol=1e-9)


@pytest.mark.parametrize("order", [0, 1, 2])
def test_codes_have_the_same_bits_for_any_number_of_threads(order):
    problem = codes_problem(20_011, 5, (3, 40, 200), 1)
    results = [sweep_codes(kernels.load("compiled"), problem, True, order, threads) for threads in (1, 2, 3, 7)]
    grams = np.zeros((4, 249, 249))
    for threads, out in zip((1, 2, 3, 7), grams, strict=True):
        kernels.load("compiled").gram_codes(*problem, np.linspace(0, 1, 20_011), out, threads)
    for other, out in zip(results[1:], grams[1:], strict=True):
        np.testing.assert_array_equal(out, grams[0])
        for mine, first in zip(other, results[0], strict=True):
            np.testing.assert_array_equal(mine, first)


def test_wrong_codes_are_refused_before_memory_is_touched():
    x, places, codes, centre, scale = codes_problem(30, 2, (4, 5), 0)
    sweep_of, gram_of = kernels.load("compiled").sweep_logistic_codes, kernels.load("compiled").gram_codes
    rest = np.zeros(30), None, None, np.zeros(12), None, None, 1
    with pytest.raises(ValueError, match="places needs"):
        sweep_of(x, places[:1], codes, centre, scale, *rest)
    with pytest.raises(ValueError, match="a place is not a column"):
        sweep_of(x, places + 11, codes, centre, scale, *rest)
    with pytest.raises(ValueError, match="codes needs one row a category"):
        sweep_of(x, places, codes[:, :-1], centre, scale, *rest)
    with pytest.raises(ValueError, match="codes needs one row a category"):
        sweep_of(x, places, np.asfortranarray(codes), centre, scale, *rest)
    with pytest.raises(TypeError):
        sweep_of(x, places, codes.astype(np.int64), centre, scale, *rest)
    with pytest.raises(ValueError, match="h needs"):
        gram_of(x, places, codes, centre, scale, np.zeros(29), np.zeros((12, 12)), 1)
    with pytest.raises(ValueError, match="gram needs"):
        gram_of(x, places, codes, centre, scale, np.zeros(30), np.zeros((11, 11)), 1)


def test_no_matrix_of_levels_is_made():
    rows, levels = 200_000, 5000
    problem = codes_problem(rows, 1, (levels,), 0)
    gc.collect()
    before = peak_resident()
    sweep_codes(kernels.load("compiled"), problem, False, 1, 2)
    assert peak_resident() - before < 60 * rows
