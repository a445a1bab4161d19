"""How well probabilities agree with what happened. The metrics are scikit-learn's."""

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
        Of the decision probability >= threshold, for the positive class; 0 where nothing was predicted positive.
    roc_auc, average_precision : float
        Of the ranking.
    log_loss : float
        Mean binary cross-entropy, in nats.
    brier : float
        Mean squared difference of probability and outcome.
    confusion : tuple of tuples
        Sum of weights: ((true negative, false positive), (false negative, true positive)).
    rows : int
    threshold : float
    """

    accuracy: float
    precision: float
    recall: float
    f1: float
    roc_auc: float
    average_precision: float
    log_loss: float
    brier: float
    confusion: tuple[tuple[float, float], tuple[float, float]]
    rows: int
    threshold: float

    def to_dict(self) -> dict[str, Any]:
        """All of it, by name."""
        return asdict(self)


def score(target: Array, probability: Array, *, weight: Array | None = None, threshold: float = 0.5) -> Scores:
    """Score probabilities of the positive class against a target of 0 and 1.

    Parameters
    ----------
    target, probability : arrays of shape (n,)
    weight : array of shape (n,), optional
    threshold : float, default 0.5

    Raises
    ------
    DataError
        If there are no rows.
    """
    from sklearn import metrics

    if not 0.0 <= threshold <= 1.0:
        raise SpecificationError("threshold must lie between 0 and 1", f"{threshold!r}", "0.5 is usual.")
    if len(target) == 0:
        raise DataError("There is nothing to score", "0 rows", "Pass rows with known labels.")
    decision = (probability >= threshold).astype(float)
    (tn, fp), (fn, tp) = metrics.confusion_matrix(target, decision, labels=[0.0, 1.0], sample_weight=weight)
    precision, recall, f1, _ = metrics.precision_recall_fscore_support(
        target, decision, average="binary", sample_weight=weight, zero_division=0.0
    )
    both = 0.0 < float(np.mean(target)) < 1.0
    return Scores(
        accuracy=float(metrics.accuracy_score(target, decision, sample_weight=weight)),
        precision=float(precision),
        recall=float(recall),
        f1=float(f1),
        roc_auc=float(metrics.roc_auc_score(target, probability, sample_weight=weight)) if both else float("nan"),
        average_precision=float(metrics.average_precision_score(target, probability, sample_weight=weight))
        if both
        else float("nan"),
        log_loss=float(metrics.log_loss(target, probability, labels=[0.0, 1.0], sample_weight=weight)),
        brier=float(metrics.brier_score_loss(target, probability, pos_label=1.0, sample_weight=weight)),
        confusion=((float(tn), float(fp)), (float(fn), float(tp))),
        rows=len(target),
        threshold=threshold,
    )


def split_rows(target: Array, test_size: float, seed: int) -> tuple[AnyArray, AnyArray]:
    """Indices of training and test rows, stratified: those of scikit-learn's `train_test_split` at this seed.

    Raises
    ------
    SpecificationError
        If a part would be without rows of both classes.
    """
    from sklearn.model_selection import train_test_split

    if not 0 <= seed < 2**32:
        raise SpecificationError("seed must lie between 0 and 2**32 - 1", f"{seed!r}", "0 will do.")
    if not 0.0 < test_size < 1.0:
        raise SpecificationError("test size must lie between 0 and 1", f"{test_size!r}", "0.2 holds out a fifth.")
    try:
        train, test = train_test_split(np.arange(len(target)), test_size=test_size, random_state=seed, stratify=target)
    except ValueError:
        counts = (
            f"{int(len(target) - target.sum())} and {int(target.sum())} rows of the classes, test size {test_size:g}"
        )
        advice = "Choose a test size that leaves rows of both classes in both parts."
        raise SpecificationError("The rows cannot be split", counts, advice) from None
    return np.sort(train), np.sort(test)
