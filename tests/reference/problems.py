"""The reference problems: data sets of scikit-learn and statsmodels, and rows that are drawn exactly.

What is drawn comes from Python's own generator as integers and is scaled by exact operations, so that its bits depend
neither on NumPy's version nor on the processor; `answers.json` holds a checksum of every problem all the same.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

ML, L2, L1, NET, SOFTMAX = "maximum likelihood", "L2", "L1", "elastic net", "multinomial"


@dataclass(frozen=True)
class Reference:
    """A problem: rows, and what is minimised.

    mean loss + alpha (l1_ratio |b|_1 + (1 - l1_ratio) |b|^2 / 2), b the coefficients of raw columns.
    """

    X: np.ndarray
    y: np.ndarray
    weight: np.ndarray | None = None
    offset: np.ndarray | None = None
    alpha: float = 0.0
    l1_ratio: float = 0.0
    intercept: bool = True

    @property
    def kind(self) -> str:
        if self.y.max() > 1:
            return SOFTMAX
        if self.alpha == 0.0:
            return ML
        return {0.0: L2, 1.0: L1}.get(self.l1_ratio, NET)

    @property
    def checksum(self) -> str:
        parts = [self.X, self.y, self.weight, self.offset, np.array([self.alpha, self.l1_ratio, self.intercept])]
        whole = b"|".join(b"" if part is None else np.asarray(part, dtype="<f8").tobytes() for part in parts)
        return hashlib.sha256(whole).hexdigest()[:16]


PROBLEMS: dict[str, Callable[[], Reference]] = {}


def problem(make: Callable[[], Reference]) -> Callable[[], Reference]:
    """Enter a problem under its function's name."""
    PROBLEMS[make.__name__.replace("_", " ")] = make
    return make


# ---- drawing


class Draw:
    """Rows from a seed. Every number is an integer over a power of two."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def integers(self, most: int, *shape: int) -> np.ndarray:
        """Uniform on 0, ..., most - 1."""
        words = np.frombuffer(self._random.randbytes(4 * int(np.prod(shape))), dtype="<u4").astype(np.int64)
        return (words * most >> 32).reshape(shape)

    def normal(self, *shape: int) -> np.ndarray:
        """Nearly normal, variance 1: twelve uniforms added, in steps of 2^-16."""
        return (self.integers(1 << 16, *shape, 12).sum(axis=-1) - 6 * (1 << 16) + 6) / 2.0**16

    def classes(self, *scores: np.ndarray) -> np.ndarray:
        """Of two classes by one score, or of more by so many: the largest after Gumbel noise."""
        noise = -np.log(-np.log((self.integers(1 << 30, max(2, len(scores)), len(scores[0])) + 0.5) / 2.0**30))
        all_scores = np.stack(scores) if len(scores) > 1 else np.stack([np.zeros_like(scores[0]), *scores])
        return (all_scores + noise).argmax(axis=0)


def eta(X: np.ndarray, *b: float) -> np.ndarray:
    """Intercept first; summed in the order of the columns, so that no library decides about bits."""
    total = np.full(len(X), b[0])
    for column, coefficient in zip(X.T, b[1:], strict=True):
        total = total + column * coefficient
    return total


def drawn(seed: int, rows: int, *b: float) -> tuple[Draw, np.ndarray, np.ndarray]:
    """The generator, columns that are correlated a little, and classes by these coefficients, intercept first."""
    draw = Draw(seed)
    X = draw.normal(rows, len(b) - 1)
    X[:, 1:] += 0.5 * X[:, :-1]
    return draw, X, draw.classes(eta(X, *b))


def grouped(X: np.ndarray, positive: np.ndarray, negative: np.ndarray, **more) -> Reference:
    """Counts of both outcomes at every row of X."""
    more = {name: np.tile(value, 2) if isinstance(value, np.ndarray) else value for name, value in more.items()}
    n = len(X)
    return Reference(np.vstack([X, X]), np.repeat([1, 0], n), np.concatenate([positive, negative]) * 1.0, **more)


# ---- real data


def _statsmodels(name: str):
    import statsmodels.api as sm

    return getattr(sm.datasets, name).load_pandas()


@problem
def spector() -> Reference:
    data = _statsmodels("spector")
    return Reference(data.exog.to_numpy(float), data.endog.to_numpy(int))


@problem
def affairs() -> Reference:
    data = _statsmodels("fair").data
    return Reference(data.drop(columns="affairs").to_numpy(float), (data["affairs"] > 0).to_numpy(int))


@problem
def election_1996() -> Reference:
    data = _statsmodels("anes96").data
    columns = ["logpopul", "selfLR", "age", "educ", "income"]
    return Reference(data[columns].to_numpy(float), data["vote"].to_numpy(int))


@problem
def visits_to_a_doctor() -> Reference:
    data = _statsmodels("randhie").data
    return Reference(data.drop(columns="mdvis").to_numpy(float), (data["mdvis"] > 0).to_numpy(int))


@problem
def star98_counts_with_interactions() -> Reference:
    data = _statsmodels("star98")
    counts = data.endog.to_numpy(float)
    return grouped(data.exog.drop(columns="const", errors="ignore").to_numpy(float), counts[:, 0], counts[:, 1])


@problem
def engel() -> Reference:
    data = _statsmodels("engel").data
    share = data["foodexp"] / data["income"]
    return Reference(data[["income"]].to_numpy(float), (share > 0.6).to_numpy(int))


def _breast_cancer() -> tuple[np.ndarray, np.ndarray]:
    from sklearn.datasets import load_breast_cancer

    return load_breast_cancer(return_X_y=True)


@problem
def breast_cancer_ten_columns() -> Reference:
    X, y = _breast_cancer()
    return Reference(X[:, :10], y)


@problem
def iris_two_species() -> Reference:
    from sklearn.datasets import load_iris

    X, y = load_iris(return_X_y=True)
    return Reference(X[50:], y[50:] - 1)


def _diabetes() -> tuple[np.ndarray, np.ndarray]:
    from sklearn.datasets import load_diabetes

    X, y = load_diabetes(return_X_y=True, scaled=False)
    return X, (y > 140).astype(int)


@problem
def diabetes() -> Reference:
    return Reference(*_diabetes())


@problem
def beetles_of_bliss() -> Reference:
    dose = np.array([1.6907, 1.7242, 1.7552, 1.7842, 1.8113, 1.8369, 1.8610, 1.8839])
    beetles = np.array([59, 60, 62, 56, 63, 59, 62, 60])
    killed = np.array([6, 13, 18, 28, 52, 53, 61, 60])
    return grouped(dose[:, None], killed, beetles - killed)


# ---- maximum likelihood, drawn


@problem
def two_by_two() -> Reference:
    return grouped(np.array([[0.0], [1.0]]), np.array([13, 29]), np.array([31, 7]))


@problem
def tiny() -> Reference:
    return Reference(*drawn(1, 24, 0.2, 1.0)[1:])


@problem
def plain() -> Reference:
    return Reference(*drawn(2, 500, -0.5, 1.0, -0.5, 0.25, 0.0, 0.7, -1.2)[1:])


@problem
def many_columns() -> Reference:
    return Reference(*drawn(3, 800, 0.3, *(0.1 * (k % 7 - 3) for k in range(24)))[1:])


@problem
def many_rows() -> Reference:
    return Reference(*drawn(4, 8000, -1.0, 0.4, -0.3, 0.2)[1:])


@problem
def twelve_orders_of_scale() -> Reference:
    _, X, y = drawn(5, 600, 0.1, 0.8, -0.6, 0.5, 0.4, -0.3, 0.9, 0.2)
    return Reference(X * np.array([1e-6, 1e-4, 1e-2, 1.0, 1e2, 1e4, 1e6]), y)


@problem
def means_of_1e7() -> Reference:
    _, X, y = drawn(6, 500, 0.2, 0.9, -0.7, 0.5, 0.3)
    return Reference(X + np.array([1e7, -2e7, 3e7, 1e7]), y)


@problem
def mean_1e9_times_the_spread() -> Reference:
    _, X, y = drawn(7, 400, 0.2, 0.9, -0.7)
    return Reference(X / 128.0 + 1e7, y)


@problem
def time_stamps() -> Reference:
    draw = Draw(8)
    second = 1_600_000_000 + draw.integers(100_000_000, 1500)
    X = np.column_stack([second, 1970 + second // 31_556_952, second % 86_400 // 3600]) * 1.0
    return Reference(X, draw.classes((X[:, 0] - 1.65e9) / 4e7 - 0.05 * (X[:, 2] - 12)))


def _nearly_equal(seed: int, gap: float) -> Reference:
    """Two columns that differ by so much, both with an effect."""
    draw = Draw(seed)
    X, difference = draw.normal(400, 3), draw.normal(400)
    X[:, 1] = X[:, 0] + gap * difference
    return Reference(X, draw.classes(0.3 + X[:, 0] + 0.7 * difference - 0.4 * X[:, 2]))


@problem
def condition_1e4() -> Reference:
    return _nearly_equal(9, 2.0**-13)


@problem
def condition_1e6() -> Reference:
    return _nearly_equal(10, 2.0**-20)


@problem
def condition_1e8() -> Reference:
    return _nearly_equal(11, 2.0**-26)


@problem
def polynomial_of_degree_six() -> Reference:
    draw = Draw(12)
    x = draw.integers(257, 900) / 256.0
    return Reference(np.column_stack([x**k for k in range(1, 7)]), draw.classes(6.0 * (x - 0.3) * (x - 0.8) + 0.2))


@problem
def polynomial_of_years() -> Reference:
    draw = Draw(13)
    year = 1900.0 + draw.integers(121, 1200)
    return Reference(np.column_stack([year, year**2, year**3]), draw.classes((year - 1950.0) / 40.0))


@problem
def ages_squares_and_products() -> Reference:
    draw = Draw(14)
    age, income = 18.0 + draw.integers(70, 1000), 500.0 * (20 + draw.integers(300, 1000))
    X = np.column_stack([age, age**2, income, income**2, age * income])
    return Reference(X, draw.classes((age - 50.0) / 20.0 - (income - 80_000.0) / 60_000.0))


@problem
def nearly_separated() -> Reference:
    draw = Draw(15)
    X = draw.normal(300, 2)
    score = X[:, 0] + 0.5 * X[:, 1]
    y = (score > 0.0).astype(int)
    wrong = np.argsort(np.abs(score), kind="stable")[:24:6]
    y[wrong] = 1 - y[wrong]
    return Reference(X, y)


@problem
def separated_but_for_one_pair() -> Reference:
    x = np.arange(-40, 41) / 8.0
    y = (x > 0).astype(int)
    y[[39, 41]] = y[[41, 39]]
    return Reference(x[:, None], y)


@problem
def five_positives_in_2000() -> Reference:
    draw, X, _ = drawn(16, 2000, 0.0, 0.8, -0.5, 0.3)
    y = np.zeros(2000, dtype=int)
    y[np.argsort(-eta(X, 0.0, 0.8, -0.5, 0.3) - 2.0 * draw.normal(2000), kind="stable")[:5]] = 1
    return Reference(X, y)


@problem
def rare_by_weight() -> Reference:
    draw, X, y = drawn(17, 300, 0.0, 0.6, -0.4)
    return Reference(X, y, np.where(y == 1, 1.0, 1e6))


@problem
def rows_barely_above_columns() -> Reference:
    draw = Draw(18)
    return grouped(draw.normal(23, 20), 1 + draw.integers(40, 23), 1 + draw.integers(40, 23))


@problem
def duplicated_rows() -> Reference:
    draw = Draw(19)
    X = np.repeat(draw.normal(9, 3), 40, axis=0)
    return Reference(X, draw.classes(eta(X, 0.2, 0.5, -0.5, 0.3)))


@problem
def grouped_counts_of_millions() -> Reference:
    draw = Draw(20)
    return grouped(draw.integers(9, 40, 3) * 1.0, 1 + draw.integers(2_000_000, 40), 1 + draw.integers(3_000_000, 40))


@problem
def six_orders_of_weight() -> Reference:
    draw, X, y = drawn(21, 500, -0.2, 0.8, -0.5, 0.3, 0.6)
    return Reference(X, y, np.array([1e-3, 1e-2, 0.1, 1.0, 10.0, 1e2, 1e3])[draw.integers(7, 500)])


@problem
def fractional_weights() -> Reference:
    draw, X, y = drawn(22, 200, 0.4, 0.5, -0.5)
    return Reference(X, y, (1 + draw.integers(99, 200)) / 100.0)


@problem
def a_column_of_two_rows_of_tiny_weight() -> Reference:
    draw, X, y = drawn(23, 400, 0.1, 0.7, -0.5)
    level = np.zeros(400)
    level[[7, 11]] = 1.0
    y[[7, 11]] = [0, 1]
    return Reference(np.column_stack([X, level]), y, np.where(level > 0, [1e-10, 3e-10] * 200, 1.0))


@problem
def a_level_of_three_rows() -> Reference:
    draw, X, y = drawn(24, 1500, -0.4, 0.5, 0.5)
    level = np.zeros((1500, 2))
    level[[3, 500, 1400], 0] = 1.0
    level[[30, 501, 1401], 1] = 1.0
    y[[3, 500, 1400, 30, 501, 1401]] = [0, 1, 1, 0, 0, 1]
    return Reference(np.column_stack([X, level]), y)


@problem
def sparse_column_far_from_zero() -> Reference:
    draw, X, y = drawn(25, 1000, 0.2, 0.5)
    level = (draw.integers(100, 1000) == 0) * 1.0
    y[np.flatnonzero(level)[:2]] = [0, 1]
    return Reference(np.column_stack([X, 1e6 + level]), y)


@problem
def ten_levels() -> Reference:
    draw = Draw(26)
    level = draw.integers(10, 600)
    X = (level[:, None] == np.arange(1, 10)) * 1.0
    return Reference(X, draw.classes(0.2 * level - 1.0))


@problem
def heavy_tails() -> Reference:
    draw = Draw(27)
    X = draw.normal(600, 3) / (np.abs(draw.normal(600, 3)) + 2.0**-6)
    return Reference(X, draw.classes(eta(np.clip(X, -8, 8), 0.1, 0.4, -0.3, 0.2)))


@problem
def one_wild_cell() -> Reference:
    _, X, y = drawn(28, 400, 0.3, 0.8, -0.6, 0.2)
    X[17, 2] = 1e6
    y[17] = 1
    return Reference(X, y)


@problem
def offset_of_exposure() -> Reference:
    draw, X, _ = drawn(29, 500, -1.0, 0.5, -0.5)
    offset = draw.integers(4000, 500) / 1000.0 - 2.0
    return Reference(X, draw.classes(eta(X, -1.0, 0.5, -0.5) + offset), offset=offset)


@problem
def offset_of_200() -> Reference:
    _, X, y = drawn(30, 300, 0.4, 0.5, -0.5)
    return Reference(X, y, offset=np.full(300, 200.0))


@problem
def without_intercept() -> Reference:
    return Reference(*drawn(31, 300, 0.0, 0.7, -0.6, 0.3)[1:], intercept=False)


@problem
def without_intercept_far_from_zero() -> Reference:
    _, X, y = drawn(32, 400, 0.0, 0.9, -0.9, 0.2)
    return Reference(X + np.array([100.0, 100.0, 0.0]), y, intercept=False)


@problem
def no_effect_at_all() -> Reference:
    draw = Draw(33)
    return Reference(draw.normal(250, 4), draw.integers(2, 250))


# ---- L2


@problem
def ridge() -> Reference:
    return Reference(*drawn(2, 500, -0.5, 1.0, -0.5, 0.25, 0.0, 0.7, -1.2)[1:], alpha=0.01)


@problem
def strong_ridge() -> Reference:
    return Reference(*drawn(34, 300, -0.5, 1.0, -0.5, 0.25)[1:], alpha=10.0)


@problem
def ridge_on_breast_cancer() -> Reference:
    return Reference(*_breast_cancer(), alpha=2.0**-9)


@problem
def weak_ridge_on_breast_cancer() -> Reference:
    return Reference(*_breast_cancer(), alpha=1e-7)


@problem
def ridge_on_diabetes() -> Reference:
    return Reference(*_diabetes(), alpha=0.001)


@problem
def ridge_on_more_columns_than_rows() -> Reference:
    draw = Draw(35)
    X = draw.normal(25, 60)
    return Reference(X, draw.classes(X[:, 0] - X[:, 1]), alpha=0.02)


@problem
def ridge_on_many_scales() -> Reference:
    made = twelve_orders_of_scale()
    return Reference(made.X, made.y, alpha=1e-4)


@problem
def ridge_on_means_of_1e7() -> Reference:
    made = means_of_1e7()
    return Reference(made.X, made.y, alpha=0.01)


@problem
def faint_ridge_on_condition_1e6() -> Reference:
    made = condition_1e6()
    return Reference(made.X, made.y, alpha=1e-12)


@problem
def ridge_on_separated_classes() -> Reference:
    x = np.arange(-30, 31) / 8.0
    return Reference(np.column_stack([x, x**2]), (x > 0).astype(int), alpha=1e-4)


@problem
def ridge_with_weights_and_offset() -> Reference:
    draw, X, y = drawn(36, 400, -0.3, 0.6, 0.4, -0.2)
    return Reference(X, y, 1.0 + draw.integers(5, 400), (draw.integers(200, 400) - 100) / 100.0, alpha=0.05)


@problem
def ridge_without_intercept() -> Reference:
    return Reference(*drawn(37, 200, 0.0, 0.6, 0.4, -0.2)[1:], alpha=0.003, intercept=False)


# ---- multinomial


def _softmax(seed: int, rows: int, columns: int, classes: int) -> tuple[Draw, np.ndarray, np.ndarray]:
    draw = Draw(seed)
    X = draw.normal(rows, columns)
    scores = [eta(X, 0.2 * k, *(((3 * k + 5 * j) % 7 - 3) / 4.0 for j in range(columns))) for k in range(classes)]
    return draw, X, draw.classes(*scores)


@problem
def three_classes() -> Reference:
    return Reference(*_softmax(40, 300, 3, 3)[1:])


@problem
def six_classes() -> Reference:
    return Reference(*_softmax(41, 900, 4, 6)[1:])


@problem
def four_classes_on_many_scales() -> Reference:
    _, X, y = _softmax(42, 600, 5, 4)
    return Reference(X * np.array([1e-6, 1e-3, 1.0, 1e3, 1e6]), y)


@problem
def three_classes_at_means_of_1e7() -> Reference:
    _, X, y = _softmax(43, 400, 2, 3)
    return Reference(X + np.array([1e7, -2e7]), y)


@problem
def three_classes_with_weights() -> Reference:
    draw, X, y = _softmax(44, 400, 3, 3)
    return Reference(X, y, np.array([0.01, 0.1, 1.0, 10.0])[draw.integers(4, 400)])


@problem
def three_classes_of_condition_1e4() -> Reference:
    draw, X, _ = _softmax(45, 400, 3, 3)
    difference = draw.normal(400)
    X[:, 1] = X[:, 0] + 2.0**-13 * difference
    return Reference(X, draw.classes(X[:, 0], 0.5 * difference, X[:, 2]))


@problem
def a_rare_class_of_three() -> Reference:
    draw, X, _ = _softmax(46, 1500, 2, 3)
    return Reference(X, draw.classes(X[:, 0], 0.5 * X[:, 1], X[:, 1] - 4.5))


@problem
def party_1996() -> Reference:
    data = _statsmodels("anes96")
    return Reference(data.exog.drop(columns="const", errors="ignore").to_numpy(float), data.endog.to_numpy(int))


@problem
def ridge_on_iris() -> Reference:
    from sklearn.datasets import load_iris

    return Reference(*load_iris(return_X_y=True), alpha=2.0**-10)


@problem
def ridge_on_wine() -> Reference:
    from sklearn.datasets import load_wine

    return Reference(*load_wine(return_X_y=True), alpha=2.0**-8)


# ---- L1 and elastic net


@problem
def lasso() -> Reference:
    return Reference(*drawn(50, 500, -0.5, 1.0, 0.0, 0.5, 0.0, 0.0, -1.2)[1:], alpha=0.05, l1_ratio=1.0)


@problem
def lasso_on_many_columns() -> Reference:
    return Reference(*drawn(51, 300, 0.2, 1.0, -1.0, *(0.0,) * 38)[1:], alpha=0.03, l1_ratio=1.0)


@problem
def lasso_on_more_columns_than_rows() -> Reference:
    draw = Draw(52)
    X = draw.normal(50, 120)
    return Reference(X, draw.classes(2.0 * X[:, 0] - 2.0 * X[:, 1]), alpha=0.08, l1_ratio=1.0)


@problem
def lasso_at_means_of_1e7() -> Reference:
    made = means_of_1e7()
    return Reference(made.X, made.y, alpha=0.1, l1_ratio=1.0)


@problem
def lasso_with_weights_and_offset() -> Reference:
    made = ridge_with_weights_and_offset()
    return Reference(made.X, made.y, made.weight, made.offset, alpha=0.02, l1_ratio=1.0)


@problem
def lasso_on_diabetes() -> Reference:
    return Reference(*_diabetes(), alpha=0.2, l1_ratio=1.0)


@problem
def elastic_net() -> Reference:
    return Reference(*drawn(53, 500, -0.5, 1.0, 0.0, 0.5, 0.0, 0.0, -1.2)[1:], alpha=0.05, l1_ratio=0.5)


@problem
def elastic_net_on_nearly_equal_columns() -> Reference:
    made = condition_1e4()
    return Reference(made.X, made.y, alpha=0.02, l1_ratio=0.25)


@problem
def elastic_net_on_breast_cancer() -> Reference:
    return Reference(*_breast_cancer(), alpha=0.05, l1_ratio=0.75)
