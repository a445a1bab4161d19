"""How well probabilities agree with what happened: the metrics that scikit-learn has, by one sort of the rows."""

from __future__ import annotations

from dataclasses import asdict, dataclass
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


def folds_of(target: Array, folds: Any, *, groups: Any = None, seed: int = 0) -> list[tuple[AnyArray, AnyArray]]:
    """Rows to train on and rows to score on, for each fold.

    Parameters
    ----------
    target : array of shape (n,)
    folds : int, splitter, or iterable of pairs of int arrays
        A number of stratified, shuffled folds, none of which cuts a group where there are groups; or a splitter of
        scikit-learn, such as `TimeSeriesSplit(5)`; or the folds themselves.
    groups : array-like of shape (n,), optional
    seed : int, default 0
        Of the shuffle.

    Raises
    ------
    SpecificationError
        If there are no such folds, or a class is missing in rows to train on.
    """
    from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

    if groups is not None and len(groups) != len(target):
        found = f"{len(groups)} for {len(target)} rows"
        raise SpecificationError("groups must have one entry a row", found, "Match the rows.")
    if isinstance(folds, int | np.integer) and not isinstance(folds, bool):
        least = int(np.bincount(target.astype(int)).min()) if groups is None else len(set(groups))
        if not 2 <= folds <= least:
            what = "rows in the smallest class" if groups is None else "groups"
            raise SpecificationError("There are no such folds", f"{folds} folds, {least} {what}", f"Use 2 to {least}.")
        folds = (StratifiedKFold if groups is None else StratifiedGroupKFold)(folds, shuffle=True, random_state=seed)
    try:
        pairs = folds.split(np.zeros((len(target), 1)), target, groups) if hasattr(folds, "split") else folds
        found_folds = [(np.asarray(train), np.asarray(test)) for train, test in pairs]
    except (TypeError, ValueError) as error:
        advice = "Pass a number, a splitter of scikit-learn, or pairs of index arrays."
        raise SpecificationError("The rows cannot be cut into folds", str(error), advice) from None
    if not found_folds or any(len(test) == 0 for _, test in found_folds):
        raise SpecificationError("folds has a fold without rows to score on", f"{len(found_folds)} folds", "")
    for k, (train, _) in enumerate(found_folds):
        if len(np.unique(target[train])) < len(np.unique(target)):
            found = f"fold {k} of {len(found_folds)}"
            raise SpecificationError("A class has no rows to train on", found, "Use fewer folds, or stratified ones.")
    return found_folds


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

    def of(self, loss: Any, target: Array, eta: Array, weight: Array | None) -> float:
        """The score of rows with these scores of their classes.

        Parameters
        ----------
        loss : Loss
            Tells what eta means.
        target : array of shape (n,)
        eta : array of shape (n,), or (n, K)
        weight : array of shape (n,), or None
        """
        if self.name == "deviance":
            return float(
                2.0 * np.average(loss.of_scores().rows(np.ascontiguousarray(eta), target, 0)[0], weights=weight)
            )
        from sklearn.metrics import get_scorer

        extra = {} if weight is None else {"sample_weight": weight}
        return float(get_scorer(self.name)(_answers(loss, eta), eta, target.astype(np.intp), **extra))

    @classmethod
    def named(cls, name: Any) -> Scorer:
        """Raises SpecificationError if there is none of that name."""
        from sklearn.metrics import get_scorer_names

        if name != "deviance" and name not in get_scorer_names():
            advice = 'Use "deviance", or a name from sklearn.metrics.get_scorer_names(), such as "roc_auc".'
            raise SpecificationError("scoring is not known", f"{name!r}", advice)
        return cls(name)


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
