"""What every design must be: the standardised matrix, by its verbs."""

import numpy as np
import pytest
import scipy.sparse as sp

from oddsmith.design import Codes, NotFiniteError, make_design

RNG = np.random.default_rng(0)
X = RNG.standard_normal((400, 5)) * (RNG.random((400, 5)) < 0.4) + np.array([0, 0, 0, 2.0, 0])
LEVEL = RNG.integers(-1, 2, 400)  # of a category whose two columns are the first and the last
X[:, 0], X[:, 4] = LEVEL == 0, LEVEL == 1
CENTRE, SCALE = RNG.standard_normal(5), RNG.uniform(0.5, 2, 5)
Z = (X - CENTRE) / SCALE


def as_codes(A):
    """The first and the last column as one category, the others as numbers."""
    code = np.where(A[:, 0] == 1.0, 0, np.where(A[:, 4] == 1.0, 4, -1))
    return Codes.of(np.asfortranarray(A[:, 1:4]), np.array([1, 2, 3]), code[None, :], 5)


KINDS = {
    "dense": lambda A: A,
    "column-major": np.asfortranarray,
    "float32": lambda A: A.astype(np.float32),
    "sparse": sp.csr_array,
    "sparse matrix": sp.csr_matrix,
    "codes": as_codes,
}


@pytest.fixture(params=KINDS)
def design(request):
    return make_design(KINDS[request.param](X)).standardised(CENTRE, SCALE)


def tolerance(design):
    return 1e-5 if design.array.dtype == np.float32 else 1e-11


def test_the_verbs_are_those_of_the_standardised_matrix(design):
    v, r, h = RNG.standard_normal(5), RNG.standard_normal(400), RNG.random(400)
    close = {"rtol": tolerance(design), "atol": 100 * tolerance(design)}
    np.testing.assert_allclose(design.matvec(v), Z @ v, **close)
    np.testing.assert_allclose(design.scores(v, 2), Z @ v, **close)
    np.testing.assert_allclose(design.rmatvec(r), Z.T @ r, **close)
    np.testing.assert_allclose(design.gram(h), Z.T @ (h[:, None] * Z), **close)
    some = np.array([3, 0, 4])
    strided = np.column_stack([h, h])[:, 0]
    np.testing.assert_array_equal(design.gram(strided), design.gram(h))
    np.testing.assert_allclose(design.gram(h, some), Z[:, some].T @ (h[:, None] * Z[:, some]), **close)
    np.testing.assert_allclose(design.diagonal(h), h @ Z**2, **close)
    nowhere = (design.codes < 0).sum() if design.kind == "codes" else 0  # a code of no column is stored too
    assert design.entries == design.stored().sum() + nowhere
    half = RNG.standard_normal((6, 3))
    for matrix in (half, None):
        image = np.column_stack([np.ones(400), Z]) @ (np.eye(6) if matrix is None else matrix)
        square = np.linalg.norm(image, axis=1) ** 2
        np.testing.assert_allclose(design.norms(matrix), square, **close)


def test_rmatvec_is_the_adjoint_of_matvec(design):
    v, r = RNG.standard_normal(5), RNG.standard_normal(400)
    assert r @ design.matvec(v) == pytest.approx(v @ design.rmatvec(r), rel=1e-10)


@pytest.mark.parametrize("column", [0, 2])
def test_a_constant_column_is_exactly_zero(design, column):
    scale = np.where(np.arange(5) == column, np.inf, SCALE)
    blind = design.standardised(CENTRE, scale)
    v, r, h = RNG.standard_normal(5), RNG.standard_normal(400), RNG.random(400)
    assert blind.rmatvec(r)[column] == 0.0
    assert (blind.gram(h)[column] == 0.0).all()
    np.testing.assert_array_equal(blind.matvec(v), blind.matvec(np.where(np.arange(5) == column, 9.0, v)))


def test_taking_rows(design):
    for rows in (np.array([5, 3, 399]), slice(20, 30), slice(390, 999), slice(5, 5), slice(0, 9, 2)):
        np.testing.assert_allclose(design.take(rows).matvec(np.ones(5)), design.matvec(np.ones(5))[rows])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("weighted", [False, True])
def test_moments_add_up_over_any_cutting(both_kernels, kind, weighted):
    w = RNG.integers(0, 3, 400).astype(float) if weighted else None
    ones = np.ones(400) if w is None else w
    total = sum(
        (
            make_design(KINDS[kind](X[a:b])).moments(None if w is None else w[a:b], 1)
            for a, b in ((1, 130), (130, 131), (131, 400))
        ),
        make_design(KINDS[kind](X[:1])).moments(None if w is None else w[:1], 1),
    )
    mean = np.average(X, axis=0, weights=ones)
    close = 1e-6 if kind == "float32" else 1e-12
    assert total.weight == ones.sum()
    np.testing.assert_allclose(total.mean, mean, rtol=close, atol=close)
    np.testing.assert_allclose(total.deviation, ones @ (X - mean) ** 2, rtol=10 * close)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("bad", "what"), [(np.nan, "NaN"), (np.inf, "infinity")])
def test_what_is_not_finite_is_found_by_place(both_kernels, kind, bad, what):
    broken = X.copy()
    broken[123, 2] = bad
    with pytest.raises(NotFiniteError) as caught:
        make_design(KINDS[kind](broken)).moments(None, 1)
    assert (caught.value.what, caught.value.row, caught.value.column) == (what, 123, 2)


def test_columns_are_the_raw_matrix(design):
    raw = np.zeros(X.shape)
    for j, rows, values in design.columns():
        assert values.dtype == np.float64
        raw[rows, j] += values
    np.testing.assert_allclose(raw, X, atol=tolerance(design))
