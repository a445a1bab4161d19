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
