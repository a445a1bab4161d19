"""One contestant on one problem, in a process of its own: python -m benchmarks.worker FOLDER SOLVER TOL REPEATS."""

from __future__ import annotations

import importlib
import json
import resource
import sys
import time
import warnings
from pathlib import Path

import numpy as np

from benchmarks import objective
from benchmarks.datasets.base import Problem

ENOUGH = 10.0  # seconds after which a slow contestant is not asked again


def main(folder: str, solver: str, tol: str, repeats: str) -> None:
    """Print a line of JSON: the first call apart, the others' times, passes, value, memory beyond the data."""
    X, y, alpha = (np.load(Path(folder) / f"{name}.npy") for name in ("X", "y", "alpha"))
    contestant = importlib.import_module(f"benchmarks.solvers.{solver}")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    times = []
    warnings.simplefilter("ignore")
    for _ in range(1 + int(repeats)):
        if sum(times) > ENOUGH:
            break
        began = time.perf_counter()
        intercept, coef, passes = contestant.fit(X, y, float(alpha), json.loads(tol))
        times.append(time.perf_counter() - began)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    value = objective.value(Problem("", X, y, float(alpha)), float(intercept), np.asarray(coef))
    told = {
        "first": times[0],
        "times": times[1:] or times,
        "passes": passes,
        "value": value,
        "extra_mb": (peak - before) / 1024,
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main(*sys.argv[1:])
