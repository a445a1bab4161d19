"""Coordinate descent on a quadratic, compiled and in NumPy."""

import numpy as np
import pytest
import scipy.sparse as sp

from oddsmith import kernels

RNG = np.random.default_rng(0)
A = RNG.standard_normal((30, 8))
HESSIAN = A.T @ A / 30
THRESHOLDS, CURVATURE = RNG.uniform(0, 1.0, 8), RNG.uniform(0, 0.1, 8)
START, SLOPE = RNG.standard_normal(8) * (RNG.random(8) < 0.5), RNG.standard_normal(8)


def descend(hessian=HESSIAN, target=1e-14, limit=1000):
    gradient, step = SLOPE.copy(), np.zeros(8)
    sweeps = kernels.descend(hessian, THRESHOLDS, CURVATURE, START, target, limit, gradient, step)
    return sweeps, gradient, step


@pytest.mark.usefixtures("both_kernels")
def test_it_ends_at_the_minimum_and_carries_the_gradient():
    sweeps, gradient, step = descend()
    np.testing.assert_allclose(gradient, SLOPE + HESSIAN @ step, atol=1e-13)
    b = START + step
    slope = gradient + CURVATURE * b
    assert 1 < sweeps < 1000
    assert (b == 0.0).any()
    np.testing.assert_allclose(slope[b != 0], -THRESHOLDS[b != 0] * np.sign(b[b != 0]), atol=1e-13)
    assert (np.abs(slope[b == 0]) <= THRESHOLDS[b == 0]).all()


def test_both_kinds_of_kernels_make_the_same_steps():
    found = []
    for name in ("compiled", "reference"):
        with kernels.using(name):
            found.append([descend(target=1e-9, limit=limit) for limit in (1, 2, 3, 30)])
    for one, other in zip(*found, strict=True):
        assert one[0] == other[0]
        np.testing.assert_allclose(one[1], other[1], atol=1e-9)  # what is extrapolated multiplies rounding
        np.testing.assert_allclose(one[2], other[2], atol=1e-9)


def flat(size=60):
    """A quadratic that is hardly curved along some directions; absolute values hold a few coefficients at 0."""
    rng = np.random.default_rng(4)
    axes = np.linalg.qr(rng.standard_normal((size, size)))[0]
    hessian = (axes * np.geomspace(1e-3, 1.0, size)) @ axes.T
    return hessian, np.full(size, 1e-3), np.zeros(size), np.zeros(size), hessian @ rng.standard_normal(size)


@pytest.mark.usefixtures("both_kernels")
@pytest.mark.parametrize("kind", [np.float64, np.float32])
def test_where_it_would_creep_it_is_extrapolated(kind):
    hessian, thresholds, curvature, start, slope = flat()
    hessian = hessian.astype(kind)
    gradient, step = slope.copy(), np.zeros(60)
    sweeps = kernels.descend(hessian, thresholds, curvature, start, 1e-8, 10_000, gradient, step)
    plain, b, g = 0, np.zeros(60), slope.copy()
    while plain < 10_000:
        plain, worst = plain + 1, 0.0
        for j in range(60):
            own = abs(g[j] + thresholds[j] * np.sign(b[j])) if b[j] else max(abs(g[j]) - thresholds[j], 0.0)
            free = hessian[j, j] * b[j] - g[j]
            new = np.sign(free) * max(abs(free) - thresholds[j], 0.0) / hessian[j, j]
            g += hessian[j] * (new - b[j])
            b[j], worst = new, max(worst, own)
        if worst <= 1e-8:
            break
    assert sweeps < 0.4 * plain
    np.testing.assert_allclose(step, b, atol=2e-5)
    np.testing.assert_allclose(gradient, slope + hessian.astype(float) @ step, atol=1e-11)
    np.testing.assert_array_equal(step == 0.0, b == 0.0)


def test_extrapolations_of_both_kinds_lead_to_the_same():
    ends = []
    for name in ("compiled", "reference"):
        hessian, thresholds, curvature, start, slope = flat()
        step = np.zeros(60)
        with kernels.using(name):
            kernels.descend(hessian, thresholds, curvature, start, 0.0, 14, slope, step)
        ends.append(step)
    np.testing.assert_allclose(ends[0], ends[1], atol=1e-9)


@pytest.mark.usefixtures("both_kernels")
def test_without_curvature_nothing_moves():
    bare = np.zeros((8, 8))
    gradient, step = SLOPE.copy(), np.zeros(8)
    kernels.descend(bare, THRESHOLDS, np.zeros(8), START, 0.0, 5, gradient, step)
    assert not step.any()


def test_wrong_shapes_are_refused():
    with pytest.raises(ValueError, match="hessian must be square"):
        kernels.descend(HESSIAN[:5], THRESHOLDS, CURVATURE, START, 0.0, 1, SLOPE.copy(), np.zeros(8))
    with pytest.raises(ValueError, match="one entry a coefficient"):
        kernels.descend(HESSIAN, THRESHOLDS[:5], CURVATURE, START, 0.0, 1, SLOPE.copy(), np.zeros(8))


@pytest.mark.parametrize("layout", [np.asarray, np.asfortranarray, lambda X: X.astype(np.float32)])
def test_a_rough_hessian_is_nearly_the_hessian(layout):
    X, y = layout(RNG.standard_normal((700, 37)) * 3 + 1), (RNG.random(700) < 0.5).astype(float)
    w, o, beta = RNG.random(700), RNG.standard_normal(700), 0.1 * RNG.standard_normal(38)
    given = (X, np.full(37, 0.5), np.full(37, 2.0), y, w, o, beta)
    exact, rough = np.zeros((38, 38)), np.empty((38, 38), dtype=np.float32)
    kernels.load("compiled").sweep_logistic_dense(*given, np.zeros(38), exact, 1)
    found = []
    for threads in (1, 2, 3):
        kernels.load("compiled").rough_logistic_dense(*given, 0, rough, threads)
        found.append(rough.copy())
    scale = np.sqrt(np.diagonal(exact))
    assert np.abs((rough - exact) / scale / scale[:, None]).max() < 1e-5
    np.testing.assert_array_equal(found[0], found[1])
    np.testing.assert_array_equal(found[0], found[2])
    kernels.load("reference").rough_logistic_dense(*given, 0, rough, 1)
    np.testing.assert_allclose(rough, exact, rtol=1e-6, atol=1e-5)


@pytest.mark.parametrize("known", [0, 1, 30, 87, 91])
@pytest.mark.parametrize("each", [0.5, 3.0, 9.0])  # entries of a row: few, and so many that a crowd of columns is dense
def test_a_rough_hessian_of_compressed_rows(each, known):
    rng = np.random.default_rng(3)
    share = np.minimum(1.0, each / 4.0 / np.arange(1, 91))[rng.permutation(90)]
    X = rng.uniform(0.5, 2.0, (3000, 90)) * (rng.random((3000, 90)) < share)
    X[::50] = 0.0
    rows = sp.csr_array(X)
    y, w, o, beta = (RNG.random(3000) < 0.5) * 1.0, RNG.random(3000), RNG.standard_normal(3000), RNG.normal(0, 0.1, 91)
    given = (rows.data, rows.indices, rows.indptr, X.mean(axis=0), np.full(90, 0.5), y, w, o, beta)
    exact, found = np.zeros((91, 91)), []
    kernels.load("reference").sweep_logistic_sparse(*given, np.zeros(91), exact, 1)
    for threads in (1, 2, 3, 7, 40):
        rough = np.full((91, 91), 7.0, dtype=np.float32)
        kernels.load("compiled").rough_logistic_sparse(*given, known, rough, threads)
        found.append(rough)
        np.testing.assert_array_equal(rough, found[0])
    twin = np.full((91, 91), 7.0, dtype=np.float32)
    kernels.load("reference").rough_logistic_sparse(*given, known, twin, 1)
    scale = np.sqrt(np.maximum(np.diagonal(exact), 1e-3))
    for one in (found[0], twin):
        assert (one[:known, :known] == 7.0).all()
        one[:known, :known] = exact[:known, :known]
        assert np.abs((one - exact) / scale / scale[:, None]).max() < 1e-5


@pytest.mark.usefixtures("both_kernels")
@pytest.mark.parametrize("each", [0.5, 9.0])
def test_the_gram_matrix_of_some_columns_of_compressed_rows(each):
    rng = np.random.default_rng(4)
    share = np.minimum(1.0, each / 4.0 / np.arange(1, 91))[rng.permutation(90)]
    X = rng.standard_normal((2500, 90)) * (rng.random((2500, 90)) < share)
    rows, h = sp.csr_array(X), rng.random(2500)
    for columns in (np.arange(90), np.arange(0, 90, 2), np.array([], dtype=int)):
        place, out = np.full(90, -1), np.ones((len(columns),) * 2)
        place[columns] = np.arange(len(columns))
        kernels.gram_sparse(rows.data, rows.indices, rows.indptr, place, h, out, 3)
        np.testing.assert_allclose(out, 1.0 + np.triu((h * X[:, columns].T) @ X[:, columns]), atol=1e-11)
