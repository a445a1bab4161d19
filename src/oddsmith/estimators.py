"""The scikit-learn face: its parameters, defaults and attributes over Oddsmith's engine."""

from __future__ import annotations

import functools
import os
import warnings
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import ConvergenceWarning as SklearnConvergenceWarning
from sklearn.metrics import accuracy_score
from sklearn.utils import check_random_state, column_or_1d
from sklearn.utils.class_weight import compute_class_weight
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from oddsmith import errors
from oddsmith.arrays import AnyArray, Array, check_integer, check_positive
from oddsmith.collinear import Collinear
from oddsmith.fitted import Fit, warn
from oddsmith.fitting import fit
from oddsmith.inference import Inference, infer
from oddsmith.judging.certificate import Certificate
from oddsmith.model_file import Model
from oddsmith.penalties import L1, L2, ElasticNet, NoPenalty, Penalty
from oddsmith.prediction import decide, linear_predictor, probabilities
from oddsmith.report import Summary, summarise
from oddsmith.schema import Missing, Unseen
from oddsmith.solvers import GradientDescent, ProximalNewton, SketchedNewton, Solver, Step
from oddsmith.sources import MemorySource, as_source, is_frame, read_frame

# scikit-learn's solvers all seek the same optimum; so does the engine, whichever of them is named
SKLEARN_SOLVERS = ("lbfgs", "liblinear", "newton-cg", "newton-cholesky", "sag", "saga")


class ConvergenceWarning(errors.ConvergenceWarning, SklearnConvergenceWarning):
    """Oddsmith's warning, caught too by code that filters scikit-learn's."""


def _refusing_multi_class(init: Callable[..., None]) -> Callable[..., None]:
    """Refuse multi_class with advice, and leave the signature as it is: scikit-learn reads the parameters off it."""

    @functools.wraps(init)
    def checked(self: Any, *args: Any, **kwargs: Any) -> None:
        if "multi_class" in kwargs:
            raise TypeError(
                "multi_class is not an argument any more: scikit-learn 1.8 removed it. Leave it out; for one-vs-rest, "
                "use sklearn.multiclass.OneVsRestClassifier(LogisticRegression())."
            )
        init(self, *args, **kwargs)

    return checked


class LogisticRegression(ClassifierMixin, BaseEstimator):
    r"""Logistic regression with scikit-learn's interface, fitted to full precision and certified.

    Of K > 2 classes by softmax: one joint fit, whose coefficients sum to zero over the classes; with l1_ratio > 0 the
    intercepts alone do. For one-vs-rest use `sklearn.multiclass.OneVsRestClassifier(LogisticRegression())`.

    Of two classes it minimises, with C = 1 / (alpha W) and W the sum of weights,

    .. math:: C \sum_i w_i \log(1 + e^{-y_i (x_i'b + b_0 + o_i)}) + \tfrac{1}{2} |b|^2, \qquad y_i \in \{-1, 1\}.

    Parameters
    ----------
    penalty : deprecated
        As in scikit-learn 1.9: use C and l1_ratio.
    C : float, default 1.0
        Inverse penalty strength; `np.inf` for maximum likelihood.
    l1_ratio : float, default 0.0
        0 is ridge, 1 the lasso, between them the elastic net: C multiplies the loss beside
        l1_ratio |b|_1 + (1 - l1_ratio) |b|^2 / 2.
    dual, intercept_scaling, verbose
        Accepted, without effect: the optimum does not depend on them, and the intercept is never penalised.
    tol : float, optional
        Relative suboptimality at which to stop. Unlike scikit-learn's, the default is full precision.
    fit_intercept : bool, default True
    class_weight : dict or "balanced", optional
        Multiplies the weights of a class. Standard errors are then labelled as not valid for inference.
    random_state : int or RandomState, optional
        For the rows that precondition large fits, and for mini-batches. It never changes the optimum.
    solver : str or Solver, default "auto"
        "auto", "sketched_newton", "newton"; "gd", gradient descent; SciPy's own "scipy-cg", "scipy-bfgs" and
        "scipy-lbfgs"; or an object such as `GradientDescent(learning_rate=0.1)`.
        scikit-learn's names are accepted and mean "auto".
    max_iter : int, default 100
        Limit of passes over the data. A solver given as an object has its own.
    warm_start : bool, default False
        Start from the coefficients of the last fit.
    n_jobs : deprecated
        As in scikit-learn 1.9, without effect: use n_threads.
    n_threads : int, optional
        All processors by default. The result has the same bits for any number.
    categories : "auto" or None, default None
        With "auto", X may be a data frame of any library with text, categories and booleans in it, read as by
        `oddsmith.read`: a category has one coefficient for each level (each but the most frequent without a penalty),
        named in `fit_.names`.
    missing : {"error", "drop", "impute"}, default "error"
        With categories="auto": what a missing value does, as in `oddsmith.read`. A row that is dropped is predicted as
        NaN, its label as None, and is not scored.
    unseen : {"error", "reference"}, default "error"
        With categories="auto": what a level does at prediction that was not there to be fitted.
    bias_reduction : "firth" or None, default None
        Firth's penalised likelihood, finite for separated classes too; with two classes and C=np.inf.
    collinear : {"min-norm", "drop", "error"}, default "min-norm"
        With C=np.inf, what becomes of collinear columns; see `oddsmith.fit`. scikit-learn drops none, and gives columns
        that repeat one another equal parts, as the smallest norm does; hence another default than there.

    Attributes
    ----------
    coef_ : array of shape (1, p) or (K, p)
    intercept_ : array of shape (1,) or (K,)
    classes_ : array of shape (K,)
    n_iter_ : array of shape (1,)
        Steps of the solver.
    n_features_in_, feature_names_in_
        As in scikit-learn.
    fit_ : Fit
    certificate_ : Certificate
        How far from the optimum, and how that is known.
    trace_ : tuple of Step
    """

    @_refusing_multi_class
    def __init__(
        self,
        penalty: Any = "deprecated",
        *,
        C: float = 1.0,
        l1_ratio: float = 0.0,
        dual: bool = False,
        tol: float | None = None,
        fit_intercept: Any = True,
        intercept_scaling: float = 1,
        class_weight: Any = None,
        random_state: Any = None,
        solver: str | Solver = "auto",
        max_iter: int = 100,
        verbose: int = 0,
        warm_start: bool = False,
        n_jobs: int | None = None,
        n_threads: int | None = None,
        categories: str | None = None,
        missing: Missing = "error",
        unseen: Unseen = "error",
        bias_reduction: str | None = None,
        collinear: Collinear = "min-norm",
    ) -> None:
        self.penalty = penalty
        self.C = C
        self.l1_ratio = l1_ratio
        self.dual = dual
        self.tol = tol
        self.fit_intercept = fit_intercept
        self.intercept_scaling = intercept_scaling
        self.class_weight = class_weight
        self.random_state = random_state
        self.solver = solver
        self.max_iter = max_iter
        self.verbose = verbose
        self.warm_start = warm_start
        self.n_jobs = n_jobs
        self.n_threads = n_threads
        self.categories = categories
        self.missing = missing
        self.unseen = unseen
        self.bias_reduction = bias_reduction
        self.collinear = collinear

    def fit(self, X: Any, y: Any, sample_weight: Any = None, offset: Any = None) -> Self:
        """Fit to rows X with labels y.

        Parameters
        ----------
        X : array-like, sparse matrix or data frame of shape (n, p)
        y : array-like of shape (n,)
            Labels of two classes.
        sample_weight : array-like of shape (n,), optional
            Frequency weights >= 0.
        offset : array-like of shape (n,), optional
            Added to the linear predictor, in log-odds; needed again to predict.

        Raises
        ------
        DataError, SpecificationError
            Both are ValueErrors.

        Warns
        -----
        ConvergenceWarning, SeparationWarning
            If the coefficients are not the one optimum.
        """
        self._warn_of_deprecated()
        if isinstance(self.fit_intercept, str):
            found = repr(self.fit_intercept)
            raise errors.SpecificationError("fit_intercept must be True or False", found, "Leave out the quotes.")
        source = self._reweighted(self._source(X, y, sample_weight, offset))
        start = None
        if self.warm_start and hasattr(self, "fit_") and len(self.fit_.names) == len(source.columns):
            start = self._current().beta
        penalty = self._penalty(sum(source.class_weights()))
        fitted = fit(
            source,
            penalty=penalty,
            solver=self._solver(penalty),
            tol=self.tol,
            max_passes=self.max_iter if isinstance(self.solver, str) else None,
            intercept=bool(self.fit_intercept),
            bias_reduction=self.bias_reduction,
            collinear=self.collinear,
            start=start,
            threads=self.n_threads,
            warn=functools.partial(warn, convergence=ConvergenceWarning, stacklevel=4),
        )
        self.fit_: Fit = fitted if self.class_weight is None else replace(fitted, reweighted=True)
        self.classes_ = fitted.classes
        self.coef_ = fitted.beta[:, 1:].copy()
        self.intercept_ = fitted.beta[:, 0].copy()
        self.n_iter_ = np.array([max(1, len(fitted.trace) - 1)], dtype=np.int32)
        return self

    @property
    def certificate_(self) -> Certificate:
        """How far the coefficients are from the optimum, and how that is known."""
        check_is_fitted(self)
        return self.fit_.certificate

    @property
    def trace_(self) -> tuple[Step, ...]:
        """What the solver did, step by step."""
        check_is_fitted(self)
        return self.fit_.trace

    def decision_function(self, X: Any, offset: Any = None) -> Array:
        """The linear predictor x'b + b_0 + offset, in log-odds; of K > 2 classes a score each, of shape (n, K)."""
        check_is_fitted(self)
        if self._takes_categories(X):
            validate_data(self, X, reset=False, skip_check_array=True)
            return Model(self._current()).decision_function(X, offset)
        if not self.fit_.schema.is_plain:
            raise errors.DataError("The model has categories", f"a {type(X).__name__}", "Pass a data frame.")
        X = validate_data(
            self, X, accept_sparse="csr", dtype=[np.float64, np.float32], ensure_all_finite=False, reset=False
        )
        return linear_predictor(self._current(), X, offset)

    def predict_proba(self, X: Any, offset: Any = None) -> Array:
        """Probabilities of all classes, of shape (n, K)."""
        eta = self.decision_function(X, offset)
        return probabilities(self.fit_, eta)

    def predict_log_proba(self, X: Any, offset: Any = None) -> Array:
        """Logarithms of `predict_proba`, finite in every tail."""
        eta = self.decision_function(X, offset)
        return self.fit_.loss.log_probabilities(eta)

    def predict(self, X: Any, threshold: float | None = None, offset: Any = None) -> AnyArray:
        """Labels: the second class where the score is > 0 or, with a threshold t, where it is >= log(t / (1 - t)).

        Of K > 2 classes, the one with the highest score.
        """
        eta = self.decision_function(X, offset)
        return decide(self.fit_, eta, threshold)

    def score(self, X: Any, y: Any, sample_weight: Any = None, offset: Any = None) -> float:
        """Accuracy of `predict`, as in scikit-learn."""
        eta = self.decision_function(X, offset)
        kept = ~(np.isnan(eta) if eta.ndim == 1 else np.isnan(eta).any(axis=1))
        weight = None if sample_weight is None else np.asarray(sample_weight)[kept]
        return float(accuracy_score(np.asarray(y)[kept], decide(self.fit_, eta[kept]), sample_weight=weight))

    def inference(self, level: float = 0.95, *, reference: Any = None) -> Inference:
        """Standard errors, tests and intervals; see `oddsmith.infer`."""
        check_is_fitted(self)
        return infer(self.fit_, level, reference=reference)

    def summary(self, level: float = 0.95, *, reference: Any = None) -> Summary:
        """What was fitted, how, and the table of coefficients. Print it."""
        check_is_fitted(self)
        return summarise(self.fit_, level=level, reference=reference)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write a model file that `oddsmith.load` reads, without scikit-learn and without running code."""
        check_is_fitted(self)
        Model(self._current()).save(path)

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "fit_")

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    def _current(self) -> Fit:
        """The fit with the coefficients as they are now: scikit-learn's users may set them."""
        return replace(self.fit_, beta=np.hstack([np.reshape(self.intercept_, (-1, 1)), self.coef_]))

    def _takes_categories(self, X: Any) -> bool:
        if self.categories not in (None, "auto"):
            raise errors.SpecificationError("categories is not known", repr(self.categories), 'Use "auto", or None.')
        if self.categories == "auto" and isinstance(X, Mapping):
            raise errors.DataError(
                "X is no data frame", f"a {type(X).__name__}", "Make one of it: pandas.DataFrame(X)."
            )
        return self.categories == "auto" and is_frame(X)

    def _source(self, X: Any, y: Any, sample_weight: Any, offset: Any) -> MemorySource:
        """What is fitted, checked as scikit-learn does."""
        if self._takes_categories(X):
            validate_data(self, X, skip_check_array=True)
            read = read_frame(
                X, self._labels(y), sample_weight=sample_weight, offset=offset, missing=self.missing,
                unseen=self.unseen,
            )  # fmt: skip
            return read.coded("reference" if self.penalty is None or np.inf == self.C else "full")
        try:
            X = self._checked(X)
        except ValueError as error:
            if "could not convert string" not in str(error):
                raise
            advice = 'Pass a data frame to LogisticRegression(categories="auto").'
            raise errors.DataError("X holds text", str(error), advice) from None
        return as_source(X, self._labels(y), sample_weight=sample_weight, offset=offset, names=self._names())

    def _checked(self, X: Any) -> Any:
        """As scikit-learn checks it; that takes as long as a small fit, and has nothing to say of a plain array."""
        kinds = [np.float64, np.float32]
        if type(X) is np.ndarray and X.ndim == 2 and X.dtype in kinds and X.shape[0] > 1 and X.shape[1] > 0:
            self.__dict__.pop("feature_names_in_", None)
            self.n_features_in_ = X.shape[1]
            return X
        return validate_data(self, X, accept_sparse="csr", dtype=kinds, ensure_all_finite=False, ensure_min_samples=2)

    def _names(self) -> list[str] | None:
        names = getattr(self, "feature_names_in_", None)
        return None if names is None else [str(name) for name in names]

    def _labels(self, y: Any) -> AnyArray:
        if y is None:
            raise errors.SpecificationError(
                "LogisticRegression requires y to be passed, but the target y is None", "", "Pass the labels."
            )
        if isinstance(y, np.ndarray) and y.ndim == 1 and y.dtype.kind in "biuU":
            return y  # for these the checks below find nothing, and take their time
        labels: AnyArray = column_or_1d(y, warn=True)
        check_classification_targets(labels)
        return labels

    def _reweighted(self, source: MemorySource) -> MemorySource:
        """With the weight of each row multiplied by what class_weight says of its class."""
        if self.class_weight is None:
            return source
        if self.class_weight == "balanced":
            weights = np.array(source.class_weights())
            factors = weights.sum() / (len(weights) * np.maximum(weights, 1e-300))
        else:
            factors = compute_class_weight(self.class_weight, classes=source.classes, y=source.classes)
        own = np.asarray(factors, dtype=np.float64)[source.target.astype(np.intp)]
        return source.take(slice(None), own if source.weight is None else own * source.weight)

    def _penalty(self, weight: float) -> Penalty:
        check_positive(self.C, "C", "Use C=np.inf for no penalty.", finite=False)
        if self.penalty not in ("deprecated", "l1", "l2", "elasticnet", None):
            raise errors.SpecificationError("penalty is not known", f"{self.penalty!r}", "Use C and l1_ratio.")
        if self.penalty == "elasticnet" and self.l1_ratio is None:
            raise errors.SpecificationError("The elastic net needs an l1_ratio", "None", "Give a number from 0 to 1.")
        ratio = {"l1": 1.0, "l2": 0.0}.get(self.penalty, 0.0 if self.l1_ratio is None else self.l1_ratio)
        if self.penalty is None or np.isinf(self.C):
            return NoPenalty()
        if self.bias_reduction is not None:
            advice = "Use C=np.inf with bias_reduction, or leave it out."
            raise errors.SpecificationError("bias_reduction is a penalty of its own", f"C={self.C!r}", advice)
        alpha = 1.0 / (self.C * weight)
        return L2(alpha) if ratio == 0.0 else L1(alpha) if ratio == 1.0 else ElasticNet(alpha, ratio)

    def _solver(self, penalty: Penalty) -> str | Solver:
        check_integer(self.max_iter, "max_iter")
        if self.n_threads is not None:
            check_integer(self.n_threads, "n_threads", "Leave it out for all processors.")
        seed = int(check_random_state(self.random_state).randint(2**31)) if self.random_state is not None else 0
        if self.solver == "auto" or self.solver in SKLEARN_SOLVERS:
            if not penalty.smooth:
                return ProximalNewton(seed=seed)
            return SketchedNewton(seed=seed) if self.bias_reduction is None else "auto"
        return GradientDescent(seed=seed, max_iter=self.max_iter) if self.solver == "gd" else self.solver

    def _warn_of_deprecated(self) -> None:
        if self.penalty != "deprecated":
            text = "'penalty' is deprecated, as in scikit-learn 1.8: use l1_ratio, and C=np.inf for penalty=None."
            warnings.warn(text, FutureWarning, stacklevel=3)
        if self.n_jobs is not None:
            text = "'n_jobs' is deprecated, as in scikit-learn 1.8, and has no effect: use n_threads."
            warnings.warn(text, FutureWarning, stacklevel=3)
