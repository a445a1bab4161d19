"""scikit-learn's LogisticRegressionCV over Oddsmith's paths."""

from __future__ import annotations

import functools
import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from sklearn.metrics import get_scorer
from sklearn.model_selection import check_cv
from sklearn.utils import _safe_indexing, indexable
from sklearn.utils.validation import check_is_fitted

from oddsmith.arrays import AnyArray, Array, check_integer, check_positive
from oddsmith.errors import SpecificationError
from oddsmith.estimators import ConvergenceWarning, LogisticRegression
from oddsmith.fitted import Fit, warn
from oddsmith.fitting import fit
from oddsmith.judging.certificate import Certificate
from oddsmith.paths.path import path
from oddsmith.penalties import L1, L2, ElasticNet, Penalty
from oddsmith.schema import Missing, Unseen
from oddsmith.scores import told_of_classes
from oddsmith.sources import MemorySource


@dataclass(frozen=True)
class _Grid:
    """What the folds found: coefficients of shape (folds, Cs, l1_ratios, 1 or K, 1 + p), intercept first."""

    beta: Array
    scores: Array
    steps: AnyArray
    trusted: AnyArray


class LogisticRegressionCV(LogisticRegression):
    """Logistic regression whose C and l1_ratio are chosen by cross-validation, with scikit-learn 1.9's interface.

    Parameters, defaults and attributes are those of `sklearn.linear_model.LogisticRegressionCV`. Every fold is a path
    from the strongest penalty to the weakest, on raw columns, each fit starting where the one before it ended; the
    chosen one is fitted again to all rows, to full precision, and certified.

    Parameters
    ----------
    Cs : int or array-like, default 10
        Inverse strengths; a number stands for so many from 1e-4 to 1e4, in equal ratios.
    l1_ratios : array-like, optional
        From 0 (ridge) to 1 (lasso); ridge by default, with scikit-learn's warning that the default will change.
    fit_intercept : bool, default True
    cv : int, splitter or iterable, default 5 stratified folds
    penalty : deprecated
        "l1", "l2" or "elasticnet", as in scikit-learn 1.9: use l1_ratios.
    scoring : str or callable, default accuracy
        With scikit-learn's warning that the default will change.
    tol : float, default 1e-4
        As scikit-learn's it is about the gradient: folds stop at a relative suboptimality of tol ** 2.
    max_iter : int, default 100
        Limit of passes over the data, of each ridge fit.
    class_weight : dict or "balanced", optional
        Multiplies the weights of a class where models are fitted, not where they are scored.
    refit : bool, default True
        Without it, the coefficients are the mean over the folds, of each fold's best.
    use_legacy_attributes : bool, default True
        Shapes of the attributes as before scikit-learn 1.10, with its warning that the default will change.
    solver, dual, intercept_scaling, n_jobs, verbose, random_state
        Accepted, without effect: the optimum does not depend on them.

    Attributes
    ----------
    C_, l1_ratio_ : float, or arrays of shape (1,) or (K,)
    Cs_, l1_ratios_ : arrays
    scores_, coefs_paths_, n_iter_
        Of every fold, l1_ratio and C; see scikit-learn.
    coef_, intercept_, classes_, n_features_in_, feature_names_in_, fit_, certificate_, trace_
        As those of `LogisticRegression`.
    """

    # what LogisticRegression takes beside scikit-learn's parameters, and here cannot be told
    warm_start, n_threads, categories = False, None, None
    missing: Missing = "error"
    unseen: Unseen = "error"

    def __init__(
        self,
        *,
        Cs: Any = 10,
        l1_ratios: Any = "warn",
        fit_intercept: bool = True,
        cv: Any = None,
        dual: bool = False,
        penalty: Any = "deprecated",
        scoring: Any = "warn",
        solver: str = "lbfgs",
        tol: float = 1e-4,
        max_iter: int = 100,
        class_weight: Any = None,
        n_jobs: int | None = None,
        verbose: int = 0,
        refit: bool = True,
        intercept_scaling: float = 1.0,
        random_state: Any = None,
        use_legacy_attributes: Any = "warn",
    ) -> None:
        self.Cs = Cs
        self.l1_ratios = l1_ratios
        self.fit_intercept = fit_intercept
        self.cv = cv
        self.dual = dual
        self.penalty = penalty
        self.scoring = scoring
        self.solver = solver
        self.tol = tol
        self.max_iter = max_iter
        self.class_weight = class_weight
        self.n_jobs = n_jobs
        self.verbose = verbose
        self.refit = refit
        self.intercept_scaling = intercept_scaling
        self.random_state = random_state
        self.use_legacy_attributes = use_legacy_attributes

    def fit(self, X: Any, y: Any, sample_weight: Any = None, groups: Any = None) -> Self:
        """Choose C and l1_ratio, and fit.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n, p)
        y : array-like of shape (n,)
        sample_weight : array-like of shape (n,), optional
            Frequency weights >= 0, in the fits and in the scores.
        groups : array-like of shape (n,), optional
            For a splitter that asks for them.

        Raises
        ------
        DataError, SpecificationError
            Both are ValueErrors.

        Warns
        -----
        ConvergenceWarning, SeparationWarning
            If the coefficients are not the one optimum, or fits to the rows of folds ended early.
        FutureWarning
            Where scikit-learn 1.9 does.
        """
        legacy = self._told("use_legacy_attributes", True)
        scoring = self._told("scoring", None)
        ratios = self._ratios()
        check_positive(self.tol, "tol")
        check_integer(self.max_iter, "max_iter")
        source = self._source(X, y, sample_weight, None)
        labels = source.classes[source.target.astype(np.intp)]
        weighted = self._reweighted(source)
        self.classes_ = source.classes
        self.Cs_ = self._strengths()
        folds = list(check_cv(self.cv, labels, classifier=True).split(np.zeros((source.rows, 1)), labels, groups))
        score, (table,) = self._scorer(scoring, source.classes), indexable(X)

        def held_out(model: LogisticRegression, test: AnyArray) -> float:
            weight = None if sample_weight is None else np.asarray(sample_weight)[test]
            return score(model, _safe_indexing(table, test), labels[test], weight)

        found = self._search(weighted, folds, ratios, held_out)
        if not found.trusted.all():
            text = f"{(~found.trusted).sum()} of {found.trusted.size} fits to the rows of folds ended before their "
            text += "tolerance was met: their scores, and what is chosen by them, may be off. Raise max_iter."
            warnings.warn(text, ConvergenceWarning, stacklevel=2)
        chosen_C, chosen_ratio, self.fit_ = self._choose(weighted, found, ratios)
        self.coef_, self.intercept_ = self.fit_.beta[:, 1:].copy(), self.fit_.beta[:, 0].copy()
        self.l1_ratios_ = np.asarray(ratios)
        self._tell(found, chosen_C, chosen_ratio, legacy=legacy)
        return self

    def score(self, X: Any, y: Any, sample_weight: Any = None, offset: Any = None) -> float:
        """The score that `scoring` asks for, of these rows."""
        check_is_fitted(self)
        scoring = None if self.scoring == "warn" else self.scoring
        return float(self._scorer(scoring, self.classes_)(self, X, y, sample_weight))

    def _told(self, name: str, now: Any, stacklevel: int = 3) -> Any:
        """What a parameter says; where nothing was said, today's default, with scikit-learn's warning of another."""
        given = getattr(self, name)
        if not (isinstance(given, str) and given == "warn"):
            return given
        text = f"The default of '{name}' is {now!r} and will change, as in scikit-learn. Set it to silence this."
        warnings.warn(text, FutureWarning, stacklevel=stacklevel)
        return now

    def _ratios(self) -> tuple[float | None, ...]:
        """The l1_ratios to try; one of None where none was given."""
        given = self._told("l1_ratios", None, stacklevel=4)
        if self.penalty != "deprecated":
            text = "'penalty' is deprecated, as in scikit-learn 1.8: use l1_ratios."
            warnings.warn(text, FutureWarning, stacklevel=3)
            if self.penalty not in ("l1", "l2", "elasticnet"):
                raise SpecificationError("penalty is not known", f"{self.penalty!r}", "Use l1_ratios.")
        if given is None and self.penalty != "elasticnet":
            return (None,)
        ratios = tuple(given) if np.iterable(given) and not isinstance(given, str) else ()
        if not ratios or not all(isinstance(r, int | float | np.number) and 0.0 <= r <= 1.0 for r in ratios):
            raise SpecificationError("l1_ratios must be numbers from 0 to 1", f"{given!r}", "0: ridge; 1: lasso.")
        return ratios

    def _strengths(self) -> Array:
        """The Cs."""
        if isinstance(self.Cs, int | np.integer) and not isinstance(self.Cs, bool):
            check_integer(self.Cs, "Cs")
            return np.logspace(-4, 4, self.Cs)
        try:
            Cs = np.asarray(self.Cs, dtype=np.float64)
        except (TypeError, ValueError):
            Cs = np.zeros(0)
        if Cs.ndim != 1 or not len(Cs) or not (Cs > 0.0).all():
            raise SpecificationError("Cs must be an integer >= 1, or numbers > 0", f"{self.Cs!r}", "10 is usual.")
        return Cs

    def _mixed(self, ratio: float | None, alpha: float = 1.0) -> Penalty:
        if self.penalty == "l1" or (ratio == 1.0 and self.penalty != "l2"):
            return L1(alpha)
        return L2(alpha) if self.penalty == "l2" or not ratio else ElasticNet(alpha, float(ratio))

    def _scorer(self, scoring: Any, classes: AnyArray) -> Callable[..., float]:
        """Score of a model for rows, their labels and weights."""
        if scoring is None:
            return lambda model, X, y, weight: LogisticRegression.score(model, X, y, sample_weight=weight)
        scorer = told_of_classes(get_scorer(scoring) if isinstance(scoring, str) else scoring, classes)

        def score(model: Any, X: Any, y: Any, weight: Any) -> float:
            return float(scorer(model, X, y, **({} if weight is None else {"sample_weight": weight})))

        return score

    def _search(
        self, source: MemorySource, folds: list[tuple[AnyArray, AnyArray]], ratios: tuple[float | None, ...],
        score: Callable[[LogisticRegression, AnyArray], float],
    ) -> _Grid:  # fmt: skip
        """A path for every fold and ratio, and its scores."""
        size = (len(folds), len(self.Cs_), len(ratios))
        width = 1 + len(source.columns)
        beta = np.empty((*size, 1 if len(source.classes) == 2 else len(source.classes), width))
        grid = _Grid(beta, np.empty(size), np.empty(size, dtype=np.int32), np.empty(size, dtype=bool))
        falling = np.argsort(self.Cs_, kind="stable")
        for k, (train, test) in enumerate(folds):
            rows = source.take(train)
            alphas = 1.0 / (self.Cs_[falling] * rows.total_weight)
            for j, ratio in enumerate(ratios):
                penalty = self._mixed(ratio)
                limit = self.max_iter if penalty.smooth else None  # others share what they know from C to C
                tol = max(float(self.tol or 0.0) ** 2, float(np.finfo(float).eps))
                fits = path(
                    rows, penalty, alphas=alphas, tol=tol, max_passes=limit,
                    intercept=bool(self.fit_intercept), standardize=False, warn=_silent,
                )  # fmt: skip
                model = self._model(fits[0])
                for i, found in zip(falling, fits, strict=True):
                    beta[k, i, j] = found.beta
                    grid.trusted[k, i, j] = found.status.trustworthy
                    grid.steps[k, i, j] = max(1, len(found.trace) - 1)
                    model.coef_, model.intercept_ = found.beta[:, 1:], found.beta[:, 0]
                    grid.scores[k, i, j] = score(model, test)
        return grid

    def _model(self, fitted: Fit) -> LogisticRegression:
        """A model of some fit, for scorers."""
        model = LogisticRegression()
        model.fit_, model.classes_, model.n_features_in_ = fitted, self.classes_, self.n_features_in_
        if hasattr(self, "feature_names_in_"):
            model.feature_names_in_ = self.feature_names_in_
        return model

    def _choose(
        self, source: MemorySource, found: _Grid, ratios: tuple[float | None, ...]
    ) -> tuple[float, float | None, Fit]:
        """C, l1_ratio and the fit: at the best mean score or, without `refit`, the mean of each fold's best."""
        folds, Cs = found.scores.shape[:2]
        if self.refit:
            i, j = np.unravel_index(int(np.argmax(found.scores.sum(axis=0))), found.scores.shape[1:])
            fitted = fit(
                source, penalty=self._mixed(ratios[j], 1.0 / (self.Cs_[i] * source.total_weight)),
                intercept=bool(self.fit_intercept), start=found.beta[:, i, j].mean(axis=0),
                warn=functools.partial(warn, convergence=ConvergenceWarning, stacklevel=5),
            )  # fmt: skip
            fitted = fitted if self.class_weight is None else replace(fitted, reweighted=True)
            return float(self.Cs_[i]), ratios[j], fitted
        best = found.scores.reshape(folds, -1).argmax(axis=1)
        places = [np.unravel_index(int(place), (Cs, len(ratios))) for place in best]
        C = float(np.mean([self.Cs_[i] for i, _ in places]))
        chosen = [ratios[j] for _, j in places]
        ratio = None if chosen[0] is None else float(np.mean([float(r or 0.0) for r in chosen]))
        mean = np.mean([found.beta[k, i, j] for k, (i, j) in enumerate(places)], axis=0)
        near = fit(
            source, penalty=self._mixed(ratio, 1.0 / (C * source.total_weight)),
            intercept=bool(self.fit_intercept), start=mean, max_passes=2, warn=_silent,
        )  # fmt: skip
        unsure = Certificate("none", math.nan, math.nan, math.nan, None)
        return C, ratio, replace(near, beta=mean, hessian=None, certificate=unsure, value=math.nan)

    def _tell(self, found: _Grid, C: float, ratio: float | None, *, legacy: bool) -> None:
        """The attributes of a search, in scikit-learn's shapes."""
        # scikit-learn has the intercept last, and only where it is free
        paths = np.concatenate([found.beta[..., 1:], found.beta[..., :1]], axis=-1)
        paths = paths if self.fit_intercept else paths[..., :-1]
        mixing = float(self.penalty == "l1") if ratio is None else float(ratio)
        self.C_: Any = C
        self.l1_ratio_: Any = mixing
        self.scores_: Any = found.scores.swapaxes(1, 2)
        self.n_iter_: Any = found.steps.swapaxes(1, 2)
        self.coefs_paths_: Any = paths.swapaxes(1, 2)
        if not legacy:
            return
        labels = self.classes_[1:] if len(self.classes_) == 2 else self.classes_
        drop = (..., 0) if ratio is None else (...,)
        self.C_ = np.full(len(labels), C)
        self.l1_ratio_ = np.full(len(labels), None if ratio is None and self.refit else mixing)
        self.scores_ = dict.fromkeys(labels, found.scores[drop])
        self.n_iter_ = found.steps[drop][None]
        self.coefs_paths_ = {
            label: paths[:, :, 0, k] if ratio is None else paths[..., k, :] for k, label in enumerate(labels)
        }


def _silent(_: Fit) -> None:
    """No warning: a fit to some of the rows is no result."""
