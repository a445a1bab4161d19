"""How well probabilities agree with what happened. The metrics are scikit-learn's."""

from __future__ import annotations

from collections.abc import Callable
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
    from sklearn import metrics

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
    labels = np.arange(classes)
    outcome = target[:, None] == labels
    counts = metrics.confusion_matrix(target, decision, labels=labels, sample_weight=weight)
    precision, recall, f1, _ = metrics.precision_recall_fscore_support(
        target, decision, labels=[1] if classes == 2 else labels, average="macro", sample_weight=weight,
        zero_division=0.0,
    )  # fmt: skip
    sides = [1] if classes == 2 else labels

    def ranked(metric: Callable[..., Any]) -> float:
        """Averaged over the classes, each against the rest; NaN where a class has no rows, or all."""
        if not all(0.0 < outcome[:, k].mean() < 1.0 for k in sides):
            return float("nan")
        return float(np.mean([metric(outcome[:, k], probability[:, k], sample_weight=weight) for k in sides]))

    squares = 0.5 * ((probability - outcome) ** 2).sum(axis=1)
    return Scores(
        accuracy=float(metrics.accuracy_score(target, decision, sample_weight=weight)),
        precision=float(precision),
        recall=float(recall),
        f1=float(f1),
        roc_auc=ranked(metrics.roc_auc_score),
        average_precision=ranked(metrics.average_precision_score),
        log_loss=float(metrics.log_loss(target, probability, labels=labels, sample_weight=weight)),
        brier=float(np.average(squares, weights=weight)),
        confusion=tuple(tuple(map(float, row)) for row in counts),
        rows=len(target),
        threshold=cut if classes == 2 else None,
    )


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
