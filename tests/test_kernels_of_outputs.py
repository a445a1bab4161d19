"""The kernels of several outputs: softmax, and one class against the rest."""

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oddsmith import kernels
from oddsmith.losses import Multinomial
from tests.test_kernels import LAYOUTS


def problem(rows, columns, classes, seed=0, *, weighted=False):
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((rows, columns)) * 3 + 1
    y = rng.integers(0, classes, rows).astype(float)
    weight = rng.integers(0, 3, rows).astype(float) if weighted else None
    return X, y, weight, rng.standard_normal((classes, columns + 1)) * 0.3


def softmax(kind, X, y, weight, beta, order=2, threads=1):
    classes, width = beta.shape
    centre, scale = X.mean(axis=0, dtype=float), X.std(axis=0, dtype=float) + 0.1
    value, gradient = np.zeros(1), np.zeros(beta.shape) if order >= 1 else None
    hessian = np.zeros((classes * (classes - 1) // 2, width, width)) if order >= 2 else None
    contrasts = Multinomial(classes).contrasts
    sweep = kernels.load(kind).sweep_multinomial_dense
    reach = sweep(X, centre, scale, y, weight, contrasts, beta, value, gradient, hessian, threads)
    return [found for found in (value, gradient, hessian, np.array([reach])) if found is not None]


def one_vs_rest(kind, X, y, weight, offset, chosen, beta, order=2, threads=1):
    width = beta.shape[1]
    centre, scale = X.mean(axis=0, dtype=float), X.std(axis=0, dtype=float) + 0.1
    value, gradient = np.zeros(len(beta)), np.zeros(beta.shape) if order >= 1 else None
    hessian = np.zeros((len(beta), width, width)) if order >= 2 else None
    sweep = kernels.load(kind).sweep_one_vs_rest_dense
    reach = sweep(X, centre, scale, y, weight, offset, chosen, beta, value, gradient, hessian, threads)
    return [found for found in (value, gradient, hessian, np.array([reach])) if found is not None]


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("order", [0, 1, 2])
@pytest.mark.parametrize("weighted", [False, True])
def test_compiled_and_reference_agree(layout, order, weighted):
    X, y, weight, beta = problem(3001, 7, 6, weighted=weighted)
    X, offset, chosen = LAYOUTS[layout](X), np.linspace(-1, 1, 3001), np.array([4.0, 0.0, 5.0])
    for run, rest in ((softmax, (beta,)), (one_vs_rest, (offset, chosen, beta[:3]))):
        one, two = (run(kind, X, y, weight, *rest, order=order) for kind in ("compiled", "reference"))
        for found, expected in zip(one, two, strict=True):
            np.testing.assert_allclose(found, expected, rtol=1e-11, atol=1e-12 * np.abs(expected).max())


@given(
    rows=st.integers(1, 300),
    columns=st.integers(0, 20),
    classes=st.integers(3, 17),
    column_major=st.booleans(),
    single=st.booleans(),
    weighted=st.booleans(),
    seed=st.integers(0, 2**31),
)
def test_any_shape_agrees_with_its_twin(rows, columns, classes, column_major, single, weighted, seed):
    X, y, weight, beta = problem(rows, columns, classes, seed, weighted=weighted)
    X = np.asarray(X, np.float32 if single else float, "F" if column_major else "C")
    for run, rest in ((softmax, (beta,)), (one_vs_rest, (None, np.arange(float(classes)), beta))):
        one, two = (run(kind, X, y, weight, *rest, threads=2) for kind in ("compiled", "reference"))
        for found, expected in zip(one, two, strict=True):
            np.testing.assert_allclose(found, expected, rtol=1e-11, atol=1e-10)


@pytest.mark.parametrize("order", [0, 1, 2])
@pytest.mark.parametrize("layout", list(LAYOUTS)[:4])
def test_any_number_of_threads_gives_the_same_bits(layout, order):
    X, y, weight, beta = problem(20_011, 9, 5, weighted=True)
    X = LAYOUTS[layout](X)
    for run, rest in ((softmax, (beta,)), (one_vs_rest, (None, np.arange(5.0), beta))):
        first, *others = (run("compiled", X, y, weight, *rest, order=order, threads=t) for t in (1, 2, 3, 7))
        for other in others:
            for a, b in zip(first, other, strict=True):
                assert a.tobytes() == b.tobytes()


def test_one_class_has_the_same_bits_whichever_others_share_the_pass():
    X, y, _, beta = problem(5000, 11, 8)
    for count in (1, 2, 3, 6, 8):
        together = one_vs_rest("compiled", X, y, None, None, np.arange(float(count)), beta[:count])
        alone = one_vs_rest("compiled", X, y, None, None, np.array([0.0]), beta[:1])
        for a, b in zip(together[:3], alone[:3], strict=True):
            assert a[0].tobytes() == b[0].tobytes()


def test_one_vs_rest_is_the_binary_kernel_of_each_class(both_kernels):
    X, y, weight, beta = problem(2000, 5, 3, weighted=True)
    centre, scale = X.mean(axis=0), X.std(axis=0) + 0.1
    value, gradient, hessian, reach = one_vs_rest(both_kernels, X, y, weight, None, np.arange(3.0), beta)
    for k in range(3):
        g, h = np.zeros(6), np.zeros((6, 6))
        sweep = kernels.active.sweep_logistic_dense
        v, r = sweep(X, centre, scale, (y == k).astype(float), weight, None, beta[k], g, h, 1)
        assert value[k] == pytest.approx(v, rel=1e-13)
        assert reach[0] == pytest.approx(r, rel=1e-13)
        np.testing.assert_allclose(gradient[k], g, rtol=1e-11, atol=1e-11)
        np.testing.assert_allclose(hessian[k], h, rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize(
    "scores", [[0.1, -2.0, 1.9], [1000.0, -1000.0, 0.0], [-1000.0, 1000.0, 1000.0], [40.0, 0.0, 3.0], [1e-9, 0, -1e-9]]
)
@pytest.mark.parametrize("label", [0, 1, 2])
def test_softmax_is_exact_at_any_scores(both_kernels, scores, label):
    """A row without columns, whose scores are the intercepts."""
    beta, contrasts = np.array(scores)[:, None], Multinomial(3).contrasts
    value, gradient, hessian = np.zeros(1), np.zeros((3, 1)), np.zeros((3, 1, 1))
    y, none = np.array([float(label)]), np.zeros(0)
    sweep = kernels.active.sweep_multinomial_dense
    sweep(np.zeros((1, 0)), none, none, y, None, contrasts, beta, value, gradient, hessian, 1)
    with mpmath.workdps(1000):
        e = [mpmath.exp(mpmath.mpf(float(s))) for s in scores]
        q = [x / sum(e) for x in e]
        loss = float(mpmath.log(sum(e)) - mpmath.mpf(float(scores[label])))
        slope = [float(p - (k == label)) for k, p in enumerate(q)]
        full = [[float(p * ((j == k) - r)) for k, r in enumerate(q)] for j, p in enumerate(q)]
    assert value[0] == pytest.approx(loss, rel=4e-15, abs=1e-300)
    np.testing.assert_allclose(gradient[:, 0], slope, rtol=4e-15, atol=1e-300)
    expected = contrasts.T @ np.array(full) @ contrasts
    np.testing.assert_allclose(hessian[:, 0, 0], expected[[0, 1, 1], [0, 0, 1]], rtol=1e-13, atol=1e-15)


@pytest.mark.usefixtures("both_kernels")
def test_the_curvature_of_scores_is_that_of_contrasts_seen_from_them():
    X, y, weight, beta = problem(900, 4, 3)
    found = []
    for contrasts in (Multinomial(3).contrasts, np.eye(3)):
        pairs = contrasts.shape[1] * (contrasts.shape[1] + 1) // 2
        hessian = np.zeros((pairs, 5, 5))
        sweep = kernels.active.sweep_multinomial_dense
        given = (X, np.zeros(4), np.ones(4), y, weight, contrasts, beta, np.zeros(1), np.zeros((3, 5)), hessian, 2)
        sweep(*given)
        full = np.empty((contrasts.shape[1], contrasts.shape[1], 5, 5))
        blocks = iter(hessian)
        for j in range(len(full)):
            for k in range(j + 1):
                full[j, k] = full[k, j] = next(blocks)
        found.append(np.einsum("aj,jkrs,bk->abrs", contrasts, full, contrasts))
    np.testing.assert_allclose(found[0], found[1], rtol=1e-10, atol=1e-9)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("layout", list(LAYOUTS)[:4])
def test_what_is_not_finite_is_never_hidden(layout, bad):
    X, y, _, beta = problem(2500, 5, 3)
    X = LAYOUTS[layout](X).copy(order="K")
    X[1234, 3] = bad
    value, gradient = np.zeros(1), np.zeros((3, 6))
    sweep = kernels.load("compiled").sweep_multinomial_dense
    sweep(X, np.zeros(5), np.ones(5), y, None, Multinomial(3).contrasts, beta, value, gradient, None, 2)
    assert not np.isfinite(value).any()
    assert not np.isfinite(gradient).all()


def test_wrong_shapes_are_refused_before_memory_is_touched():
    module, X, y = kernels.load("compiled"), np.zeros((4, 2)), np.zeros(4)
    one, Q, beta, value = np.ones(2), Multinomial(3).contrasts, np.zeros((3, 3)), np.zeros(1)
    for wrong, match in (
        ({"contrasts": np.zeros((3, 4))}, "contrasts need"),
        ({"beta": np.zeros((2, 3))}, "beta needs"),
        ({"value": np.zeros(3)}, "value has"),
        ({"gradient": np.zeros((3, 2))}, "gradient has"),
        ({"hessian": np.zeros((3, 3, 3))}, "hessian needs"),
        ({"target": np.zeros(5)}, "target needs"),
    ):
        given = {
            "x": X, "centre": one, "scale": one, "target": y, "weight": None, "contrasts": Q, "beta": beta,
            "value": value, "gradient": None, "hessian": None, "threads": 1, **wrong,
        }  # fmt: skip
        with pytest.raises(ValueError, match=match):
            module.sweep_multinomial_dense(**given)
    with pytest.raises(ValueError, match="beta needs"):
        module.sweep_one_vs_rest_dense(X, one, one, y, None, None, np.zeros(0), np.zeros((0, 3)), value, None, None, 1)
