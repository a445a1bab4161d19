from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

_Array = npt.NDArray[np.float64]

def sweep_logistic_dense(
    x: npt.NDArray[Any],
    centre: _Array,
    scale: _Array,
    target: _Array,
    weight: _Array | None,
    offset: _Array | None,
    beta: _Array,
    gradient: _Array | None,
    hessian: _Array | None,
    threads: int,
) -> tuple[float, float]: ...
def sweep_multinomial_dense(
    x: npt.NDArray[Any],
    centre: _Array,
    scale: _Array,
    target: _Array,
    weight: _Array | None,
    contrasts: _Array,
    beta: _Array,
    value: _Array,
    gradient: _Array | None,
    hessian: _Array | None,
    threads: int,
) -> float: ...
def sweep_one_vs_rest_dense(
    x: npt.NDArray[Any],
    centre: _Array,
    scale: _Array,
    target: _Array,
    weight: _Array | None,
    offset: _Array | None,
    chosen: _Array,
    beta: _Array,
    value: _Array,
    gradient: _Array | None,
    hessian: _Array | None,
    threads: int,
) -> float: ...
def newton_logistic_dense(
    x: npt.NDArray[Any],
    centre: _Array,
    scale: _Array,
    target: _Array,
    weight: _Array | None,
    offset: _Array | None,
    curvature: _Array,
    intercept: bool,
    total: float,
    goal: float,
    least: float,
    beta: _Array,
    trace: _Array,
    gradient: _Array,
    hessian: _Array,
    threads: int,
) -> tuple[int, int, float, float]: ...
def sweep_logistic_sparse(
    data: npt.NDArray[Any],
    columns: npt.NDArray[Any],
    begin: npt.NDArray[Any],
    centre: _Array,
    scale: _Array,
    target: _Array,
    weight: _Array | None,
    offset: _Array | None,
    beta: _Array,
    gradient: _Array | None,
    hessian: _Array | None,
    threads: int,
) -> tuple[float, float]: ...
def sweep_logistic_chosen(
    x: npt.NDArray[Any],
    columns: npt.NDArray[np.int64],
    centre: _Array,
    scale: _Array,
    target: _Array,
    weight: _Array | None,
    offset: _Array | None,
    beta: _Array,
    gradient: _Array | None,
    hessian: _Array | None,
    threads: int,
) -> tuple[float, float]: ...
def sweep_logistic_codes(
    numbers: _Array,
    places: npt.NDArray[np.int64],
    codes: npt.NDArray[np.int32],
    centre: _Array,
    scale: _Array,
    target: _Array,
    weight: _Array | None,
    offset: _Array | None,
    beta: _Array,
    gradient: _Array | None,
    hessian: _Array | None,
    threads: int,
) -> tuple[float, float]: ...
def gram_codes(
    numbers: _Array,
    places: npt.NDArray[np.int64],
    codes: npt.NDArray[np.int32],
    centre: _Array,
    scale: _Array,
    h: _Array,
    gram: _Array,
    threads: int,
) -> None: ...
def moments_dense(
    x: npt.NDArray[Any], weight: _Array | None, mean: _Array, deviation: _Array, threads: int
) -> float: ...
def moments_sparse(
    data: npt.NDArray[Any],
    columns: npt.NDArray[Any],
    begin: npt.NDArray[Any],
    weight: _Array | None,
    mean: _Array,
    deviation: _Array,
    threads: int,
) -> float: ...
def gram_sparse(
    data: npt.NDArray[Any],
    columns: npt.NDArray[Any],
    begin: npt.NDArray[Any],
    place: npt.NDArray[np.int64],
    h: _Array,
    out: _Array,
    threads: int,
) -> None: ...
def rough_logistic_dense(
    x: npt.NDArray[Any],
    centre: _Array,
    scale: _Array,
    target: _Array,
    weight: _Array | None,
    offset: _Array | None,
    beta: _Array,
    known: int,
    hessian: npt.NDArray[np.float32],
    threads: int,
) -> None: ...
def rough_logistic_sparse(
    data: npt.NDArray[Any],
    columns: npt.NDArray[Any],
    begin: npt.NDArray[Any],
    centre: _Array,
    scale: _Array,
    target: _Array,
    weight: _Array | None,
    offset: _Array | None,
    beta: _Array,
    known: int,
    hessian: npt.NDArray[np.float32],
    threads: int,
) -> None: ...
def count_sparse(
    columns: npt.NDArray[Any],
    begin: npt.NDArray[Any],
    place: npt.NDArray[np.int64],
    counts: npt.NDArray[Any],
    threads: int,
) -> None: ...
def select_sparse(
    data: npt.NDArray[Any],
    columns: npt.NDArray[Any],
    begin: npt.NDArray[Any],
    place: npt.NDArray[np.int64],
    new_begin: npt.NDArray[Any],
    new_columns: npt.NDArray[Any],
    new_data: npt.NDArray[Any],
    threads: int,
) -> None: ...
def descend(
    hessian: npt.NDArray[Any],
    thresholds: _Array,
    curvature: _Array,
    start: _Array,
    target: float,
    limit: int,
    gradient: _Array,
    step: _Array,
) -> int: ...
def add_products(hessian: npt.NDArray[Any], left: _Array, right: _Array, threads: int) -> None: ...
def gather_dense(x: npt.NDArray[Any], columns: npt.NDArray[np.int64], out: npt.NDArray[Any], threads: int) -> None: ...
def scores_dense(x: npt.NDArray[Any], centre: _Array, scale: _Array, v: _Array, out: _Array, threads: int) -> None: ...
def slopes_dense(x: npt.NDArray[Any], centre: _Array, scale: _Array, r: _Array, out: _Array, threads: int) -> None: ...
def exact_scores_dense(
    x: npt.NDArray[Any], hi: _Array, lo: _Array, out_hi: _Array, out_lo: _Array, threads: int
) -> None: ...
def exact_slopes_dense(
    x: npt.NDArray[Any], hi: _Array, lo: _Array, out_hi: _Array, out_lo: _Array, threads: int
) -> None: ...
def logistic_rows(eta: _Array, target: _Array, value: _Array, gradient: _Array, hessian: _Array) -> None: ...
def standardise_dense(
    x: npt.NDArray[Any],
    columns: npt.NDArray[np.int64],
    centre: _Array,
    scale: _Array,
    taken: npt.NDArray[np.int64],
    z: _Array | None,
    single: npt.NDArray[np.float32],
    at: int,
    threads: int,
) -> None: ...
def standardise_stored(
    data: _Array,
    rows: npt.NDArray[np.int32],
    begin: npt.NDArray[np.int64],
    columns: npt.NDArray[np.int64],
    centre: _Array,
    scale: _Array,
    z: _Array,
    single: npt.NDArray[np.float32],
    threads: int,
) -> None: ...
def slopes_stored(
    data: _Array,
    rows: npt.NDArray[np.int32],
    begin: npt.NDArray[np.int64],
    columns: npt.NDArray[np.int64],
    r: _Array,
    out: _Array,
    threads: int,
) -> None: ...
def scores_sparse(
    data: npt.NDArray[Any],
    columns: npt.NDArray[Any],
    begin: npt.NDArray[Any],
    centre: _Array,
    scale: _Array,
    v: _Array,
    out: _Array,
    threads: int,
) -> None: ...
def slopes_among(z: npt.NDArray[Any], columns: npt.NDArray[np.int64], r: _Array, out: _Array, threads: int) -> None: ...
def reduced_hessian(
    parts: npt.NDArray[np.float32],
    chosen: npt.NDArray[np.int64],
    within: npt.NDArray[np.int64],
    share: float,
    across: _Array,
    border: _Array,
    out: npt.NDArray[np.float32],
) -> None: ...
def proximal_newton(
    problems: npt.NDArray[np.int64],
    hessians: Sequence[npt.NDArray[np.float32]],
    within: Sequence[npt.NDArray[np.int64]],
    across: Sequence[_Array],
    mass: _Array,
    z: _Array,
    columns: npt.NDArray[np.int64],
    target: _Array,
    weights: _Array,
    eta: _Array,
    r: _Array,
    beta: _Array,
    slopes: _Array,
    thresholds: _Array,
    curvature: _Array,
    numbers: _Array,
    goal: _Array,
    rules: _Array,
    intercept: bool,
    outcomes: npt.NDArray[np.int64],
    threads: int,
) -> None: ...
def simd_level() -> int: ...
