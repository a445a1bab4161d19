"""What the engine promises, counted: passes, memory, bits. Never seconds."""

import multiprocessing
import tracemalloc
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from oddsmith import L2, SketchedNewton, as_source, fit, infer
from oddsmith.errors import Status
from tests.problems import generate

TOL = 1e-9
SKETCH = SketchedNewton(rows_per_column=200, newton_limit=1)


def problem(rows=40_000, columns=20):
    """Enough rows for a sketch of some of them."""
    return generate(rows, columns, seed=12)


PLAIN = problem()


def solved(X, y=PLAIN.y, **options):
    return fit(as_source(X, y), **{"penalty": L2(1e-4), "tol": TOL, "solver": SKETCH, "standardize": True} | options)


@pytest.mark.parametrize(
    "options",
    [{}, {"penalty": None}, {"solver": "auto"}, {"penalty": L2(1.0)}],
    ids=["ridge", "free", "auto", "strong"],
)
def test_few_passes_reach_the_tolerance(options):
    result, exact = solved(PLAIN.X, **options), solved(PLAIN.X, **options, tol=None)
    assert result.status is Status.CONVERGED
    assert result.passes <= (6 if options.get("solver") is None else 9)  # "auto" takes so few rows by exact Newton
    assert result.value - exact.value <= TOL * exact.value


@pytest.mark.parametrize("seed", range(5))
def test_units_and_means_cost_no_pass(seed):
    rng = np.random.default_rng(seed)
    scale = 10.0 ** rng.uniform(-3, 3, 20)
    standard = (PLAIN.X - PLAIN.X.mean(axis=0)) / PLAIN.X.std(axis=0)
    one, other = solved(standard), solved(standard * scale + 1e3 * scale * rng.uniform(-1, 1, 20))
    assert one.passes == other.passes
    np.testing.assert_allclose(other.beta[0, 1:] * scale, one.beta[0, 1:], rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("order", ["C", "F"])
def test_float32_is_read_as_it_is(order):
    single = np.asarray(PLAIN.X, dtype=np.float32, order=order)
    double = solved(single.astype(np.float64), tol=None)
    tracemalloc.start()
    result = solved(single, tol=None)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    np.testing.assert_allclose(result.value, double.value, rtol=1e-12)
    np.testing.assert_allclose(result.beta, double.beta, rtol=1e-9, atol=1e-12)
    assert peak < 2.0 * 8 * 4000 * 20 + 0.8 * single.nbytes  # its sample, and vectors of rows; never a float64 copy


def test_memory_does_not_grow_with_the_columns_times_the_rows():
    peaks = []
    for columns in (10, 80):
        X = problem(60_000, columns).X
        y = PLAIN.y.repeat(2)[:60_000]
        tracemalloc.start()
        infer(fit(as_source(X, y), solver=SketchedNewton(newton_limit=1), warn=lambda _: None))
        peaks.append(tracemalloc.get_traced_memory()[1] - 2 * 8 * 80 * (1 + columns) * columns)  # its sample apart
        tracemalloc.stop()
    assert peaks[1] < 0.1 * 60_000 * 80 * 8 + peaks[0]


def fitted_in_a_child(queue):
    queue.put(solved(PLAIN.X).beta.tobytes())


def test_a_forked_process_fits_like_its_parent():
    before = solved(PLAIN.X).beta.tobytes()  # threads have run before the fork
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    child = context.Process(target=fitted_in_a_child, args=(queue,))
    child.start()
    assert queue.get(timeout=60) == before
    child.join(60)
    assert child.exitcode == 0


def test_fits_in_many_threads_at_once_are_as_alone():
    seeds = range(8)
    alone = [solved(PLAIN.X, np.roll(PLAIN.y, k)).beta.tobytes() for k in seeds]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda k: solved(PLAIN.X, np.roll(PLAIN.y, k)).beta.tobytes(), seeds))
    assert together == alone


def test_no_bit_depends_on_the_threads():
    bits = {solved(PLAIN.X, threads=threads).beta.tobytes() for threads in (1, 2, 3, 7)}
    assert len(bits) == 1
