from threadpoolctl import threadpool_info

from oddsmith.blas import on_one_thread


def threads():
    return [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]


def test_every_blas_is_held_to_one_thread_and_let_go_after():
    with on_one_thread():
        pass  # which loads SciPy's
    before = threads()
    with on_one_thread():
        assert set(threads()) == {1}
    assert threads() == before
