"""One contestant on one problem, in a process of its own: python -m benchmarks.worker FOLDER SOLVER TOL REPEATS."""

from __future__ import annotations

import importlib
import json
import sys
import time
import warnings
from pathlib import Path

import numpy as np

from benchmarks import objective
from benchmarks.datasets.base import load

ENOUGH = 10.0  # seconds after which a slow contestant is not asked again


def main(folder: str, solver: str, tol: str, repeats: str) -> None:
    """Print a line of JSON: the first call apart, the others' times, passes, value, memory beyond the data."""
    problem = load(Path(folder))
    contestant = importlib.import_module(f"benchmarks.solvers.{solver}")
    before = peak_kb()
    times = []
    warnings.simplefilter("ignore")
    for _ in range(1 + int(repeats)):
        if sum(times[1:]) > ENOUGH:  # of the first call much may be compilation
            break
        began = time.perf_counter()
        intercept, coef, passes = contestant.fit(problem, json.loads(tol))
        times.append(time.perf_counter() - began)
    peak = peak_kb()
    found = np.atleast_1d(np.asarray(intercept, dtype=float)), np.atleast_2d(np.asarray(coef, dtype=float))
    told = {
        "first": times[0],
        "times": times[1:] or times,
        "passes": passes,
        "value": objective.value(problem, *found),
        "held_out": objective.loss(problem, *problem.held_out, *found),
        "extra_mb": (peak - before) / 1024,
    }
    print(json.dumps(told))


def peak_kb() -> int:
    """Peak resident memory of this very process; getrusage may count the parent's from before exec."""
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))


if __name__ == "__main__":
    main(*sys.argv[1:])
