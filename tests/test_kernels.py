import gc
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from platform import machine

import mpmath
import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st

from oddsmith import _reference, kernels
from tests.problems import PROBLEMS, generate

LAYOUTS = {
    "row-major float64": np.ascontiguousarray,
    "column-major float64": np.asfortranarray,
    "row-major float32": lambda X: np.ascontiguousarray(X, dtype=np.float32),
    "column-major float32": lambda X: np.asfortranarray(X, dtype=np.float32),
    "rows of a wider array": lambda X: np.column_stack([X, X])[:, : X.shape[1]],
    "a slice of columns": lambda X: np.asfortranarray(np.vstack([X, X]))[: len(X)],
}


def sweep(module, X, problem, beta, order, threads=1):
    p = X.shape[1]
    gradient = np.zeros(p + 1) if order >= 1 else None
    hessian = np.zeros((p + 1, p + 1)) if order >= 2 else None
    centre, scale = X.mean(axis=0, dtype=float), X.std(axis=0, dtype=float)
    value, reach = module.sweep_logistic_dense(
        X, centre, scale, problem.y.astype(float), problem.weight, problem.offset, beta, gradient, hessian, threads
    )
    return value, gradient, hessian, reach


def test_the_extension_is_there():
    assert kernels.load("compiled").__name__ == "oddsmith._kernels"


def test_every_compiled_kernel_has_a_twin():
    compiled = {name for name in dir(kernels.load("compiled")) if not name.startswith("_")}
    assert compiled
    families = (
        "sweep_",
        "newton_",
        "moments_",
        "gram_",
        "logistic_",
        "simd_",
        "rough_",
        "count_",
        "select_",
        "gather_",
        "scores_",
        "add_",
        "reduced_",
        "standardise_",
        "proximal_",
        "descend",
        "slopes_",
        "exact_",
    )
    assert compiled == {name for name in dir(_reference) if name.startswith(families)}


@pytest.mark.skipif(not Path("/proc/cpuinfo").exists() or machine() != "x86_64", reason="clones are of Linux on x86-64")
def test_the_level_is_what_the_processor_can_do():
    flags = set(re.search(r"^flags\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.M)[1].split())
    avx2 = {"avx", "avx2", "bmi1", "bmi2", "f16c", "fma", "abm", "movbe"} <= flags
    avx512 = {"avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"} <= flags
    assert kernels.load("compiled").simd_level() == (4 if avx2 and avx512 else 3 if avx2 else 1)
    assert _reference.simd_level() == 0


def newton(module, X, problem, beta, *, curvature=0.0, intercept=True, limit=30, goal=1e-11, threads=1):
    p = X.shape[1]
    total = float(len(problem.y) if problem.weight is None else problem.weight.sum())
    held = np.full(p + 1, curvature)
    held[0] = 0.0
    trace, end = np.full((limit, 4), np.nan), beta.copy()
    gradient, hessian = np.zeros(p + 1), np.zeros((p + 1, p + 1))
    lines, passes, value, reach = module.newton_logistic_dense(
        X, X.mean(axis=0), X.std(axis=0), problem.y.astype(float), problem.weight, problem.offset, held, intercept,
        total, goal, np.log(2) / len(X), end, trace, gradient, hessian, threads,
    )  # fmt: skip
    assert np.isfinite([value, reach]).all()
    return end, trace[:lines], passes, gradient, hessian


@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize("curvature", [0.0, 0.1])
@pytest.mark.parametrize("name", ["plain", "weighted"])
@pytest.mark.parametrize("distance", [0.0, 4.0])
def test_newtons_method_is_its_twin(name, intercept, curvature, distance):
    problem = PROBLEMS[name]
    start = np.full(problem.X.shape[1] + 1, distance) * np.append(float(intercept), np.ones(problem.X.shape[1]))
    options = {"curvature": curvature, "intercept": intercept}
    one, two = (newton(kernels.load(choice), problem.X, problem, start, **options) for choice in kernels.MODULES)
    np.testing.assert_allclose(one[0], two[0], rtol=1e-9, atol=1e-10)
    np.testing.assert_allclose(one[1][:, [0, 1, 3]], two[1][:, [0, 1, 3]], rtol=1e-9)
    np.testing.assert_allclose(one[1][:, 2], two[1][:, 2], rtol=1e-4, atol=1e-16)
    assert one[2] == two[2]
    assert intercept or one[0][0] == 0.0
    for ours, theirs in zip(one[3:], two[3:], strict=True):  # where they ended; the gradient is all rounding there
        np.testing.assert_allclose(ours, theirs, rtol=1e-8, atol=1e-9 * len(problem.y))
    seen = np.zeros(len(start)), np.zeros((len(start),) * 2)
    rows = problem.y.astype(float), problem.weight, problem.offset
    X = problem.X
    kernels.active.sweep_logistic_dense(X, X.mean(axis=0), X.std(axis=0), *rows, one[0], *seen, 1)
    for told, expected in zip(one[3:], seen, strict=True):
        np.testing.assert_allclose(told, expected, rtol=1e-9, atol=1e-9 * len(problem.y))
    end, trace, *_ = newton(kernels.active, problem.X, problem, one[0], **options)
    assert trace[0, 2] < 1e-15
    assert (one[1][:, 3] < 1.0).any() == (distance > 0.0 and (intercept or not curvature))


def test_newtons_method_knows_when_to_leave_off():
    problem = PROBLEMS["plain"]
    zeros = np.zeros(problem.X.shape[1] + 1)
    for module in map(kernels.load, kernels.MODULES):
        for limit in (2, 3, 4):
            assert newton(module, problem.X, problem, zeros, limit=limit)[2] <= limit + 1
        doubled = np.ascontiguousarray(np.column_stack([problem.X, problem.X[:, 0]]))
        end, trace, passes, *_ = newton(module, doubled, problem, np.zeros(len(zeros) + 1))
        assert (len(trace), passes) == (0, 2)  # a singular Hessian is for those who can reveal its rank
        assert not end.any()


def test_newtons_method_has_the_same_bits_for_any_number_of_threads():
    problem = generate(rows=9000, columns=7, seed=4)
    ends = [newton(kernels.active, problem.X, problem, np.zeros(8), threads=k)[0] for k in (1, 2, 3, 7)]
    for end in ends[1:]:
        np.testing.assert_array_equal(end, ends[0])


def test_an_unknown_choice_is_refused():
    with pytest.raises(ImportError, match="ODDSMITH_KERNELS is 'gpu'"):
        kernels.load("gpu")


def test_other_kernels_can_be_used_for_a_while():
    before = kernels.active
    with kernels.using("reference"):
        assert kernels.active is _reference
    assert kernels.active is before
    with pytest.raises(ZeroDivisionError), kernels.using("reference"):
        _ = 1 / 0
    assert kernels.active is before


def test_the_environment_forces_the_twins():
    code = "from oddsmith import kernels; print(kernels.active.__name__)"
    done = subprocess.run(
        [sys.executable, "-c", code], env={"ODDSMITH_KERNELS": "reference"}, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "oddsmith._reference"


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("order", [0, 1, 2])
@pytest.mark.parametrize("weighted", [False, True])
def test_compiled_and_reference_agree(layout, order, weighted):
    problem = generate(3001, 7, 1, weighted=weighted, scales=(0.1, 10), centre=3.0)
    X = LAYOUTS[layout](problem.X)
    beta = np.linspace(-1, 1, 8)
    one, two = (sweep(kernels.load(kind), X, problem, beta, order) for kind in ("compiled", "reference"))
    np.testing.assert_allclose(one[0], two[0], rtol=1e-13)
    if order >= 1:
        np.testing.assert_allclose(one[1], two[1], rtol=1e-12, atol=1e-10)
    if order >= 2:
        np.testing.assert_allclose(one[2], two[2], rtol=1e-12, atol=1e-10)
        np.testing.assert_allclose(one[3], two[3], rtol=1e-13)


@pytest.mark.parametrize("layout", list(LAYOUTS)[:4])
@pytest.mark.parametrize("zeros", [0.0, 0.9, 1.0])
def test_many_columns_of_which_some_do_not_count(layout, zeros):
    problem = generate(1201, 203, 4, weighted=True, centre=3.0)
    X, rng = LAYOUTS[layout](problem.X), np.random.default_rng(0)
    beta = np.where(rng.random(204) < zeros, 0.0, 0.1 * rng.standard_normal(204))
    for order in (0, 1):
        one, two, again = (
            sweep(kernels.load(kind), X, problem, beta, order, threads)
            for kind, threads in (("compiled", 2), ("reference", 1), ("compiled", 1))
        )
        assert again[0] == one[0]
        np.testing.assert_allclose(one[0], two[0], rtol=1e-13)
        if order:
            np.testing.assert_array_equal(again[1], one[1])
            np.testing.assert_allclose(one[1], two[1], rtol=1e-11, atol=1e-9)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("shape", [(1, 3), (130, 7), (1000, 203)])
def test_columns_are_gathered(layout, shape):
    X = LAYOUTS[layout](np.random.default_rng(1).standard_normal(shape))
    for columns in ([], [2], [2, 0, 2, 1]):
        places = np.array(columns, dtype=np.int64)
        for kind, threads in (("compiled", 1), ("compiled", 3), ("reference", 1)):
            out = np.full((len(columns), shape[0]), np.nan, dtype=X.dtype)
            kernels.load(kind).gather_dense(X, places, out, threads)
            np.testing.assert_array_equal(out, X[:, columns].T)
    with pytest.raises(ValueError, match="no such column"):
        kernels.load("compiled").gather_dense(X, np.array([shape[1]]), np.empty((1, shape[0]), dtype=X.dtype), 1)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("shape", [(1, 3), (130, 7), (1300, 203)])
def test_scores(layout, shape):
    rng = np.random.default_rng(3)
    X, v = LAYOUTS[layout](1e6 + rng.standard_normal(shape)), rng.standard_normal(shape[1])
    centre, scale = X.mean(axis=0, dtype=float), 1.0 + rng.random(shape[1])
    one, two, again = (np.full(shape[0], 0.5) for _ in range(3))
    for out, kind, threads in ((one, "compiled", 3), (two, "reference", 1), (again, "compiled", 1)):
        kernels.load(kind).scores_dense(X, centre, scale, v, out, threads)
    np.testing.assert_array_equal(one, again)
    np.testing.assert_allclose(one, two, atol=1e-13)


@pytest.mark.parametrize("kind", ["compiled", "reference"])
@pytest.mark.parametrize("size", [0, 1, 65, 300])
@pytest.mark.parametrize("precision", [np.float32, np.float64])
def test_products_are_added(kind, size, precision):
    rng = np.random.default_rng(2)
    before = rng.standard_normal((size, size)).astype(precision)
    left, right = rng.standard_normal((2, 3, size))
    results = []
    for threads in (1, 3):
        results.append(before.copy())
        kernels.load(kind).add_products(results[-1], left, right, threads)
    np.testing.assert_array_equal(*results)
    np.testing.assert_allclose(results[0], before + left.T @ right, atol=30 * np.finfo(precision).eps)


@pytest.mark.parametrize("order", [0, 1, 2])
@pytest.mark.parametrize("layout", list(LAYOUTS)[:4])
def test_any_number_of_threads_gives_the_same_bits(layout, order):
    problem = generate(20_011, 9, 2, weighted=True)
    X = LAYOUTS[layout](problem.X)
    results = [sweep(kernels.load("compiled"), X, problem, np.full(10, 0.3), order, threads) for threads in (1, 2, 5)]
    for other in results[1:]:
        assert other[0] == results[0][0]
        if order >= 1:
            np.testing.assert_array_equal(other[1], results[0][1])
        if order >= 2:
            np.testing.assert_array_equal(other[2], results[0][2])
    mean, deviation = [], []
    for threads in (1, 2, 5):
        out = np.zeros(9), np.zeros(9)
        kernels.load("compiled").moments_dense(X, problem.weight, *out, threads)
        mean.append(out[0].tobytes())
        deviation.append(out[1].tobytes())
    assert len(set(mean)) == len(set(deviation)) == 1


def test_rows_are_exact_to_the_last_digits(both_kernels):
    eta = np.concatenate([np.linspace(-40, 40, 801), [-800.0, -700.0, -1e-300, 0.0, 1e-17, 700.0, 800.0]])
    for label in (0.0, 1.0):
        value, gradient, hessian = np.empty((3, len(eta)))
        kernels.logistic_rows(eta, np.full_like(eta, label), value, gradient, hessian)
        with mpmath.workdps(60):
            for k, x in enumerate(eta):
                x = mpmath.mpf(float(x))
                side = -x if label else x  # the loss of label 1 at eta is that of label 0 at -eta
                odds = mpmath.exp(side)
                exact = mpmath.log1p(odds), odds / (1 + odds) * (-1 if label else 1), odds / (1 + odds) ** 2
                for mine, truth in zip((value[k], gradient[k], hessian[k]), exact, strict=True):
                    # beyond 1e-307 the compiled exp is held at its smallest normal number
                    assert abs(mine - truth) <= 1e-15 * abs(truth) + mpmath.mpf("4e-308")


@given(
    rows=st.integers(1, 300),
    columns=st.integers(0, 20),
    column_major=st.booleans(),
    single=st.booleans(),
    weighted=st.booleans(),
    seed=st.integers(0, 2**32 - 1),
)
def test_any_shape_agrees_with_its_twin(rows, columns, column_major, single, weighted, seed):
    rng = np.random.default_rng(seed)
    X = np.asarray(
        rng.standard_normal((rows, columns)) * 3, np.float32 if single else float, "F" if column_major else "C"
    )
    centre, scale, y = rng.standard_normal(columns), rng.uniform(0.5, 2, columns), rng.random(rows)
    w, o = (rng.random(rows), rng.standard_normal(rows)) if weighted else (None, None)
    beta = rng.standard_normal(columns + 1)
    found = []
    for kind in ("compiled", "reference"):
        gradient, hessian = np.zeros(columns + 1), np.zeros((columns + 1, columns + 1))
        value, reach = kernels.load(kind).sweep_logistic_dense(X, centre, scale, y, w, o, beta, gradient, hessian, 2)
        found.append(np.concatenate([[value, reach], gradient, hessian.ravel()]))
    np.testing.assert_allclose(found[0], found[1], rtol=1e-11, atol=1e-10)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("layout", list(LAYOUTS)[:4])
def test_what_is_not_finite_is_never_hidden(both_kernels, bad, layout):
    problem = generate(2500, 5, 3)
    X = LAYOUTS[layout](problem.X).copy(order="K")
    X[1234, 3] = bad
    value, gradient, _, _ = _sweep_with_unit_scale(X, problem)
    assert not np.isfinite(value)
    assert not np.isfinite(gradient).all()
    mean, deviation = np.zeros(5), np.zeros(5)
    weight = np.ones(2500)
    weight[1000:1500] = 0.0
    for w in (None, weight):
        kernels.moments_dense(X, w, mean, deviation, 2)
        assert not np.isfinite(mean[3] + deviation[3])


def _sweep_with_unit_scale(X, problem):
    gradient = np.zeros(6)
    value, reach = kernels.active.sweep_logistic_dense(
        X, np.zeros(5), np.ones(5), problem.y.astype(float), None, None, np.ones(6), gradient, None, 2
    )
    return value, gradient, None, reach


def test_moments_survive_a_large_mean(both_kernels):
    rng = np.random.default_rng(0)
    X = rng.standard_normal((5000, 3)) + np.array([1e7, -1e9, 0.0])
    mean, deviation = np.zeros(3), np.zeros(3)
    kernels.moments_dense(X, None, mean, deviation, 2)
    exact = X.astype(np.longdouble)
    np.testing.assert_allclose(mean, exact.mean(axis=0).astype(float), rtol=1e-14, atol=1e-15)
    np.testing.assert_allclose(deviation / 5000, exact.var(axis=0).astype(float), rtol=1e-12)


def test_a_constant_column_has_no_deviation_at_all(both_kernels):
    X = np.column_stack([np.full(5000, 0.1), np.arange(5000.0)])
    mean, deviation = np.zeros(2), np.zeros(2)
    kernels.moments_dense(X, None, mean, deviation, 2)
    assert mean[0] == 0.1
    assert deviation[0] == 0.0


def compressed(rows=2003, columns=60, seed=0, *, single=False, wide=False):
    """CSR of power-law columns with empty rows, a column that all others store, one that is constant, one empty."""
    rng = np.random.default_rng(seed)
    density = np.minimum(1.0, 2.0 / np.arange(1, columns + 1))
    X = rng.standard_normal((rows, columns)) * (rng.random((rows, columns)) < density)
    X[:, 0], X[:, 2] = X[:, 0] + 1e3, 0.0
    X[::7] = 0.0
    X[:, 1] = 0.1
    matrix = sp.csr_array(X.astype(np.float32 if single else float))
    matrix.data[5] = 0.0  # stored, and zero
    index = np.int64 if wide else np.int32
    return matrix.data, matrix.indices.astype(index), matrix.indptr.astype(index), matrix.toarray().astype(float)


def sweep_compressed(module, stored, rows, columns, order, threads=1, *, weighted=True):
    rng = np.random.default_rng(1)
    centre, scale = rng.standard_normal(columns), rng.uniform(0.5, 2, columns)
    scale[1] = np.inf
    y, w, o = rng.random(rows), rng.integers(0, 3, rows).astype(float), rng.standard_normal(rows)
    beta = rng.standard_normal(columns + 1) * 0.1
    gradient = np.zeros(columns + 1) if order >= 1 else None
    hessian = np.zeros((columns + 1, columns + 1)) if order >= 2 else None
    extra = (w, o) if weighted else (None, None)
    value, reach = module.sweep_logistic_sparse(*stored, centre, scale, y, *extra, beta, gradient, hessian, threads)
    return [np.array([value, reach]), *([gradient] if order else []), *([hessian] if order == 2 else [])]


@pytest.mark.parametrize("order", [0, 1, 2])
@pytest.mark.parametrize("single", [False, True])
@pytest.mark.parametrize("wide", [False, True])
@pytest.mark.parametrize("weighted", [False, True])
def test_compiled_and_reference_agree_on_sparse_rows(order, single, wide, weighted):
    *stored, X = compressed(single=single, wide=wide)
    rows, columns = X.shape
    found = [
        sweep_compressed(kernels.load(kind), stored, rows, columns, order, weighted=weighted)
        for kind in ("compiled", "reference")
    ]
    for one, two in zip(*found, strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-9, atol=1e-9 * np.abs(two).max())


@pytest.mark.parametrize("order", [1, 2])
def test_sparse_sums_have_the_same_bits_for_any_number_of_threads(order):
    *stored, X = compressed(20_011)
    module, (rows, columns) = kernels.load("compiled"), X.shape
    found = {}
    for threads in (1, 2, 3, 7):
        sums = sweep_compressed(module, stored, rows, columns, order, threads)
        mean, deviation, out = np.zeros(columns), np.zeros(columns), np.zeros((columns // 2, columns // 2))
        module.moments_sparse(*stored, np.arange(rows) % 3.0, mean, deviation, threads)
        place = np.where(np.arange(columns) % 2, -1, np.arange(columns) // 2)
        module.gram_sparse(*stored, place, np.linspace(0, 1, rows), out, threads)
        found[threads] = b"".join(part.tobytes() for part in (*sums, mean, deviation, out))
    assert len(set(found.values())) == 1


def test_moments_and_gram_of_sparse_rows(both_kernels):
    *stored, X = compressed()
    w = np.random.default_rng(2).random(len(X))
    w[:3] = 0.0
    mean, deviation = np.zeros(X.shape[1]), np.zeros(X.shape[1])
    assert kernels.moments_sparse(*stored, w, mean, deviation, 2) == pytest.approx(w.sum(), rel=1e-13)
    np.testing.assert_allclose(mean, w @ X / w.sum(), rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(deviation, w @ (X - mean) ** 2, rtol=1e-10, atol=1e-15)
    assert (mean[1], deviation[2]) == (0.1, 0.0)
    assert deviation[1] < 1e-30
    columns, place = np.array([0, 3, 4, 59]), np.full(X.shape[1], -1)
    place[columns] = np.arange(4)
    out = np.zeros((4, 4))
    kernels.gram_sparse(*stored, place, w, out, 2)
    np.testing.assert_allclose(out, np.triu((w * X[:, columns].T) @ X[:, columns]), rtol=1e-11)


@pytest.mark.parametrize("weighted", [False, True])
def test_sparse_columns_far_from_0_keep_their_spread(weighted, both_kernels):
    """Sums of squares lose what the mean outweighs; zeros that are not stored are no reason to."""
    rng = np.random.default_rng(3)
    X = (rng.random((3000, 6)) < 0.3) * rng.standard_normal((3000, 6))
    X[:, 0], X[:, 1], X[:, 2] = 0.1, 1e8 + rng.standard_normal(3000), 1e8
    X[17, 2] = 0.0
    w = rng.random(3000) * (rng.random(3000) < 0.9) if weighted else None
    if weighted:
        X[np.flatnonzero(w == 0.0)[0], 0] = 7.0
    matrix = sp.csr_array(X)
    stored = matrix.data, matrix.indices, matrix.indptr
    mean, deviation = np.zeros((2, 6))
    kernels.moments_sparse(*stored, w, mean, deviation, 2)
    weight = np.ones(3000) if w is None else w
    true_mean = weight @ X.astype(np.longdouble) / weight.sum()
    np.testing.assert_allclose(mean, true_mean.astype(float), rtol=4e-16, atol=1e-15)
    np.testing.assert_allclose(deviation, (weight @ (X - true_mean) ** 2).astype(float), 1e-11, 1e-30)
    assert mean[0] == 0.1


def test_some_rows_of_a_compressed_matrix_are_taken_where_they_lie(both_kernels):
    data, index, begin, X = compressed(500)
    whole = sweep_compressed(kernels.active, (data, index, begin[100:201]), 100, X.shape[1], 2)
    cut = slice(begin[100], begin[200])
    alone = sweep_compressed(kernels.active, (data[cut], index[cut], begin[100:201] - begin[100]), 100, X.shape[1], 2)
    for one, two in zip(whole, alone, strict=True):
        np.testing.assert_array_equal(one, two)


def test_wrong_shapes_of_sparse_rows_are_refused_before_memory_is_touched():
    module = kernels.load("compiled")
    *stored, X = compressed(10)
    begin = stored[2]
    mean = np.zeros(X.shape[1])
    with pytest.raises(ValueError, match="no rows"):
        module.moments_sparse(*stored[:2], begin[:1], None, mean, mean.copy(), 1)
    with pytest.raises(ValueError, match="do not belong together"):
        module.moments_sparse(stored[0], stored[1], begin + 1, None, mean, mean.copy(), 1)
    with pytest.raises(ValueError, match="wrong length"):
        module.moments_sparse(*stored, np.ones(11), mean, mean.copy(), 1)
    with pytest.raises(ValueError, match="place must ascend"):
        module.gram_sparse(*stored, np.full(X.shape[1], 4), np.ones(10), np.zeros((9, 9)), 1)


def test_wrong_shapes_are_refused_before_memory_is_touched():
    sweep_dense = kernels.load("compiled").sweep_logistic_dense
    X, one, three = np.zeros((3, 2)), np.ones(2), np.zeros(3)
    with pytest.raises(ValueError, match="beta needs"):
        sweep_dense(X, one, one, three, None, None, np.zeros(2), None, None, 1)
    with pytest.raises(ValueError, match="target needs"):
        sweep_dense(X, one, one, np.zeros(4), None, None, three, None, None, 1)
    with pytest.raises(ValueError, match="wrong length"):
        sweep_dense(X, one, one, three, np.zeros(2), None, three, None, None, 1)
    with pytest.raises(ValueError, match="neither row-major nor column-major"):
        sweep_dense(np.zeros((6, 4))[::2, ::2], one, one, three, None, None, three, None, None, 1)
    with pytest.raises(TypeError):
        sweep_dense(X.astype(int), one, one, three, None, None, three, None, None, 1)


def test_no_copy_of_x_is_made():
    n, p = 200_000, 20
    problem = generate(2000, p, 4)
    for dtype in (np.float32, np.float64):
        X = np.tile(problem.X.astype(dtype), (n // 2000, 1))
        y = np.tile(problem.y.astype(float), n // 2000)
        gradient = np.zeros(p + 1)
        gc.collect()
        before = peak_resident()
        kernels.load("compiled").sweep_logistic_dense(
            X, np.zeros(p), np.ones(p), y, None, None, np.zeros(p + 1), gradient, None, 2
        )
        assert peak_resident() - before < X.nbytes / 4


def peak_resident() -> int:
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM"))


def test_the_interpreter_is_free_while_a_kernel_runs():
    n, p = 400_000, 20
    X, y = np.ones((n, p)), np.zeros(n)
    module = kernels.load("compiled")
    counted = 0
    done = threading.Event()

    def work():
        for _ in range(20):
            module.sweep_logistic_dense(
                X, np.zeros(p), np.ones(p), y, None, None, np.zeros(p + 1), np.zeros(p + 1), None, 1
            )
        done.set()

    thread = threading.Thread(target=work)
    thread.start()
    while not done.wait(0.0005):
        counted += 1
    thread.join()
    assert counted > 5


@pytest.mark.slow
def test_an_interrupt_is_answered_soon():
    code = (
        "import numpy as np, oddsmith\n"
        "rng = np.random.default_rng(0)\n"
        "X = rng.standard_normal((600_000, 60)); y = rng.random(600_000) < 0.4\n"
        "source = oddsmith.as_source(X, y)\n"
        "print('ready', flush=True)\n"
        "oddsmith.fit(source, solver=oddsmith.GradientDescent(learning_rate=1e-9, max_iter=10**7))\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"ready\n"
        time.sleep(1.0)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=20)
    assert b"KeyboardInterrupt" in errors
    assert process.returncode != 0


def test_threads_are_started_only_for_enough_work():
    assert kernels.threads_for(1000, None) == 1
    assert kernels.threads_for(10_000_000, None) == kernels.processors()
    assert kernels.threads_for(10_000_000, 1) == 1
