"""separation(): has the likelihood a finite maximum, and if not, what runs off?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from oddsmith.arrays import AnyArray, Array
from oddsmith.errors import SpecificationError
from oddsmith.fitting import Problem, loss_for
from oddsmith.judging.recession import Recession
from oddsmith.schema import shown
from oddsmith.solvers import SketchedNewton
from oddsmith.sources import Source, as_source, is_frame, read_frame

RANK, CHUNK = 1e-12, 500  # of squared singular values, beside the largest; columns at a time
TOUCHED = 1e-6  # of the largest coefficient of a direction, per standard deviation
ROUGHLY, PASSES = 1e-2, 20  # near enough to an optimum for a proof that there is one; how long to try for it


@dataclass(frozen=True, repr=False)
class Verdict:
    """Whether the classes are separated, and by what.

    Attributes
    ----------
    kind : {"none", "quasi-complete", "complete"}
        "none": the likelihood has a finite maximum. "complete": some coefficients put every row strictly on its own
        side. "quasi-complete": some put none on the wrong side and at least one strictly on its own.
    columns : tuple of int
        Those whose coefficients have no finite estimate, by their place among the coefficients of X; -1 is the
        intercept. Of more than two classes, those of which any contrast has none.
    names : tuple of str
        The same by name; of a category each level by itself.
    direction : array of shape (1, 1 + p) or (K, 1 + p), or None
        What the coefficients may be moved by, as often as one likes, without the likelihood ever falling; the
        intercept first. Each step multiplies the odds of its own class by e or more in every row that can be
        separated, and leaves those of all others alone. None if there is no such direction.
    """

    kind: Literal["none", "quasi-complete", "complete"]
    columns: tuple[int, ...] = ()
    names: tuple[str, ...] = ()
    direction: Array | None = None

    def __repr__(self) -> str:
        if self.kind == "none":
            return "<Verdict: no separation, a finite maximum exists>"
        return f"<Verdict: {self.kind} separation; without a finite estimate: {shown(self.names)}>"


def separation(
    X: Any, y: Any = None, sample_weight: Any = None, offset: Any = None, fit_intercept: bool = True
) -> Verdict:
    r"""Decide whether the maximum likelihood estimate exists, and name the coefficients that have none.

    A finite maximum exists if and only if no direction d, other than those that X does not see, has

    .. math:: (2 y_i - 1)\,(d_0 + x_i'd) \ge 0 \quad\text{in every row } i;

    of more than two classes, if the scores along d put no other class above a row's own. A fit that is proved to be
    near its optimum proves that there is one. Where no proof comes, linear programming looks for a direction, first for
    some rows and then for those that object to it, and every row is looked at before anything is called separated.

    A coefficient is named if it is not 0 in some such direction: of completely separated classes that is every one,
    of quasi-complete separation often one level of a category. The others have finite estimates, which `fit` finds.

    Parameters
    ----------
    X : array-like, SciPy sparse matrix, data frame or Source
        Of shape (n, p). Text and categories in a data frame have a coefficient for each level but the most frequent.
    y : array-like of shape (n,)
        Labels of two classes or more. Not with a Source, which has its own.
    sample_weight : array-like of shape (n,), optional
        Rows of weight 0 count for nothing; other weights play no part.
    offset : array-like of shape (n,), optional
        It never decides whether a maximum exists.
    fit_intercept : bool, default True

    Returns
    -------
    Verdict

    Raises
    ------
    DataError
        If the data cannot be used, as in `fit`.
    SpecificationError
        If y is missing, or there are more than 4000 columns and more than 4000 rows.

    References
    ----------
    Albert and Anderson (1984), *On the existence of maximum likelihood estimates in logistic regression models*.
    Konis (2007), *Linear programming algorithms for detecting separated data in binary logistic regression models*.

    Examples
    --------
    >>> import oddsmith
    >>> oddsmith.separation([[1, 0], [2, 0], [3, 0], [4, 1]], [0, 1, 0, 1])
    <Verdict: quasi-complete separation; without a finite estimate: x1>
    """
    problem = _problem(X, y, sample_weight, offset, fit_intercept)
    size, rows, limit = problem.objective.size, problem.source.rows, SketchedNewton.dense_limit
    if size > limit >= problem.objective.loss.outputs * rows:
        recession = _by_row_space(problem)
    else:
        with problem.quietly():
            found = problem.judged(problem.judge(ROUGHLY, PASSES), SketchedNewton(), None)
        recession = found.recession
        if recession is None and found.evaluation.hessian is None:
            what = f"{size} coefficients and {rows} rows, of which one number may be above {limit}"
            raise SpecificationError("There are too many columns to decide", what, "Look at a part of them.")
    if recession is None:
        return Verdict("none")
    runaway = problem.axes.touched(recession.span, TOUCHED)
    named = np.isin(np.arange(-1, len(problem.source.columns)), runaway)
    return Verdict(
        "complete" if recession.complete else "quasi-complete",
        runaway,
        tuple("(Intercept)" if j < 0 else problem.source.columns[j] for j in runaway),
        np.where(named, problem.raw(recession.direction), 0.0),
    )


def _by_row_space(problem: Problem) -> Recession | None:
    """The same of fewer rows than columns: what these cannot tell apart plays no part.

    With Z Z' = U S^2 U' the columns F = U S see as much of the rows, and coefficients d of F have the scores that
    Z'U S^-1 d has of Z.
    """
    blocks = list(problem.objective.source.blocks())
    width = len(problem.source.columns)
    chunks = [np.arange(first, min(first + CHUNK, width)) for first in range(0, width, CHUNK)]

    def columns(chosen: AnyArray) -> Array:
        return np.vstack([block.design.only(chosen).matvec(np.eye(len(chosen))) for block in blocks])

    squares, axes = np.linalg.eigh(sum(z @ z.T for z in map(columns, chunks)))
    kept = squares > RANK * squares[-1]
    features, back = axes[:, kept] * np.sqrt(squares[kept]), axes[:, kept] / np.sqrt(squares[kept])
    weights = [np.ones(len(block.target)) if block.weight is None else block.weight for block in blocks]
    target, weight = np.concatenate([block.target for block in blocks]), np.concatenate(weights)
    few = _problem(features, target, weight, None, problem.axes.intercept)
    with few.quietly():
        found = few.judged(few.judge(ROUGHLY, PASSES), SketchedNewton(), None).recession
    if found is None:
        return None
    outputs, free = few.objective.loss.outputs, int(few.axes.intercept)
    onto = np.vstack([columns(chunk).T @ back for chunk in chunks])

    def turned(vector: Array) -> Array:
        raw = [few.axes.to_raw(part) for part in vector.reshape(outputs, -1)]
        return np.concatenate([np.append(part[:1][:free], onto @ part[1:]) for part in raw])

    return Recession(turned(found.direction), np.column_stack([turned(d) for d in found.span.T]), found.complete)


def _problem(X: Any, y: Any, sample_weight: Any, offset: Any, intercept: bool) -> Problem:
    if isinstance(X, Source):
        if not (y is None and sample_weight is None and offset is None):
            advice = "Pass the Source alone."
            raise SpecificationError("A Source has its own labels, weights and offset", "others beside it", advice)
        source = X
    elif y is None:
        raise SpecificationError("Labels are missing", "y=None", "Pass y, or a Source.")
    else:
        source = (read_frame if is_frame(X) else as_source)(X, y, sample_weight=sample_weight, offset=offset)
    return Problem.of(
        source, loss_for("auto", source), None, intercept=intercept, standardize=False, threads=None
    )  # fmt: skip
