"""A table with categories of many levels, penalised alike."""

from __future__ import annotations

import numpy as np
import pandas as pd

from benchmarks.datasets.base import Problem, split, units

LEVELS, HELD_OUT = (50, 500, 5000), 20_000


def codes(rows: int = 1_000_000) -> Problem:
    """Four numbers and three categories, their levels of very different frequency."""
    rng = np.random.default_rng(8)
    total = rows + HELD_OUT
    numbers = rng.standard_normal((total, 4)) @ (np.eye(4) + 0.3)
    eta = numbers @ rng.standard_normal(4) * 0.5 - 1.0
    frame = pd.DataFrame(units(numbers, rng), columns=list("abcd"))
    for count in LEVELS:
        code = np.minimum((count * rng.random(total) ** 2).astype(np.int64), count - 1)
        eta += rng.standard_normal(count)[code] * 0.6
        names = [f"level{k}" for k in range(count)]
        frame[f"category{count}"] = pd.Categorical.from_codes(code, names).remove_unused_categories()
    y = (rng.random(total) < 1 / (1 + np.exp(-eta))).astype(np.int64)
    return split(f"n={rows}, 4 numbers and categories of {LEVELS} levels, L2", frame, y, 1e-5, HELD_OUT)
