"""Fixtures: both kinds of kernels, and every named problem."""

from __future__ import annotations

import pytest

from oddsmith import kernels
from tests.problems import PROBLEMS, Problem


@pytest.fixture(params=["compiled", "reference"])
def both_kernels(request, monkeypatch):
    """Run on the compiled kernels and on their NumPy twins."""
    monkeypatch.setattr(kernels, "active", kernels.load(request.param))
    return request.param


@pytest.fixture(params=PROBLEMS)
def problem(request) -> Problem:
    return PROBLEMS[request.param]
