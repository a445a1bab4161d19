"""What a call costs where there is little to compute. One side alone: python -m benchmarks.calls SIDE PROBLEM."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
import warnings
from typing import Any

import numpy as np

ROUNDS, CALLS = 5, 300
SIDES = ("oddsmith", "scikit-learn lbfgs", "scikit-learn newton-cholesky")
PROBLEMS = ("breast cancer, n=569 p=30", "n=200 p=5")


def estimator(side: str) -> Any:
    """At its own default tolerance, which for Oddsmith is full precision. Each side imports its own library only."""
    if side == "oddsmith":
        import oddsmith

        return oddsmith.LogisticRegression()
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(solver=side.split()[1])


def problem(name: str) -> tuple[np.ndarray, np.ndarray]:
    """Small data, standardised."""
    if name == PROBLEMS[0]:
        from sklearn.datasets import load_breast_cancer

        X, y = load_breast_cancer(return_X_y=True)
        return (X - X.mean(axis=0)) / X.std(axis=0), y
    rng = np.random.default_rng(0)
    small = rng.standard_normal((200, 5))
    return small, (small @ rng.standard_normal(5) + rng.logistic(size=200) > 0).astype(int)


def main(side: str, name: str) -> None:
    """Print the median milliseconds of a fit, the first of which is not counted."""
    warnings.simplefilter("ignore")
    model, (X, y) = estimator(side), problem(name)
    times = []
    for _ in range(1 + CALLS):
        began = time.perf_counter()
        model.fit(X, y)
        times.append(time.perf_counter() - began)
    print(1e3 * statistics.median(times[1:]))


def table() -> str:
    """Medians of processes in turn: in one process, BLAS threads that one side left spinning would slow the other."""
    lines = ["### A call of the estimator\n", "| ms a fit | " + " | ".join(SIDES) + " | best peer / oddsmith |"]
    lines.append("|---|" + "---|" * (1 + len(SIDES)))
    for name in PROBLEMS:
        told: dict[str, list[float]] = {side: [] for side in SIDES}
        for _ in range(ROUNDS):
            for side in SIDES:
                command = [sys.executable, "-m", "benchmarks.calls", side, name]
                done = subprocess.run(command, capture_output=True, text=True, check=True)
                told[side].append(float(done.stdout))
        ours, *theirs = (statistics.median(found) for found in told.values())
        cells = " | ".join(f"{found:.2f}" for found in (ours, *theirs))
        lines.append(f"| {name} | {cells} | {min(theirs) / ours:.1f} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main(*sys.argv[1:])
