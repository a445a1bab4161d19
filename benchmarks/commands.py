"""Whole processes: a CSV of a million rows to a model file with standard errors, beside the script one would write."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import csv

from benchmarks.datasets.base import correlated

ROUNDS = 5
SCRIPT = """
import sys, pickle, numpy as np
from pyarrow import csv
from sklearn.linear_model import LogisticRegression
table = csv.read_csv(sys.argv[1])
y = table["y"].to_numpy()
X = np.column_stack([table[name].to_numpy() for name in table.column_names if name != "y"])
scale = X.std(axis=0)
model = LogisticRegression(C=np.inf, solver="newton-cholesky", tol=1e-6).fit(X / scale, y)
p = model.predict_proba(X / scale)[:, 1]
Z = np.column_stack([np.ones(len(X)), X / scale])
errors = np.sqrt(np.diag(np.linalg.inv(Z.T @ ((p * (1 - p))[:, None] * Z))))
pickle.dump((model, scale, errors), open(sys.argv[2], "wb"))
"""


def table(rows: int = 1_000_000, count: int = 20) -> str:
    """Median seconds of each, in turn."""
    X, y = correlated(rows, count, seed=9)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        data, script = str(folder / "data.csv"), folder / "script.py"
        columns = {f"x{j}": np.round(X[:, j], 6) for j in range(count)} | {"y": y}
        csv.write_csv(pa.table(columns), data)
        script.write_text(SCRIPT)
        sides = {
            "oddsmith fit": [sys.executable, "-m", "oddsmith", "fit", data, "--target", "y", "--out", f"{name}/m.json"],
            "pyarrow, newton-cholesky, standard errors": [sys.executable, str(script), data, f"{name}/m.pickle"],
        }
        times: dict[str, list[float]] = {side: [] for side in sides}
        for _ in range(ROUNDS):
            for side, command in sides.items():
                began = time.perf_counter()
                subprocess.run(command, check=True, capture_output=True)
                times[side].append(time.perf_counter() - began)
        size = Path(data).stat().st_size / 1e6
    median = {side: statistics.median(found) for side, found in times.items()}
    ours, theirs = median.values()
    lines = [f"### Whole processes: a CSV of {rows} x {count} ({size:.0f} MB) to a model file with standard errors\n"]
    lines += ["| | median s |", "|---|---|", *(f"| {side} | {found:.2f} |" for side, found in median.items())]
    return "\n".join(lines) + f"\n\nRatio: {theirs / ours:.2f}\n"
