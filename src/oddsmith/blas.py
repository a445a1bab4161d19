"""BLAS on one thread while a fit runs: its pool would share the processors with the threads of the passes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

_limited = threading.Lock()


@contextmanager
def on_one_thread() -> Iterator[None]:
    """BLAS has one thread inside; what was there is restored at the end.

    OpenBLAS's threads spin for milliseconds after every product or factorisation, on processors that the next pass
    needs. One thread also gives a p x p matrix the same bits on any number of processors. There is one pool for all
    of Python's threads: of fits that overlap the first one limits it, and restores it when it ends.
    """
    if not _limited.acquire(blocking=False):
        yield
        return
    try:
        with _controller().limit(limits=1, user_api="blas"):
            yield
    finally:
        _limited.release()


@cache
def _controller() -> Any:
    """Of NumPy's BLAS and of SciPy's own, which has to be loaded to be found. Takes milliseconds, once."""
    import scipy.linalg  # noqa: F401
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
