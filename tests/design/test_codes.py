import tracemalloc

import numpy as np
import pytest

from oddsmith.design import Codes, make_design

RNG = np.random.default_rng(0)
ROWS, WIDTH = 500, 13
NUMBERS = np.array([0, 5, 12])  # columns 1 to 4 and 6 to 11 are levels
FIRST, SECOND = RNG.integers(1, 6, ROWS) % 5, RNG.integers(6, 12, ROWS)  # of the first category, 0 is none
CODES = np.array([np.where(FIRST == 0, -1, FIRST), SECOND])
X = np.zeros((ROWS, WIDTH))
X[np.arange(ROWS), FIRST] = X[np.arange(ROWS), SECOND] = 1.0
X[:, NUMBERS] = RNG.standard_normal((ROWS, 3)) + [1e3, 0.0, 2.0]


def pair():
    """The same rows as codes and as one-hot columns, standardised alike."""
    codes, one_hot = Codes.of(np.asfortranarray(X[:, NUMBERS]), NUMBERS, CODES, WIDTH), make_design(X)
    moments = one_hot.moments(None)
    return tuple(design.standardised(moments.mean, moments.scale(centred=True)) for design in (codes, one_hot))


@pytest.mark.parametrize("outputs", [(), (3,)])
def test_the_verbs_are_those_of_the_one_hot_matrix(both_kernels, outputs):
    codes, one_hot = pair()
    v, r, h = RNG.standard_normal((WIDTH, *outputs)), RNG.standard_normal((ROWS, *outputs)), RNG.random(ROWS)
    for verb, given in (("matvec", v), ("dot_rows", v), ("rmatvec", r)):
        np.testing.assert_allclose(getattr(codes, verb)(given), getattr(one_hot, verb)(given), rtol=1e-10, atol=1e-10)
    whole = one_hot.gram(h)
    np.testing.assert_allclose(codes.gram(h), whole, rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(codes.diagonal(h), np.diagonal(whole), rtol=1e-10)
    columns = np.array([7, 0, 3, 12])
    np.testing.assert_allclose(codes.gram(h, columns), whole[np.ix_(columns, columns)], rtol=1e-10, atol=1e-10)
    stored = np.where(np.isin(np.arange(WIDTH), NUMBERS), ROWS, (X != 0).sum(axis=0))
    np.testing.assert_array_equal(codes.stored(), stored)
    half = RNG.standard_normal((1 + WIDTH, 4))
    for matrix in (half, None):
        np.testing.assert_allclose(codes.norms(matrix), one_hot.norms(matrix), rtol=1e-10)
    assert codes.shape == one_hot.shape


@pytest.mark.parametrize("rows", [slice(10, 90), np.array([3, 3, 499, 0])])
def test_some_rows_are_those_of_the_one_hot_matrix(rows):
    codes, one_hot = pair()
    v = RNG.standard_normal(WIDTH)
    np.testing.assert_allclose(codes.take(rows).matvec(v), one_hot.take(rows).matvec(v), rtol=1e-10, atol=1e-10)
    assert codes.take(rows).codes.strides[1] == codes.codes.itemsize  # as the kernels take them


def test_a_row_alone_has_the_bits_that_it_has_among_others():
    design = Codes.of(np.asfortranarray(X[:, NUMBERS]), NUMBERS, CODES, WIDTH)
    v = RNG.standard_normal((WIDTH, 2))
    alone = np.vstack([design.take(np.array([k])).dot_rows(v) for k in range(ROWS)])
    np.testing.assert_array_equal(alone, design.dot_rows(v))


def test_a_level_of_every_row_is_constant_whatever_the_weights():
    weight = RNG.random(ROWS) / 3
    design = Codes.of(np.empty((ROWS, 0), order="F"), np.array([], dtype=int), np.zeros((1, ROWS)), 2)
    moments = design.moments(weight) + design.moments(7 * weight)
    assert moments.mean.tolist() == [1.0, 0.0]
    assert np.isinf(moments.scale(centred=True)).all()


def test_rows_without_weight_are_no_division_by_zero():
    design = Codes.of(np.asfortranarray(X[:, NUMBERS]), NUMBERS, CODES, WIDTH)
    moments = design.moments(np.zeros(ROWS)) + design.moments(None)
    np.testing.assert_allclose(moments.mean, X.mean(axis=0))


def test_no_memory_grows_with_rows_times_levels():
    rows, levels = 200_000, 5000
    design = Codes.of(np.ones((rows, 1), order="F"), np.array([levels]), RNG.integers(0, levels, (1, rows)), levels + 1)
    h, v = RNG.random(rows), RNG.standard_normal(levels + 1)
    tracemalloc.start()
    moments = design.moments(None)
    view = design.standardised(moments.mean, moments.scale(centred=True))
    view.matvec(v), view.dot_rows(v), view.rmatvec(h), view.diagonal(h), view.norms()
    view.gram(h, np.arange(20)), view.take(np.arange(1000))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 60 * rows  # a few numbers a row; a matrix of levels would be 8 * levels


@pytest.mark.parametrize("code", [-2, 2])
def test_codes_of_no_column_are_refused(code):
    with pytest.raises(AssertionError):
        Codes.of(np.ones((1, 1)), np.array([0]), np.array([[code]]), 2)
