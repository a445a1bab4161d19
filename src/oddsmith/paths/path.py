"""A fit for every strength of the penalty, from the one that leaves nothing downwards."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, overload

import numpy as np

from oddsmith.arrays import AnyArray, Array, check_integer
from oddsmith.blas import on_one_thread
from oddsmith.errors import DataError, SpecificationError
from oddsmith.fitted import Fit, warn_of_failure
from oddsmith.fitting import Problem, check_limits, check_source, loss_for, solver_named
from oddsmith.losses import Loss
from oddsmith.paths.walking import can_share, of_strength, walk_one_by_one, walk_together
from oddsmith.penalties import L1, ElasticNet, Penalty
from oddsmith.solvers import Solver, largest_alpha
from oddsmith.sources import Source

ENOUGH_EXPLAINED, LEAST_GAIN, LEAST_POINTS = 0.999, 1e-5, 5  # glmnet's rules of stopping early
RIDGE_SHARE = 1e-3  # the l1_ratio that sets alpha_max where there is none, as in glmnet
TOL = 1e-7
ROUNDING = 1e-14  # of alpha_max, which a gradient is compared with


@dataclass(frozen=True)
class Path:
    """Fits at falling strengths of one penalty.

    Attributes
    ----------
    fits : tuple of Fit
        One for each alpha, the strongest first; without Hessians. `path[i]` and iteration give them too.
    explained : array of shape (n_alphas,)
        Deviance explained: 1 - (mean loss) / (mean loss of the null model), which has the intercept, the offset and the
        columns that are never penalised.
    null_loss : float
        That mean loss.
    alpha_max : float
        The least alpha at which every penalised coefficient is zero; for a ridge, which has none, that of an l1_ratio
        of 0.001.
    ended : str
        Why the path ended before its last alpha; empty if it did not.
    seconds : float
    """

    fits: tuple[Fit, ...]
    explained: Array
    null_loss: float
    alpha_max: float
    ended: str
    seconds: float

    @property
    def alphas(self) -> Array:
        """Strengths, falling."""
        return np.array([fit.penalty.strength for fit in self.fits])

    @property
    def nonzeros(self) -> Array:
        """How many columns have a coefficient that is not zero, at each alpha."""
        return np.array([int((fit.beta[:, 1:] != 0.0).any(axis=0).sum()) for fit in self.fits])

    @property
    def gaps(self) -> Array:
        """The suboptimality that each certificate states, relative to the objective."""
        return np.array([fit.certificate.suboptimality for fit in self.fits])

    @property
    def beta(self) -> Array:
        """Coefficients of shape (n_alphas, 1, 1 + p), or (n_alphas, K, 1 + p) for K > 2 classes, as in `Fit.beta`."""
        return np.array([fit.beta for fit in self.fits])

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the p coefficients."""
        return self.fits[0].names

    def to_frame(self) -> Any:
        """The table as a pandas data frame: alpha, nonzeros, explained, gap, certificate, passes."""
        import pandas as pd

        return pd.DataFrame(
            {
                "alpha": self.alphas,
                "nonzeros": self.nonzeros,
                "explained": self.explained,
                "gap": self.gaps,
                "certificate": [fit.certificate.kind for fit in self.fits],
                "passes": [fit.passes for fit in self.fits],
            }
        )

    def __len__(self) -> int:
        return len(self.fits)

    def __iter__(self) -> Iterator[Fit]:
        return iter(self.fits)

    @overload
    def __getitem__(self, index: int) -> Fit: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Fit, ...]: ...
    def __getitem__(self, index: int | slice) -> Fit | tuple[Fit, ...]:
        return self.fits[index]

    def __str__(self) -> str:
        first, shown = self.fits[0], spread_out(len(self.fits), 12)
        scale = "standardised" if first.standardized else "raw"
        lines = [
            f"Path of {len(self)} alphas: {first.loss.name}, {kind_in_words(first.penalty)}, {scale} columns; "
            f"{first.rows} rows, {len(self.names)} columns; {self.seconds:.2g} s",
            "",
            "  #      alpha  non-zero  explained      gap",
        ]
        rows = zip(self.alphas, self.nonzeros, self.explained, self.gaps, strict=True)
        told = [f"{k:3d} {a:10.4g} {n:9d} {round(e, 5) + 0.0:9.2%}  {g:7.1e}" for k, (a, n, e, g) in enumerate(rows)]
        lines += [told[k] for k in shown]
        return "\n".join([*lines, *([f"\nEnded early: {self.ended}."] if self.ended else [])])

    __repr__ = __str__


def path(
    source: Source,
    penalty: Penalty | None = None,
    *,
    n_alphas: int = 100,
    alpha_min_ratio: float | None = None,
    alphas: Any = None,
    loss: str | Loss = "auto",
    solver: str | Solver = "auto",
    tol: float | None = TOL,
    max_passes: int | None = None,
    intercept: bool = True,
    standardize: bool = True,
    threads: int | None = None,
    warn: Callable[[Fit], None] = warn_of_failure,
) -> Path:
    r"""Fit for a whole sequence of alphas, each fit starting where the one before it ended.

    At each alpha it minimises the weighted mean loss plus :math:`P_\alpha(b)`, as `fit` does. The first alpha is

    .. math:: \alpha_{\max} = \max_j \frac{|g_j|}{\rho f_j},

    g being the gradient of the mean loss at the null model (the intercept, the offset and the columns with factor 0
    alone), :math:`\rho` the l1_ratio and :math:`f_j` the factors: the least alpha at which every penalised coefficient
    is zero. The others fall from there in equal ratios.

    Parameters
    ----------
    source : Source
        From `oddsmith.read` or `oddsmith.as_source`.
    penalty : Penalty, default L1()
        `L1`, `ElasticNet` or `L2`. Its alpha does not matter; its l1_ratio and factors do.
    n_alphas : int, default 100
    alpha_min_ratio : float, optional
        The last alpha as a share of alpha_max, in (0, 1): 0.01 with fewer rows than columns, 0.0001 otherwise.
    alphas : array-like, optional
        Your own, >= 0, in any order; the path has them falling. Then n_alphas and alpha_min_ratio do not count and
        the path does not end early.
    loss, solver, max_passes, intercept, threads
        As in `fit`; max_passes for each alpha.
    tol : float, default 1e-7
        Relative suboptimality at which each fit stops; None for full precision.
    standardize : bool, default True
        Whether the penalty acts on columns divided by their standard deviations. The coefficients are on raw columns.
    warn : callable, optional
        Is given each Fit, to warn if it is not to be trusted.

    Returns
    -------
    Path
        Ended early, with alphas of its own, as glmnet does: once the deviance explained exceeds 0.999, or grew by less
        than 1e-5 of itself from one alpha to the next, after five alphas.

    Raises
    ------
    DataError, SpecificationError, NumericalError
        As in `fit`.

    Warns
    -----
    ConvergenceWarning
        For each alpha whose tolerance was not met; how many digits a tolerance leaves is not looked at.

    References
    ----------
    Friedman, Hastie and Tibshirani (2010), *Regularization paths for generalized linear models via coordinate descent*.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> found = path(as_source(*load_breast_cancer(return_X_y=True)), L1(), n_alphas=50)
    >>> found.nonzeros[0], found[-1].beta.shape
    (0, (1, 31))
    """
    settings = Settings(loss, solver, tol, max_passes, intercept, standardize, threads)
    with on_one_thread():
        found = trace(source, penalty, Grid(n_alphas, alpha_min_ratio, alphas), settings)[0]
        for fit in found:
            warn(fit)
    return found


@dataclass(frozen=True)
class Settings:
    """What `path` is given for each fit."""

    loss: str | Loss
    solver: str | Solver
    tol: float | None
    max_passes: int | None
    intercept: bool
    standardize: bool
    threads: int | None


@dataclass(frozen=True)
class Grid:
    """What `path` is given about its alphas."""

    n_alphas: int = 100
    alpha_min_ratio: float | None = None
    alphas: Any = None


def trace(
    source: Source, penalty: Penalty | None, grid: Grid, told: Settings, masks: AnyArray | None = None
) -> tuple[Path, Array | None, int]:
    """A path, and what it found for masks, where fits can share passes.

    These are the coefficients of (n_alphas, masks) fits to some of the rows, and how many ended before tol was met.
    """
    began = time.perf_counter()
    check_source(source, penalty)
    check_limits(told.tol, told.max_passes, told.threads)
    check_integer(grid.n_alphas, "n_alphas")
    given = of_strength(L1() if penalty is None else penalty, 1.0)
    chosen = solver_named(told.solver, given)
    problem = Problem.of(
        source, loss_for(told.loss, source), given, intercept=told.intercept, standardize=told.standardize,
        threads=told.threads,
    )  # fmt: skip
    start, null_loss, largest = null_model(problem)
    ratio = _least_ratio(grid.alpha_min_ratio, problem)
    own = grid.alphas is not None
    alphas = own_alphas(grid.alphas) if own else alpha_grid(largest, grid.n_alphas, ratio)
    fits: list[Fit] = []
    folds: list[Array] = []
    explained: list[float] = []
    ended, unfinished = "", 0
    shared = told.max_passes is None and told.tol is not None and can_share(problem, chosen, alphas)
    if shared:
        points = walk_together(problem, given, alphas, start, masks, tol=told.tol)
    else:
        points = walk_one_by_one(problem, chosen, given, alphas, start, tol=told.tol, max_passes=told.max_passes)
    for point in points:
        fits.append(point.fit)
        folds.append(point.folds)
        unfinished += point.unfinished
        explained.append(1.0 - point.loss / null_loss)
        ended = "" if own or len(fits) == len(alphas) else _ends(explained)
        if ended:
            break
    found = Path(tuple(fits), np.array(explained), null_loss, largest, ended, time.perf_counter() - began)
    return found, np.array(folds) if shared else None, unfinished


def null_model(problem: Problem) -> tuple[Array, float, float]:
    """The coefficients of all that is never penalised, the mean loss there, and alpha_max."""
    share = max(ratio_of(problem.penalty), RIDGE_SHARE)
    near = problem.at(ElasticNet(1.0, share, problem.penalty.factors))
    largest, beta = largest_alpha(near.objective, near.bound())
    value = near.objective.evaluate(beta, 0).value
    return problem.raw(beta), value, largest * (1.0 + ROUNDING)


def alpha_grid(largest: float, count: int, ratio: float) -> Array:
    """So many alphas in equal ratios, from the largest down to `ratio` of it.

    Raises
    ------
    DataError
        If the largest is zero.
    """
    if not largest > 0.0:
        found = "no penalised column has any bearing on the target"
        raise DataError("There is no path", found, "Look whether all columns are constant, or all factors 0.")
    return np.geomspace(largest, largest * ratio, count) if count > 1 else np.array([largest])


def _least_ratio(given: float | None, problem: Problem) -> float:
    if given is None:
        return 1e-2 if problem.source.rows < len(problem.source.columns) else 1e-4
    if isinstance(given, bool) or not (isinstance(given, int | float | np.number) and 0.0 < given < 1.0):
        advice = "0.01 makes the last alpha a hundredth of the first."
        raise SpecificationError("alpha_min_ratio must lie between 0 and 1", f"{given!r}", advice)
    return float(given)


def own_alphas(given: Any) -> Array:
    """The alphas of a user, falling.

    Raises
    ------
    SpecificationError
        Unless they are numbers >= 0.
    """
    try:
        alphas = np.atleast_1d(np.asarray(given, dtype=np.float64))
    except (TypeError, ValueError):
        alphas = np.array([np.nan])
    if alphas.ndim != 1 or not len(alphas) or not (np.isfinite(alphas) & (alphas >= 0.0)).all():
        raise SpecificationError("alphas must be numbers >= 0", f"{given!r}", "Leave them out for a grid of their own.")
    return np.sort(alphas)[::-1]


def _ends(explained: list[float]) -> str:
    """Why there is no use in going on; empty if there is."""
    if explained[-1] > ENOUGH_EXPLAINED:
        return f"the model explains more than {ENOUGH_EXPLAINED:.1%} of the deviance"
    if len(explained) > LEAST_POINTS and explained[-1] - explained[-2] < LEAST_GAIN * explained[-1]:
        return f"the deviance explained grows by less than {LEAST_GAIN:g} of itself"
    return ""


def kind_in_words(penalty: Penalty) -> str:
    """A penalty without its strength."""
    ratio = ratio_of(penalty)
    return penalty.name if ratio in (0.0, 1.0) else f"{penalty.name}, l1_ratio {ratio:g}"


def ratio_of(penalty: Penalty) -> float:
    """The l1_ratio: 0 of a ridge, 1 of a lasso."""
    return float(getattr(penalty, "l1_ratio", isinstance(penalty, L1)))


def spread_out(count: int, most: int) -> list[int]:
    """At most so many places among `count`, evenly spread, the first and the last among them."""
    return sorted({round(k) for k in np.linspace(0, count - 1, min(count, most))})
