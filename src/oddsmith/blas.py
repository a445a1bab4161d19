"""One thread for BLAS: the only place that knows of its pool.

Its threads spin for a while after each call, on the processors that our own need, and its sums depend on how many they
are.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any


@contextmanager
def on_one_thread() -> Iterator[None]:
    """Let no BLAS in this process use more than one thread for a while."""
    with _controller().limit(limits=1, user_api="blas"):
        yield


@cache
def _controller() -> Any:
    """Looks through the loaded libraries once, so SciPy's must be among them."""
    import scipy.linalg.lapack  # noqa: F401
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
