"""How well each point of a path does on rows that it has not seen, and which point to choose."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from oddsmith.arrays import AnyArray, Array
from oddsmith.blas import on_one_thread
from oddsmith.errors import ConvergenceWarning, SpecificationError
from oddsmith.evaluation import eta_of
from oddsmith.fitted import Fit, warn_of_failure
from oddsmith.fitting import check_source
from oddsmith.losses import Loss
from oddsmith.paths.curve import curve_lines
from oddsmith.paths.path import TOL, Grid, Path, Settings, kind_in_words, ratio_of, trace
from oddsmith.penalties import L1, ElasticNet, Penalty
from oddsmith.scores import Scorer, folds_of
from oddsmith.solvers import Solver
from oddsmith.sources import MemorySource, Source

AT_ONCE = 1 << 24  # held-out linear predictors that are kept at a time


@dataclass(frozen=True)
class Choice:
    """A point of a path, and how it did.

    Attributes
    ----------
    l1_ratio, alpha : float
    score, standard_error : float
        Mean over the folds, and its standard error.
    fit : Fit
        To all rows, at this alpha.
    place : tuple of int
        Which path, and which of its points.
    """

    l1_ratio: float
    alpha: float
    score: float
    standard_error: float
    fit: Fit
    place: tuple[int, int]


@dataclass(frozen=True)
class CrossValidation:
    """Scores of held-out rows along a path, or along one for each l1_ratio.

    Attributes
    ----------
    paths : tuple of Path
        Fits to all rows, one path for each l1_ratio.
    l1_ratios : tuple of float
    scoring : str
    smaller_is_better : bool
        As of a deviance.
    fold_scores : tuple of arrays of shape (folds, n_alphas)
        One for each path.
    fold_weights : array of shape (folds,)
        The sum of weights of the rows that each fold holds out.
    seconds : float
    """

    paths: tuple[Path, ...]
    l1_ratios: tuple[float, ...]
    scoring: str
    smaller_is_better: bool
    fold_scores: tuple[Array, ...]
    fold_weights: Array
    seconds: float

    @property
    def scores(self) -> tuple[Array, ...]:
        """Means over the folds, each with the weight of its rows: one for each alpha of each path."""
        return tuple(np.average(each, axis=0, weights=self.fold_weights) for each in self.fold_scores)

    @property
    def standard_errors(self) -> tuple[Array, ...]:
        """Of these means: sqrt(weighted variance over the K folds / (K - 1)), as in glmnet; NaN for one fold."""
        spread = [
            np.average((each - mean) ** 2, axis=0, weights=self.fold_weights)
            for each, mean in zip(self.fold_scores, self.scores, strict=True)
        ]
        with np.errstate(invalid="ignore", divide="ignore"):
            return tuple(np.sqrt(variance / np.float64(len(self.fold_weights) - 1)) for variance in spread)

    @property
    def best(self) -> Choice:
        """The best mean score; among equals the strongest penalty."""
        found = [np.nan_to_num(self._cost(k), nan=np.inf) for k in range(len(self.paths))]
        which = int(np.argmin([cost.min() for cost in found]))
        return self._choice(which, int(np.argmin(found[which])))

    @property
    def best_1se(self) -> Choice:
        """The strongest penalty of the same l1_ratio whose mean is within one standard error of the best.

        Breiman, Friedman, Olshen and Stone (1984), *Classification and regression trees*, section 3.4.3.
        """
        which, place = self.best.place
        cost, error = self._cost(which), self.standard_errors[which][place]
        within = cost <= cost[place] + (error if np.isfinite(error) else 0.0)
        return self._choice(which, int(np.argmax(within)))

    def to_frame(self) -> Any:
        """The curves as a pandas data frame: l1_ratio, alpha, score, standard_error, nonzeros, explained."""
        import pandas as pd

        parts = [
            {
                "l1_ratio": np.full(len(found), ratio),
                "alpha": found.alphas,
                "score": score,
                "standard_error": error,
                "nonzeros": found.nonzeros,
                "explained": found.explained,
            }
            for ratio, found, score, error in zip(
                self.l1_ratios, self.paths, self.scores, self.standard_errors, strict=True
            )
        ]
        return pd.DataFrame({key: np.concatenate([part[key] for part in parts]) for key in parts[0]})

    def to_text(self, *, plain: bool = False, width: int = 60) -> str:
        """The mean score along the path of the best l1_ratio, drawn with so many characters, and the choices.

        `plain` draws in ASCII alone.
        """
        first, (which, place) = self.paths[0][0], self.best.place
        alphas = self.paths[which].alphas
        drawn = curve_lines(
            self.scores[which], ends=(f"alpha {alphas[0]:.3g}", f"{alphas[-1]:.3g}"),
            marks={self.best_1se.place[1]: "s", place: "b"}, plain=plain, width=width,
        )  # fmt: skip
        several = len(self.paths) > 1
        ratios = ", ".join(f"{ratio:g}" for ratio in self.l1_ratios)
        what = f"elastic net, l1_ratios {ratios}" if several else kind_in_words(first.penalty)
        scale = "standardised" if first.standardized else "raw"
        better = "smaller" if self.smaller_is_better else "larger"
        lines = [
            f"Cross-validation: {len(self.fold_weights)} folds x {sum(map(len, self.paths))} alphas of {what}, {scale} "
            f"columns; {first.rows} rows, {len(first.names)} columns; {self.seconds:.2g} s",
            "",
            f"Held-out {self.scoring}, the {better} the better"
            + (f"; l1_ratio {self.best.l1_ratio:g}" if several else ""),
            *drawn,
            "",
            f"{'':17} {'l1_ratio':>8} {'alpha':>10} {'score':>11} {'std. error':>11} {'non-zero':>9}",
        ]
        for name, found in (("b  best", self.best), ("s  one std. error", self.best_1se)):
            numbers = f"{found.l1_ratio:8g} {found.alpha:10.4g} {found.score:11.5g} {found.standard_error:11.2g}"
            lines.append(f"{name:17} {numbers} {len(found.fit.kept):9d}")
        if place == len(alphas) - 1 and alphas[-1] > 0.0:
            why = self.paths[which].ended or "a smaller one may do better (alpha_min_ratio)"
            lines += ["", f"The best is the last alpha of its path: {why}."]
        return "\n".join(lines)

    def __str__(self) -> str:
        return self.to_text()

    __repr__ = __str__

    def _cost(self, which: int) -> Array:
        return self.scores[which] if self.smaller_is_better else -self.scores[which]

    def _choice(self, which: int, place: int) -> Choice:
        found = self.paths[which]
        return Choice(
            self.l1_ratios[which],
            float(found.alphas[place]),
            float(self.scores[which][place]),
            float(self.standard_errors[which][place]),
            found[place],
            (which, place),
        )


def cross_validate_path(
    source: Source,
    penalty: Penalty | None = None,
    *,
    folds: Any = 5,
    groups: Any = None,
    seed: int = 0,
    scoring: str = "deviance",
    l1_ratios: Sequence[float] | None = None,
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
) -> CrossValidation:
    """Choose the strength of a penalty by how well rows are predicted that were held out.

    A path is fitted to all rows; its alphas are then fitted to the rows outside of each fold, whose columns are
    standardised by themselves, and scored on the rows of the fold.

    Parameters
    ----------
    source : Source
        Rows in memory, from `oddsmith.read` or `oddsmith.as_source`.
    penalty : Penalty, default L1()
        As in `path`.
    folds : int, splitter, or iterable of pairs of arrays, default 5
        So many folds, shuffled and stratified by class; or a splitter of scikit-learn, such as `TimeSeriesSplit(5)`; or
        pairs of rows to train on and rows to score on, as row numbers or as masks.
    groups : array-like of shape (n,), optional
        Rows of one group are never in different folds.
    seed : int, default 0
        Of the shuffle.
    scoring : str, default "deviance"
        Twice the mean log loss; or a name from `sklearn.metrics.get_scorer_names()`, such as "roc_auc". Weights of rows
        count in the scores too.
    l1_ratios : sequence of float, optional
        Try each of them, by a path of its own; that of the penalty by default.
    n_alphas, alpha_min_ratio, alphas, loss, solver, tol, max_passes, intercept, standardize, threads, warn
        As in `path`; warn is for the fits to all rows.

    Returns
    -------
    CrossValidation
        Its `best` and `best_1se` tell alpha, score, and the fit to all rows.

    Raises
    ------
    DataError, SpecificationError, NumericalError
        As in `path`; and if the folds leave a class without rows to train on, or a score is not defined in one.

    Warns
    -----
    ConvergenceWarning
        If fits to the rows of folds ended before their tolerance was met; and as in `path`.

    Notes
    -----
    Levels of categories, and the means that fill gaps, are those of all rows.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> found = cross_validate_path(as_source(*load_breast_cancer(return_X_y=True)), L1(), folds=5)
    >>> found.best.alpha < found.best_1se.alpha
    True
    """
    began = time.perf_counter()
    check_source(source, penalty)
    scorer = Scorer.named(scoring)
    rows = source.coded("full")
    if not isinstance(rows, MemorySource):
        advice = "Read them into memory: oddsmith.as_source(X, y)."
        raise SpecificationError("Cross-validation needs rows in memory", f"a {type(source).__name__}", advice)
    told = Settings(loss, solver, tol, max_passes, intercept, standardize, threads)
    pairs = folds_of(rows.target, folds, weight=rows.weight, groups=groups, seed=seed)
    given = L1() if penalty is None else penalty
    penalties = [given] if l1_ratios is None else [ElasticNet(1.0, r, given.factors) for r in _several(l1_ratios)]
    paths, scores = [], []
    held_out = [rows.take(test) for _, test in pairs]
    for each in penalties:
        with on_one_thread():
            found, beta, unfinished = _traced(rows, each, pairs, Grid(n_alphas, alpha_min_ratio, alphas), told)
            for fit in found:
                warn(fit)
        if unfinished:
            text = f"{unfinished} of {beta.shape[0] * beta.shape[1]} fits to the rows of folds ended before their "
            warnings.warn(
                text + "tolerance was met: their scores may be a little off.", ConvergenceWarning, stacklevel=2
            )
        paths.append(found)
        scored = [
            held_out_scores(some, b, found[0].loss, scorer, f"fold {k} of 0 to {len(pairs) - 1}")
            for k, (some, b) in enumerate(zip(held_out, beta, strict=True))
        ]
        scores.append(np.array(scored))
    weights = np.array([some.total_weight for some in held_out])
    ratios = tuple(ratio_of(each) for each in penalties)
    seconds = time.perf_counter() - began
    return CrossValidation(tuple(paths), ratios, scoring, scorer.smaller_is_better, tuple(scores), weights, seconds)


def _several(ratios: Any) -> tuple[Any, ...]:
    """The l1_ratios, each of which its penalty examines. Raises SpecificationError if there is none."""
    several = tuple(ratios) if np.iterable(ratios) else ()
    if not several:
        wrong, advice = "l1_ratios must be a list of numbers from 0 to 1", "[0.5, 1.0] tries these two."
        raise SpecificationError(wrong, f"{ratios!r}", advice)
    return several


def held_out_scores(rows: MemorySource, beta: Array, loss: Loss, scorer: Scorer, where: str) -> Array:
    """The score of these rows for every entry of beta, of shape (n_alphas, 1 or K, 1 + p)."""
    count, outputs = beta.shape[:2]
    step = max(1, AT_ONCE // (rows.rows * outputs))
    scores = np.empty(count)
    for first in range(0, count, step):
        some = beta[first : first + step]
        flat = some.reshape(-1, some.shape[-1])
        eta = np.concatenate([eta_of(block, flat) for block in rows.blocks()]).reshape(rows.rows, len(some), outputs)
        for k in range(len(some)):
            own = eta[:, k, 0] if outputs == 1 else eta[:, k]
            scores[first + k] = scorer.of(loss, rows.target, own, rows.weight, where)
    return scores


def _traced(
    rows: MemorySource, penalty: Penalty, pairs: list[tuple[AnyArray, AnyArray]], grid: Grid, told: Settings
) -> tuple[Path, Array, int]:
    """The path of all rows; the coefficients of each fold along its alphas, of shape (folds, n_alphas, 1 or K, 1 + p);
    how many of these are not to be trusted.
    """
    masks = np.zeros((len(pairs), rows.rows), dtype=bool)
    for mask, (train, _) in zip(masks, pairs, strict=True):
        mask[train] = True
    found, beta, unfinished = trace(rows, penalty, grid, told, masks)
    if beta is not None:
        return found, beta.swapaxes(0, 1), unfinished
    own = Grid(alphas=found.alphas)
    folds = [trace(rows.take(train), penalty, own, told)[0] for train, _ in pairs]
    doubtful = sum(not fit.status.trustworthy for fold in folds for fit in fold)
    return found, np.array([fold.beta for fold in folds]), doubtful
