"""Whole paths and cross-validations. One side alone: python -m benchmarks.paths SIDE KIND TOL."""

from __future__ import annotations

import importlib.util
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import lasso, objective
from benchmarks.datasets.base import Problem
from benchmarks.datasets.lasso import drawn

ROUNDS, ALPHAS, RATIO, FOLDS, TARGET = 3, 100, 0.01, 5, 1e-6
KINDS = {
    "path": "n=5 000 p=2 000, lasso, 100 alphas to 0.01 of the largest",
    "cv": "n=5 000 p=500, elastic net 0.5, 100 alphas x 5 folds",
}
RATIOS = {"path": 1.0, "cv": 0.5}
TOLERANCES = {"oddsmith": (1e-6, 1e-7), "adelie": (1e-5, 1e-7, 1e-9), "glmnet": (1e-7, 1e-9, 1e-11)}
GLMNET = """
library(glmnet); a <- commandArgs(TRUE); n <- as.integer(a[1]); p <- as.integer(a[2])
X <- matrix(readBin(a[3], "double", n * p), n, p); y <- readBin(a[4], "double", n); t <- as.numeric(a[6])
s <- proc.time()[3]
if (a[5] == "path") { f <- glmnet(X, y, family = "binomial", nlambda = 100, lambda.min.ratio = 0.01, thresh = t)
} else { f <- cv.glmnet(X, y, family = "binomial", alpha = 0.5, nlambda = 100, lambda.min.ratio = 0.01, nfolds = 5,
                        thresh = t)$glmnet.fit }
s <- proc.time()[3] - s
k <- round(seq(25, length(f$lambda), length.out = 4))
writeLines(as.character(s)); write(signif(rbind(f$lambda[k], f$a0[k], as.matrix(f$beta[, k])), 17), stdout(), p + 2)
"""


def data(kind: str) -> tuple[np.ndarray, np.ndarray]:
    """Standardised columns, neighbours correlated by a half."""
    rng = np.random.default_rng(21)
    columns, kept = (2_000, 50) if kind == "path" else (500, 30)
    X = rng.standard_normal((5_000, columns))
    for j in range(1, columns):
        X[:, j] = 0.5 * X[:, j - 1] + np.sqrt(0.75) * X[:, j]
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    return X, drawn(X, kept, 2.5, rng)


def run(side: str, kind: str, tol: float) -> tuple[float, list[list[float]]]:
    """Seconds, and [alpha, intercept, coefficients ...] at four alphas. Conversions are not timed."""
    X, y = data(kind)
    if side == "glmnet":
        return _glmnet(X, y, kind, tol)
    if side == "oddsmith":
        import oddsmith

        source = oddsmith.as_source(X, y)
        options: dict[str, Any] = {"n_alphas": ALPHAS, "alpha_min_ratio": RATIO, "tol": tol}
        small = oddsmith.as_source(X[:500, :5], y[:500])
        oddsmith.cross_validate_path(small, n_alphas=3)  # what is imported on first use
        began = time.perf_counter()
        found = (
            oddsmith.path(source, oddsmith.L1(), **options)
            if kind == "path"
            else oddsmith.cross_validate_path(source, oddsmith.ElasticNet(), folds=FOLDS, **options).paths[0]
        )
        seconds = time.perf_counter() - began
        return seconds, [[found.alphas[k], *found[k].beta[0]] for k in _checked(len(found))]
    import adelie

    matrix, glm = adelie.matrix.dense(np.asfortranarray(X), n_threads=2), adelie.glm.binomial(y.astype(float))
    told = {"min_ratio": RATIO, "lmda_path_size": ALPHAS, "tol": tol, "irls_tol": tol, "n_threads": 2}
    began = time.perf_counter()
    if kind == "path":
        state = adelie.grpnet(matrix, glm, early_exit=False, progress_bar=False, **told)
    else:
        found = adelie.cv_grpnet(matrix, glm, alpha=0.5, n_folds=FOLDS, **told)
        state = found.fit(matrix, glm, alpha=0.5)
    seconds = time.perf_counter() - began
    betas = np.asarray(state.betas.todense())
    return seconds, [[state.lmdas[k], state.intercepts[k], *betas[k]] for k in _checked(len(betas))]


def _checked(count: int) -> list[int]:
    return [round(k) for k in np.linspace(24, count - 1, 4)]


def _glmnet(X: np.ndarray, y: np.ndarray, kind: str, tol: float) -> tuple[float, list[list[float]]]:
    with tempfile.TemporaryDirectory() as folder:
        names = [str(Path(folder) / name) for name in ("X", "y", "script.R")]
        np.asfortranarray(X).T.tofile(names[0])
        y.astype(float).tofile(names[1])
        Path(names[2]).write_text(GLMNET)
        shape = [str(size) for size in X.shape]
        command = ["Rscript", names[2], *shape, *names[:2], kind, str(tol)]
        lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    return float(lines[-5]), [[float(v) for v in line.split()] for line in lines[-4:]]


def excess(kind: str, lines: list[list[float]]) -> float:
    """The worst relative suboptimality."""
    X, y = data(kind)
    ratio, worst = RATIOS[kind], 0.0
    for alpha, intercept, *coef in lines:
        problem = Problem("", X, y, (1.0 - ratio) * alpha, (X[:1], y[:1]), l1=ratio * alpha)
        value = objective.value(problem, np.array([intercept]), np.array([coef]))
        worst = max(worst, value / lasso.optimum(problem) - 1.0)
    return worst


def table() -> str:
    """Median seconds of each side at the loosest of its tolerances that is within the target."""
    there = {"oddsmith": True, "adelie": importlib.util.find_spec("adelie"), "glmnet": shutil.which("Rscript")}
    lines = ["### Paths and cross-validation\n", "| | " + " | ".join(there) + " |", "|---|" + "---|" * len(there)]
    for kind, title in KINDS.items():
        cells = []
        for side, present in there.items():
            cell = "absent"
            for tol in TOLERANCES[side] if present else ():
                command = [sys.executable, "-m", "benchmarks.paths", side, kind, str(tol)]
                told = [subprocess.run(command, capture_output=True, text=True, check=False) for _ in range(ROUNDS)]
                if any(done.returncode for done in told):
                    cell = "fails"
                    break
                found = [json.loads(done.stdout) for done in told]
                cell = f"{statistics.median(one['seconds'] for one in found):.2f} s, {found[0]['excess']:.0e}"
                if not found[0]["excess"] > TARGET:
                    break
            cells.append(cell)
        lines.append(f"| {title} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    chosen, what, tolerance = sys.argv[1:]
    taken, points = run(chosen, what, float(tolerance))
    print(json.dumps({"seconds": taken, "excess": excess(what, points)}))
