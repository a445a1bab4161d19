"""How well probabilities agree with what happened: the metrics that scikit-learn has, by one sort of the rows."""

from __future__ import annotations

import inspect
import reprlib
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

import numpy as np

from oddsmith.arrays import AnyArray, Array
from oddsmith.errors import DataError, SpecificationError


@dataclass(frozen=True)
class Scores:
    """Scores of predicted probabilities. NaN where a score is not defined (one class only).

    Attributes
    ----------
    accuracy, precision, recall, f1 : float
        Of the decision probability >= threshold, for the positive class; 0 where nothing was predicted positive. Of
        K > 2 classes, of the most probable class, the last three averaged over the classes.
    roc_auc, average_precision : float
        Of the ranking; of K > 2 classes averaged over each class against the rest.
    log_loss : float
        Mean cross-entropy, in nats.
    brier : float
        Mean squared difference of probability and outcome; of K > 2 classes half of their sum over the classes.
    confusion : tuple of tuples
        Sum of weights: a row for each class, a column for each prediction.
    rows : int
    threshold : float or None
        None for K > 2 classes.
    """

    accuracy: float
    precision: float
    recall: float
    f1: float
    roc_auc: float
    average_precision: float
    log_loss: float
    brier: float
    confusion: tuple[tuple[float, ...], ...]
    rows: int
    threshold: float | None

    def to_dict(self) -> dict[str, Any]:
        """All of it, by name."""
        return asdict(self)


def score(target: Array, probability: Array, *, weight: Array | None = None, threshold: float | None = None) -> Scores:
    """Score probabilities against a target of 0, 1, ..., K - 1.

    Parameters
    ----------
    target : array of shape (n,)
    probability : array of shape (n, K), or for two classes (n,)
    weight : array of shape (n,), optional
    threshold : float, default 0.5
        Of two classes, the probability of the second from which on it is predicted.

    Raises
    ------
    DataError
        If there are no rows.
    SpecificationError
        If the threshold is not between 0 and 1, or there are more than two classes to choose from.
    """
    if probability.ndim == 1:
        probability = np.column_stack([1.0 - probability, probability])
    classes = probability.shape[1]
    if threshold is not None and classes > 2:
        found = f"{classes} classes"
        raise SpecificationError("A threshold is for two classes", found, "The most probable class is predicted.")
    cut = 0.5 if threshold is None else threshold
    if not 0.0 <= cut <= 1.0:
        raise SpecificationError("threshold must lie between 0 and 1", f"{threshold!r}", "0.5 is usual.")
    if len(target) == 0:
        raise DataError("There is nothing to score", "0 rows", "Pass rows with known labels.")
    decision = (probability[:, 1] >= cut).astype(int) if classes == 2 else probability.argmax(axis=1)
    w = np.ones(len(target)) if weight is None else weight
    code = target.astype(np.intp)
    counts = np.bincount(code * classes + decision, w, classes**2).reshape(classes, classes)
    right, predicted, actual = np.diagonal(counts), counts.sum(axis=0), counts.sum(axis=1)
    sides = slice(1, 2) if classes == 2 else slice(None)
    precision, recall, f1 = (
        np.divide(right * factor, whole, out=np.zeros(classes), where=whole > 0.0)[sides].mean()
        for factor, whole in ((1.0, predicted), (1.0, actual), (2.0, predicted + actual))
    )
    ranks = [_ranked(code == k, probability[:, k], w) for k in range(classes)[sides]]
    own = np.clip(probability[np.arange(len(code)), code], np.finfo(float).eps, 1.0 - np.finfo(float).eps)
    outcome = code[:, None] == np.arange(classes)
    squares = 0.5 * ((probability - outcome) ** 2).sum(axis=1)
    return Scores(
        accuracy=float(right.sum() / w.sum()),
        precision=float(precision),
        recall=float(recall),
        f1=float(f1),
        roc_auc=float(np.mean([auc for auc, _ in ranks])),
        average_precision=float(np.mean([ap for _, ap in ranks])),
        log_loss=float(-(w @ np.log(own)) / w.sum()),
        brier=float(w @ squares / w.sum()),
        confusion=tuple(tuple(map(float, row)) for row in counts),
        rows=len(target),
        threshold=cut if classes == 2 else None,
    )


def _ranked(outcome: AnyArray, probability: Array, weight: Array) -> tuple[float, float]:
    """Area under the ROC curve and average precision; NaN where all outcomes are alike."""
    order = np.argsort(probability, kind="stable")[::-1]
    ends = np.append(np.flatnonzero(np.diff(probability[order])), len(order) - 1)  # ties count together
    true, false = (np.cumsum(np.where(side, weight, 0.0)[order])[ends] for side in (outcome, ~outcome))
    if not (true[-1] > 0.0 and false[-1] > 0.0):
        return float("nan"), float("nan")
    middle = 0.5 * (true + np.append(0.0, true[:-1]))
    area = middle @ np.diff(false, prepend=0.0) / (true[-1] * false[-1])
    gained = np.diff(true, prepend=0.0) / true[-1]
    return float(area), float(gained @ np.divide(true, true + false, out=np.zeros_like(true), where=true > 0.0))


def split_rows(target: Array, test_size: float, seed: int) -> tuple[AnyArray, AnyArray]:
    """Indices of training and test rows, stratified: those of scikit-learn's `train_test_split` at this seed.

    Raises
    ------
    SpecificationError
        If a part would be without rows of every class.
    """
    from sklearn.model_selection import train_test_split

    if not 0 <= seed < 2**32:
        raise SpecificationError("seed must lie between 0 and 2**32 - 1", f"{seed!r}", "0 will do.")
    if not 0.0 < test_size < 1.0:
        raise SpecificationError("test size must lie between 0 and 1", f"{test_size!r}", "0.2 holds out a fifth.")
    try:
        train, test = train_test_split(np.arange(len(target)), test_size=test_size, random_state=seed, stratify=target)
    except ValueError:
        counts = " and ".join(map(str, np.bincount(target.astype(int))))
        found = f"{counts} rows of the classes, test size {test_size:g}"
        advice = "Choose a test size that leaves rows of every class in both parts."
        raise SpecificationError("The rows cannot be split", found, advice) from None
    return np.sort(train), np.sort(test)


def folds_of(
    target: Array, folds: Any, *, weight: Array | None = None, groups: Any = None, seed: int = 0
) -> list[tuple[AnyArray, AnyArray]]:
    """Numbers of the rows to train on and of the rows to score on, for each fold.

    Parameters
    ----------
    target : array of shape (n,)
    folds : int, splitter, or iterable of pairs of int arrays
        A number of stratified, shuffled folds, none of which cuts a group where there are groups; or a splitter of
        scikit-learn, such as `TimeSeriesSplit(5)`; or the folds themselves, as row numbers or as masks.
    weight : array of shape (n,), optional
        Rows of weight 0 are in folds, and are not counted there.
    groups : array-like of shape (n,), optional
    seed : int, default 0
        Of the shuffle.

    Raises
    ------
    SpecificationError
        If there are no such folds, a class is missing in rows to train on, or no row is left to score on.
    """
    from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

    kinds = None if groups is None else _distinct_groups(groups, len(target))
    if isinstance(folds, int | np.integer) and not isinstance(folds, bool):
        least = int(np.bincount(target.astype(int)).min()) if kinds is None else kinds
        if not 2 <= folds <= least:
            what = "rows in the smallest class" if groups is None else "groups"
            needed = "two rows of every class" if groups is None else "two groups"
            advice = f"Use 2 to {least}." if least >= 2 else f"Such folds need {needed}."
            raise SpecificationError("There are no such folds", f"{folds} folds, {what}: {least}", advice)
        folds = (StratifiedKFold if groups is None else StratifiedGroupKFold)(folds, shuffle=True, random_state=seed)
    splits = hasattr(folds, "split") and not isinstance(folds, str)
    advice = "Pass a number, a splitter of scikit-learn, or pairs of arrays: rows to train on, rows to score on."
    try:
        pairs = folds.split(np.zeros((len(target), 1)), target, groups) if splits else folds
        found_folds = [(np.asarray(train), np.asarray(test)) for train, test in pairs]
    except (TypeError, ValueError) as error:
        found = f"folds={reprlib.repr(folds)}, {error}"
        raise SpecificationError("The rows cannot be cut into folds", found, advice) from None
    if not found_folds:
        raise SpecificationError("There are no folds", f"folds={reprlib.repr(folds)}", advice)
    counted = np.ones(len(target), dtype=bool) if weight is None else weight > 0.0
    return [
        _checked_fold(train, test, target, counted, f"fold {k} of 0 to {len(found_folds) - 1}")
        for k, (train, test) in enumerate(found_folds)
    ]


def _distinct_groups(groups: Any, rows: int) -> int:
    """How many groups there are."""
    names = np.asarray(groups, dtype=object)
    if names.shape != (rows,):
        found = f"shape {names.shape} for {rows} rows"
        raise SpecificationError("groups must have one entry a row", found, "Match the rows.")
    distinct = set(names)
    gaps = {"nan", "None", "NaT", "<NA>"}  # as text, which an array makes of them that holds text too
    if not gaps.isdisjoint(map(str, distinct)):
        row = next(row for row, name in enumerate(names) if str(name) in gaps)
        raise SpecificationError("groups has gaps", f"{names[row]} in row {row}", "Name the group of every row.")
    return len(distinct)


def _checked_fold(
    train: AnyArray, test: AnyArray, target: Array, counted: AnyArray, where: str
) -> tuple[AnyArray, AnyArray]:
    """Its two parts as row numbers. Raises SpecificationError if they cannot be fitted and scored, and compared."""
    train = _row_numbers(train, len(target), f"among the rows to train on, {where}")
    test = _row_numbers(test, len(target), f"among the rows to score on, {where}")
    if not counted[test].any():
        found = where + (f", {len(test)} rows of weight 0" if len(test) else "")
        raise SpecificationError("A fold has no rows to score on", found, "Leave it out, or cut the rows otherwise.")
    if len(np.unique(target[train[counted[train]]])) < len(np.unique(target[counted])):
        raise SpecificationError("A class has no rows to train on", where, "Use fewer folds, or stratified ones.")
    times = np.bincount(train, minlength=len(target))
    if times.max() > 1:
        found = f"row {times.argmax()}, {where}"
        raise SpecificationError("A row to train on is given twice", found, "A sample_weight of 2 is the row twice.")
    if times[test].any():
        found = f"row {test[times[test].argmax()]}, {where}"
        raise SpecificationError("A row to score on is a row to train on", found, "A score is of rows not seen.")
    return train, test


def _row_numbers(rows: AnyArray, count: int, where: str) -> AnyArray:
    """Row numbers, which a mask of all rows is made into."""
    if rows.dtype == bool and rows.shape == (count,):
        return np.flatnonzero(rows)
    if rows.shape == (0,):  # of floats, if it was an empty list
        return np.empty(0, dtype=np.intp)
    numbers = rows.ndim == 1 and rows.dtype.kind in "iu"
    outside = (rows < 0) | (rows >= count) if numbers else np.ones(1, dtype=bool)
    if outside.any():
        found = f"{rows[outside][0]}" if numbers else f"{rows.dtype} of shape {rows.shape}"
        wrong = f"A fold must be given by row numbers from 0 to {count - 1}, or by masks of all rows"
        raise SpecificationError(wrong, f"{found} {where}", "numpy.flatnonzero(mask) gives row numbers.")
    return rows.astype(np.intp)


@dataclass(frozen=True)
class Scorer:
    """A score of held-out rows, from their target, eta and weight.

    Attributes
    ----------
    name : str
        "deviance", twice the mean log loss, or the name of a scorer of scikit-learn, such as "roc_auc".
    smaller_is_better : bool
    """

    name: str

    @property
    def smaller_is_better(self) -> bool:
        return self.name == "deviance"

    def of(self, loss: Any, target: Array, eta: Array, weight: Array | None, where: str) -> float:
        """The score of rows with these scores of their classes.

        Parameters
        ----------
        loss : Loss
            Tells what eta means.
        target : array of shape (n,)
        eta : array of shape (n,), or (n, K)
        weight : array of shape (n,), or None
        where : str
            What a message calls these rows.

        Raises
        ------
        SpecificationError
            If there is no such score of these rows.
        """
        if self.name == "deviance":
            return float(
                2.0 * np.average(loss.of_scores().rows(np.ascontiguousarray(eta), target, 0)[0], weights=weight)
            )
        extra = {} if weight is None else {"sample_weight": weight}
        classes = 2 if eta.ndim == 1 else eta.shape[1]
        try:
            found = float(_scorer(self.name, classes)(_answers(loss, eta), eta, target.astype(np.intp), **extra))
        except (TypeError, ValueError) as error:
            several = "Of several classes use scoring='deviance', 'roc_auc_ovr' or 'f1_macro'."
            advice = "Use another, such as scoring='deviance'." if classes == 2 else several
            wrong = f"scoring={self.name!r} cannot score these rows"
            raise SpecificationError(wrong, f"{where}, {error}", advice) from None
        if not np.isfinite(found):
            seen = len(np.unique(target if weight is None else target[weight > 0.0]))
            text = f"{where} has rows of {seen} of {classes} classes, and a score of {found}"
            advice = "Use stratified folds, or scoring='deviance'."
            raise SpecificationError(f"scoring={self.name!r} is not defined for these rows", text, advice)
        return found

    @classmethod
    def named(cls, name: Any) -> Scorer:
        """Raises SpecificationError if there is none of that name."""
        from sklearn.metrics import get_scorer_names

        if name != "deviance" and name not in get_scorer_names():
            advice = 'Use "deviance", or a name from sklearn.metrics.get_scorer_names(), such as "roc_auc".'
            raise SpecificationError("scoring is not known", f"{name!r}", advice)
        return cls(name)


@cache
def _scorer(name: str, classes: int) -> Any:
    from sklearn.metrics import get_scorer

    return told_of_classes(get_scorer(name), np.arange(classes))


def told_of_classes(scorer: Any, classes: AnyArray) -> Any:
    """A scorer of scikit-learn, told of all classes if it can be: rows that are held out may lack one."""
    from sklearn.metrics import make_scorer

    function = getattr(scorer, "_score_func", None)
    taken = inspect.signature(function).parameters if function else {}
    if "labels" not in taken:
        return scorer
    told = {"labels": classes} | ({"pos_label": classes[-1]} if len(classes) == 2 and "pos_label" in taken else {})
    better, settings = scorer._sign == 1, scorer._kwargs | told
    return make_scorer(function, greater_is_better=better, response_method=scorer._response_method, **settings)


def _answers(loss: Any, eta: Array) -> Any:
    """What scikit-learn's scorers ask: a classifier with these answers for the rows it is asked about."""
    from sklearn.base import BaseEstimator, ClassifierMixin

    class Answers(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
        classes_ = np.arange(2 if eta.ndim == 1 else eta.shape[1])

        def __sklearn_is_fitted__(self) -> bool:
            return True

        def decision_function(self, X: Any) -> Array:
            return eta

        def predict_proba(self, X: Any) -> Array:
            return np.exp(loss.log_probabilities(eta))

        def predict(self, X: Any) -> AnyArray:
            return (eta > 0.0).astype(np.intp) if eta.ndim == 1 else eta.argmax(axis=1)

    return Answers()
