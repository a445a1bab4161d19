"""Logistic regression from scratch: the whole method in plain NumPy, made to be read from top to bottom.

The score      z = Xw + b                                  one for each row, anywhere on the number line
Forward        a = sigmoid(z)                              squeezed into (0, 1): the probability that y = 1
The loss       J = -mean(y log a + (1 - y) log(1 - a))     binary cross-entropy: how wrong the probabilities are
Backward       dz = a - y,  dw = X'dz / n,  db = mean(dz)  how J changes when z, w and b do
The step       w <- w - learning_rate * dw,  b <- b - learning_rate * db

Forward, backward, step: that is one iteration, and all there is to it. The lessons in docs/learn go through it slowly.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

# scikit-learn's: how to hold rows out, and how to judge predictions, so that a lesson imports from one place
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score, log_loss, precision_score, recall_score
from sklearn.model_selection import train_test_split

from oddsmith.errors import ConvergenceWarning

__all__ = [
    "LogisticRegression",
    "accuracy_score",
    "confusion_matrix",
    "f1_score",
    "log_loss",
    "precision_score",
    "recall_score",
    "train_test_split",
]

Array = npt.NDArray[np.float64]


class LogisticRegression:
    """Binary logistic regression by gradient descent, without a penalty: P(y = 1) = sigmoid(Xw + b).

    Parameters
    ----------
    learning_rate : float, default 0.001
        A step is this times the gradient.
    n_iters : int, default 1000
        Iterations: steps or, with mini-batches, sweeps over all of them.
    batch_size : int, optional
        Rows that a step looks at: all of them unless given; 1 is stochastic gradient descent.
    initial_weights : array-like of shape (p,), optional
        Where w starts; at zeros unless given. b starts at 0.
    seed : int, default 0
        For the order of the rows in mini-batches.

    Attributes
    ----------
    weights : array of shape (p,)
        w: change of the log-odds per unit of each column.
    bias : float
        b: the log-odds where every column is 0.
    losses : list of n_iters floats
        J on all rows as each iteration begins; the first is log 2 = 0.693 where w starts at zeros.

    References
    ----------
    Ng and Ma, *CS229 Lecture Notes*, Stanford, part II. Goodfellow, Bengio and Courville, *Deep Learning* (2016),
    sections 5.9 and 6.5.
    """

    def __init__(
        self,
        learning_rate: float = 0.001,
        n_iters: int = 1000,
        batch_size: int | None = None,
        initial_weights: npt.ArrayLike | None = None,
        seed: int = 0,
    ) -> None:
        self.learning_rate, self.n_iters, self.batch_size = learning_rate, n_iters, batch_size
        self.initial_weights, self.seed = initial_weights, seed

    @staticmethod
    def sigmoid(x: npt.ArrayLike) -> Array:
        """Squeeze any number into (0, 1): 1 / (1 + exp(-x)).

        exp(1000) overflows. So where x < 0 the fraction is multiplied by exp(x) / exp(x), which gives
        exp(x) / (exp(x) + 1): exp is only ever taken of numbers <= 0 (the exp-normalise trick).
        """
        x = np.asarray(x, dtype=float)
        e = np.exp(-np.abs(x))
        return np.where(x >= 0, 1.0, e) / (1.0 + e)

    def feed_forward(self, X: npt.ArrayLike) -> Array:
        """The forward step: a = sigmoid(Xw + b), the probability that y = 1, of shape (n,)."""
        return self.sigmoid(np.asarray(X, dtype=float) @ self.weights + self.bias)

    @staticmethod
    def compute_loss(y_true: npt.ArrayLike, y_pred: npt.ArrayLike) -> float:
        """Binary cross-entropy -mean(y log a + (1 - y) log(1 - a)), in nats.

        A row costs -log of the probability that was given to what happened. Probabilities within 2.2e-16 of 0 or 1 are
        moved there, so that log(0) is never asked for: a row costs 36 at most.
        """
        y = np.asarray(y_true, dtype=float)
        smallest = np.finfo(float).eps
        a = np.clip(np.asarray(y_pred, dtype=float), smallest, 1.0 - smallest)
        return float(-np.mean(y * np.log(a) + (1.0 - y) * np.log(1.0 - a)))

    @staticmethod
    def backward(X: npt.ArrayLike, y_true: npt.ArrayLike, y_pred: npt.ArrayLike) -> tuple[Array, float]:
        """The backward step: dw and db, how the loss changes with w and with b.

        By the chain rule, from the loss of one row back to w and b:

            L = -(y log a + (1 - y) log(1 - a))      da = dL/da = (a - y) / (a (1 - a))
            a = sigmoid(z)                           dz = da * da/dz = da * a (1 - a) = a - y
            z = x'w + b                              dw = dz * dz/dw = dz * x,  db = dz * 1

        The a (1 - a), tiny where the sigmoid is flat, cancels. The mean over n rows: dw = X'dz / n, db = mean(dz).
        """
        dz = np.asarray(y_pred, dtype=float) - np.asarray(y_true, dtype=float)
        return np.asarray(X, dtype=float).T @ dz / len(dz), float(np.mean(dz))

    def fit(self, X: npt.ArrayLike, y: npt.ArrayLike) -> LogisticRegression:
        """Descend along the gradient, n_iters times.

        Parameters
        ----------
        X : array-like of shape (n, p)
        y : array-like of shape (n,), of 0 and 1

        Raises
        ------
        ValueError
            If X is not a table of finite numbers, or y not one 0 or 1 for each of its rows.

        Warns
        -----
        ConvergenceWarning
            If the loss rises.
        """
        X, y = _checked(X, y)
        start = np.zeros(X.shape[1]) if self.initial_weights is None else self.initial_weights
        self.weights, self.bias = np.array(start, dtype=float), 0.0
        self.losses: list[float] = []
        rng = np.random.default_rng(self.seed)
        for _ in range(self.n_iters):
            self.losses.append(self.compute_loss(y, self.feed_forward(X)))
            for rows in self._batches(len(y), rng):
                a = self.feed_forward(X[rows])
                dw, db = self.backward(X[rows], y[rows], a)
                # weights and bias step together: both slopes are from before the step
                self.weights = self.weights - self.learning_rate * dw
                self.bias = self.bias - self.learning_rate * db
        self._warn_if_the_loss_rose(X)
        return self

    def predict_proba(self, X: npt.ArrayLike) -> Array:
        """P(y = 0) and P(y = 1) = 1 - P(y = 0), of shape (n, 2)."""
        a = self.feed_forward(X)
        return np.column_stack([1.0 - a, a])

    def predict(self, X: npt.ArrayLike, threshold: float = 0.5) -> npt.NDArray[np.int64]:
        """1 where the probability is at least the threshold, else 0."""
        return (self.feed_forward(X) >= threshold).astype(np.int64)

    def _batches(self, n: int, rng: np.random.Generator) -> Iterator[npt.NDArray[np.int64]]:
        """Every row once: shuffled, then cut into batches."""
        order, size = rng.permutation(n), self.batch_size or n
        for first in range(0, n, size):
            yield order[first : first + size]

    def _warn_if_the_loss_rose(self, X: Array) -> None:
        """All rows: no step may raise the loss. Mini-batches go up and down, but not above where they began."""
        losses = np.array(self.losses)
        before = losses[:-1] if self.batch_size is None else losses[:1]
        rose = np.flatnonzero(~(losses[1:] <= before * (1.0 + 1e-9) + 1e-15))  # ~ <= : NaN is no fall either
        if len(rose):
            # the second derivative is at most norm^2 / 4n in any direction; one over that never overshoots
            safe = 4.0 * len(X) / np.linalg.norm(np.column_stack([np.ones(len(X)), X]), 2) ** 2
            what = f"The loss rose to {losses[rose[0] + 1]:.3g} in iteration {rose[0] + 1}"
            why = f"learning_rate={self.learning_rate:g} is too large for these columns"
            advice = f"Use {safe:.1g} or less, or standardise the columns."
            warnings.warn(f"{what}: {why}. {advice}", ConvergenceWarning, stacklevel=3)


def _checked(X: npt.ArrayLike, y: npt.ArrayLike) -> tuple[Array, Array]:
    """X and y as floats, if they are what the formulas take them for: a y of 1 and 2 would go through, as nonsense."""
    X, y = np.asarray(X, dtype=float), np.asarray(y, dtype=float)
    if X.ndim != 2 or X.size == 0 or not np.isfinite(X).all():
        raise ValueError(f"X must be rows by columns of finite numbers: found shape {X.shape}, or a NaN or infinity.")
    if y.shape != (len(X),) or not np.isin(y, (0.0, 1.0)).all():
        raise ValueError(f"y must be 0 or 1 for each of {len(X)} rows: found shape {y.shape}, {np.unique(y)[:5]}.")
    return X, y
