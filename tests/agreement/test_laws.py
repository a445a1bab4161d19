"""What must not change a fit, or must change it in a known way: on random problems, to 1e-9.

Columns of many scales and means, some of three values; weights, offsets, a ridge or none, an intercept or none.
"""

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest
import scipy.sparse as sp

from oddsmith import L2, Status, as_source, fit, infer, read, separation
from oddsmith.sources import memory
from tests.problems import SOAK

SEEDS = range(1000 if SOAK else 100)


@dataclass(frozen=True)
class Problem:
    """Rows that overlap, integer weights, and the ridge of every column; 0 for none."""

    X: np.ndarray
    y: np.ndarray
    weight: np.ndarray
    offset: np.ndarray
    ridge: np.ndarray
    intercept: bool

    @property
    def source(self):
        return as_source(self.X, self.y, sample_weight=self.weight, offset=self.offset)

    def solved(self, source=None):
        penalty = L2(1.0, self.ridge) if self.ridge.any() else None
        return fit(source or self.source, penalty=penalty, intercept=self.intercept)

    def beta(self, **changes):
        """Coefficients of raw columns, intercept first, of the problem with changes."""
        return replace(self, **changes).solved().beta[0]


def draw(seed, rows=None) -> Problem:
    """The first problem of this seed whose classes are not separated."""
    rng = np.random.default_rng(seed)
    while True:
        problem = _draw(rng, seed, rows)
        if separation(problem.X, problem.y, fit_intercept=problem.intercept).kind == "none":
            return problem


def _draw(rng, seed, rows) -> Problem:
    rows, columns = rows or int(rng.integers(80, 400)), int(rng.integers(1, 7))
    X = rng.standard_normal((rows, columns)) @ (np.eye(columns) + 0.3 * rng.standard_normal((columns, columns)))
    few = rng.random(columns) < 0.3
    X[:, few] = np.clip(np.rint(X[:, few]), -1, 1)
    offset = 0.3 * rng.standard_normal(rows)
    eta = rng.normal(0, 0.5) + X @ rng.normal(0, 0.5, columns) + offset
    y = (rng.random(rows) < 1 / (1 + np.exp(-eta))).astype(int)
    scale = 10.0 ** rng.uniform(-3, 3, columns)
    X = (X + 10.0 ** rng.uniform(-1, 2, columns) * rng.choice([-1, 0, 1], columns)) * scale
    ridge = 10.0 ** rng.uniform(-4, 0) * scale**2 if seed % 2 else np.zeros(columns)
    return Problem(X, y, rng.integers(1, 4, rows).astype(float), offset, ridge, bool(seed % 5))


def agree(found, expected):
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9 * np.abs(expected).min())


@pytest.mark.parametrize("seed", SEEDS)
def test_every_law(seed):
    problem = draw(seed)
    rng = np.random.default_rng(seed)
    result = problem.solved()
    assert (result.status, result.certificate.kind) == (Status.CONVERGED, "proved")
    beta = result.beta[0]
    X, y, weight, offset = problem.X, problem.y, problem.weight, problem.offset

    order = rng.permutation(len(y))
    agree(problem.beta(X=X[order], y=y[order], weight=weight[order], offset=offset[order]), beta)

    times = weight.astype(int)
    repeated = {name: np.repeat(value, times, axis=0) for name, value in (("X", X), ("y", y), ("offset", offset))}
    agree(problem.beta(**repeated, weight=np.ones(times.sum())), beta)

    scale = 10.0 ** rng.uniform(-4, 4, X.shape[1]) * rng.choice([-1, 1], X.shape[1])
    agree(problem.beta(X=X * scale, ridge=problem.ridge * scale**2) * np.append(1.0, scale), beta)

    agree(-problem.beta(y=1 - y, offset=-offset), beta)

    if problem.intercept:
        by = X.std(axis=0) * rng.normal(0, 3, X.shape[1])
        moved = problem.beta(X=X + by)
        agree(moved[1:], beta[1:])
        assert moved[0] + by @ moved[1:] == pytest.approx(beta[0], rel=1e-9, abs=1e-9 * np.abs(by * moved[1:]).max())
        agree(problem.beta(offset=offset + 7.25) + np.append(7.25, np.zeros(X.shape[1])), beta)

    agree(problem.beta(X=sp.csr_array(X)), beta)
    agree(problem.beta(X=np.asfortranarray(X)), beta)
    agree(_two_class_softmax(problem, beta), beta)


def _two_class_softmax(problem, beta):
    """Scores of -eta / 2 and eta / 2 are a softmax of two classes: a Newton step of that, in NumPy, stays where it is.

    A ridge on both scores is half as strong on eta.
    """
    scale = np.append(1.0, np.abs(problem.X).max(axis=0))
    Z = np.column_stack([np.full(len(problem.y), float(problem.intercept)), problem.X]) / scale
    scores = np.outer(Z @ (beta * scale) + problem.offset, [-0.5, 0.5])
    q = np.exp(scores - scores.max(axis=1, keepdims=True))
    q /= q.sum(axis=1, keepdims=True)
    w = problem.weight / problem.weight.sum()
    ridge = np.append(0.0, 2.0 * problem.ridge) / scale**2
    gradient = Z.T @ (w * (q[:, 1] - problem.y)) + ridge * (beta * scale / 2)
    hessian = Z.T @ ((w * 2 * q[:, 0] * q[:, 1])[:, None] * Z) + np.diag(ridge)
    free = slice(1 - problem.intercept, None)
    step = np.zeros(len(beta))
    step[free] = np.linalg.solve(hessian[free, free], gradient[free])
    return beta - 2 * step / scale


@pytest.mark.parametrize("seed", range(100 if SOAK else 10))
def test_a_file_is_its_array(seed, tmp_path):
    problem = draw(seed)
    columns = {f"x{j}": column for j, column in enumerate(problem.X.T)}
    table = pa.table(columns | {"y": problem.y, "w": problem.weight, "o": problem.offset})
    pa.parquet.write_table(table, tmp_path / "rows.parquet")
    pa.csv.write_csv(table, tmp_path / "rows.csv")
    for path in tmp_path.iterdir():
        source = read(path, target="y", weight="w", offset="o", numeric=list(columns))
        agree(problem.solved(source).beta[0], problem.beta())


@pytest.mark.parametrize("seed", range(100 if SOAK else 10))
def test_chunks_are_the_whole(seed, monkeypatch):
    problem = draw(seed, rows=5000)
    beta = problem.beta()
    monkeypatch.setattr(memory, "BLOCK_ENTRIES", 1)
    assert len(list(problem.source.blocks())) == 5
    agree(problem.beta(), beta)
    agree(problem.beta(X=sp.csr_array(problem.X)), beta)


def test_intervals_cover_the_truth():
    """Wald intervals at 95 % and 50 %, of 2000 data sets: within four standard errors of their level."""
    sets = 2000 if SOAK else 200
    truth = np.array([-0.5, 0.8, -0.4, 0.0])
    covered = {level: np.zeros(4) for level in (0.95, 0.5)}
    rng = np.random.default_rng(1)
    for _ in range(sets):
        X = rng.standard_normal((500, 3))
        y = (rng.random(500) < 1 / (1 + np.exp(-truth[0] - X @ truth[1:]))).astype(int)
        result = fit(as_source(X, y))
        for level, count in covered.items():
            found = infer(result, level)
            count += (found.ci_low <= truth) & (truth <= found.ci_high)
    for level, count in covered.items():
        assert np.abs(count / sets - level).max() < 4.0 * np.sqrt(level * (1 - level) / sets)
