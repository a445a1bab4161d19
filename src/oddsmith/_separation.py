"""separation(): has the likelihood a finite maximum, and if not, what runs off?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from oddsmith.arrays import Array
from oddsmith.errors import SpecificationError
from oddsmith.fitting import Problem, loss_for
from oddsmith.schema import shown
from oddsmith.solvers import SketchedNewton
from oddsmith.sources import Source, as_source, is_frame, read_frame

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
        If y is missing, or there are too many columns to decide.

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
    found = problem.judged(problem.judge(ROUGHLY, PASSES), SketchedNewton(), None)
    if found.recession is None:
        if found.evaluation.hessian is None:
            columns = f"{len(problem.source.columns)}"
            raise SpecificationError("There are too many columns to decide", columns, "Look at a part of them.")
        return Verdict("none")
    named = np.isin(np.arange(-1, len(problem.source.columns)), found.runaway)
    return Verdict(
        "complete" if found.recession.complete else "quasi-complete",
        found.runaway,
        tuple("(Intercept)" if j < 0 else problem.source.columns[j] for j in found.runaway),
        np.where(named, problem.raw(found.recession.direction), 0.0),
    )


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
