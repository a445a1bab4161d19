"""What a call costs where there is little to compute: the estimators side by side, in one process, in turn."""

from __future__ import annotations

import statistics
import time
import warnings

import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression

import oddsmith

ROUNDS = 200


def problems() -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Small data, standardised."""
    X, y = load_breast_cancer(return_X_y=True)
    rng = np.random.default_rng(0)
    small = rng.standard_normal((200, 5))
    labels = (small @ rng.standard_normal(5) + rng.logistic(size=200) > 0).astype(int)
    return {"breast cancer, n=569 p=30": ((X - X.mean(axis=0)) / X.std(axis=0), y), "n=200 p=5": (small, labels)}


def table() -> str:
    """Median milliseconds of a fit; at its own default tolerance, which for Oddsmith is full precision."""
    warnings.simplefilter("ignore")
    sides = {
        "oddsmith": oddsmith.LogisticRegression(),
        "scikit-learn lbfgs": LogisticRegression(),
        "scikit-learn newton-cholesky": LogisticRegression(solver="newton-cholesky"),
    }
    lines = ["### A call of the estimator\n", "| ms a fit | " + " | ".join(sides) + " | best peer / oddsmith |"]
    lines.append("|---|" + "---|" * (1 + len(sides)))
    for name, (X, y) in problems().items():
        times: dict[str, list[float]] = {side: [] for side in sides}
        for _ in range(ROUNDS):
            for side, model in sides.items():
                began = time.perf_counter()
                model.fit(X, y)
                times[side].append(time.perf_counter() - began)
        ms = {side: 1e3 * statistics.median(found) for side, found in times.items()}
        ours = ms["oddsmith"]
        best = min(found for side, found in ms.items() if side != "oddsmith")
        lines.append(f"| {name} | " + " | ".join(f"{found:.2f}" for found in ms.values()) + f" | {best / ours:.1f} |")
    return "\n".join(lines) + "\n"
