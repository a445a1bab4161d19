import numpy as np
import pytest

from oddsmith.combinations import Combination

NAMES = ("x0", "x1", "mean radius", "ward=c", "x4")


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (Combination(4, 0.0, ((0, 2.0), (1, -1.0))), "x4 = 2*x0 - x1"),
        (Combination(4, 0.0, ((0, -1.0), (1, 1.0))), "x4 = -x0 + x1"),
        (Combination(4, -0.5, ((0, 1.0),)), "x4 = -0.5 + x0"),
        (Combination(4, 7.0), "x4 = 7"),
        (Combination(4, 0.0), "x4 = 0"),
        (Combination(4, 1.0, ((2, -1 / 3),)), "x4 = 1 - 0.333333*`mean radius`"),
        (Combination(3, 1.0, ((0, -1.0), (1, -1.0))), "`ward=c` = 1 - x0 - x1"),
        (Combination(4, 0.0, ((0, 10.0), (1, 1.5))), "x4 = 10*x0 + 1.5*x1"),
    ],
)
def test_words(found, words):
    assert found.in_words(NAMES) == words


def test_many_terms_are_counted():
    found = Combination(20, 1.0, tuple((k, 2.0) for k in range(20)))
    assert found.in_words([f"x{k}" for k in range(21)]) == "x20 = 1 + 2*x0 + ... (21 terms)"


def test_the_gap_of_a_row_is_relative_to_its_terms():
    found = Combination(2, 1.0, ((0, 2.0), (1, -1.0)))
    rows = np.array([[1.0, 2.0, 1.0], [1e9, 0.0, 2e9 + 1], [1.0, 2.0, 2.0], [0.0, 0.0, 0.0]])
    gap = found.gap(rows)
    assert gap[0] == gap[1] == 0.0
    assert gap[2] == pytest.approx(1 / 7)
    assert gap[3] == 1.0
