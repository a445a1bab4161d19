import threading

import numpy as np
import pytest
from threadpoolctl import ThreadpoolController

from oddsmith import L2, Newton, as_source, fit, fit_one_vs_rest
from oddsmith.blas import on_one_thread


def counts():
    import scipy.linalg  # noqa: F401

    return [pool.get_num_threads() for pool in ThreadpoolController().select(user_api="blas").lib_controllers]


@pytest.fixture
def before():
    found = counts()
    if set(found) <= {1}:
        pytest.skip("this machine's BLAS has one thread only")
    yield found
    assert counts() == found


def test_one_thread_inside_and_as_before_outside(before):
    with on_one_thread():
        with on_one_thread():
            assert set(counts()) == {1}
        assert set(counts()) == {1}
    assert counts() == before


def test_an_error_restores_them_too(before):
    with pytest.raises(ZeroDivisionError), on_one_thread():
        1 / 0  # noqa: B018


def test_fits_that_overlap_in_several_threads_restore_them_at_the_end(before):
    first_in, second_in = threading.Event(), threading.Event()

    def first():
        with on_one_thread():
            first_in.set()
            second_in.wait(10)

    thread = threading.Thread(target=first)
    thread.start()
    first_in.wait(10)
    with on_one_thread():
        assert set(counts()) == {1}
        second_in.set()
        thread.join(10)
    assert counts() == before


def test_a_fit_of_many_rows_runs_so_and_a_small_one_does_not_bother(before):
    seen = []

    class Watched(Newton):
        def solve(self, *args, **options):
            seen.append(counts())
            return super().solve(*args, **options)

    rng = np.random.default_rng(0)
    X = rng.standard_normal((20_000, 3))
    y = X[:, 0] + rng.logistic(size=len(X)) > 0
    for rows in (20_000, 100):
        fit(as_source(X[:rows], y[:rows]), penalty=L2(0.1), solver=Watched())
    assert seen == [[1] * len(before), before]


def test_fits_of_classes_side_by_side_all_run_so(before):
    """None of them restores the pool while others still solve."""
    seen = []

    class Watched(Newton):
        def solve(self, *args, **options):
            found = super().solve(*args, **options)
            seen.append(counts())
            return found

    rng = np.random.default_rng(0)
    X = rng.standard_normal((20_000, 3))
    y = (X + rng.gumbel(size=X.shape)).argmax(axis=1)
    fit_one_vs_rest(as_source(X, y), penalty=L2(0.1), solver=Watched(), warn=lambda _: seen.append(counts()))
    assert seen == [[1] * len(before)] * 6


def test_what_is_said_of_a_fit_is_worked_out_so_too(before):
    """A product after its end would leave threads spinning into the next fit."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((20_000, 3))
    seen = []
    fit(as_source(X, X[:, 0] + rng.logistic(size=len(X)) > 0), warn=lambda _: seen.append(counts()))
    assert seen == [[1] * len(before)]
