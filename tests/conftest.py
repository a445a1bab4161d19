"""Fixtures: both kinds of kernels, and every named problem."""

from __future__ import annotations

import os
from zlib import crc32

import numpy as np
import pytest
from hypothesis import settings

from oddsmith import kernels
from tests.problems import PROBLEMS, SOAK, Problem

os.environ["MPLBACKEND"] = "Agg"  # figures without a screen

# the same examples at every run; `make soak` draws others, and more
settings.register_profile("house", deadline=None, derandomize=not SOAK, max_examples=2000 if SOAK else 100)
settings.load_profile("house")


@pytest.fixture(autouse=True)
def own_draws(request):
    """Let a test's numbers depend on its name, not on the tests that ran before it."""
    if generator := getattr(request.module, "RNG", None):
        generator.bit_generator.state = np.random.PCG64(crc32(request.node.nodeid.encode())).state


@pytest.fixture(params=["compiled", "reference"])
def both_kernels(request, monkeypatch):
    """Run on the compiled kernels and on their NumPy twins."""
    monkeypatch.setattr(kernels, "active", kernels.load(request.param))
    return request.param


@pytest.fixture(params=PROBLEMS)
def problem(request) -> Problem:
    return PROBLEMS[request.param]
