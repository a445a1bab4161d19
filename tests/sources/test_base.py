import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oddsmith import DataError
from oddsmith.sources.base import encode_target


@pytest.mark.parametrize(
    ("labels", "classes", "target"),
    [
        ([0, 1, 1], [0, 1], [0, 1, 1]),
        ([True, False, True], [False, True], [1, 0, 1]),
        (["no", "yes", "no"], ["no", "yes"], [0, 1, 0]),
        ([2.5, -1.0, 2.5], [-1.0, 2.5], [1, 0, 1]),
        (np.array([[1], [2]]), [1, 2], [0, 1]),
        (np.array(["b", "a"], dtype=object), ["a", "b"], [1, 0]),
    ],
)
def test_labels_of_any_type(labels, classes, target):
    encoded, found = encode_target(labels)
    assert found.tolist() == classes
    np.testing.assert_array_equal(encoded, target)


LABELS = st.one_of(st.integers(-9, 9), st.text(max_size=3), st.booleans(), st.floats(-1e9, 1e9))


@given(LABELS, LABELS, st.lists(st.booleans(), min_size=2))
def test_any_two_labels_come_back_from_their_code(one, other, pattern):
    if type(one) is not type(other) or np.array(one) == np.array(other) or len(set(pattern)) < 2:
        return
    labels = np.array([one if side else other for side in pattern])
    target, classes = encode_target(labels)
    assert classes[0] < classes[1]
    np.testing.assert_array_equal(classes[target.astype(int)], labels)


@pytest.mark.parametrize("positive", [0, "0"])
def test_the_positive_class_can_be_named(positive):
    encoded, classes = encode_target([0, 1, 1], positive)
    assert classes.tolist() == [1, 0]
    np.testing.assert_array_equal(encoded, [1, 0, 0])


def test_three_classes_or_more():
    encoded, classes = encode_target(["b", "c", "a", "b"])
    assert classes.tolist() == ["a", "b", "c"]
    assert encoded.tolist() == [1, 2, 0, 1]


def test_a_label_a_row_is_no_class():
    with pytest.raises(DataError, match="The target 'age' looks like measurements.*: 57 different labels in 57 rows"):
        encode_target(np.arange(57), name="The target 'age'")
    assert len(encode_target(np.arange(57).repeat(2))[1]) == 57


@pytest.mark.parametrize(
    ("labels", "positive", "message"),
    [
        ([1, 1], None, "one class only: every label is 1"),
        ([3, 1, 1, 2], 1, "A positive class is one of two: y has more than two classes"),
        ([0.5, 1.5, 2.5], None, "y holds measurements, not classes: 3 different numbers, such as 0.5"),
        ([1.0, np.nan], None, "y contains NaN or infinity: first in row 1"),
        (np.array(["a", None], dtype=object), None, "y contains NaN or None"),
        (np.array(["a", np.nan], dtype=object), None, "y contains NaN or None"),
        (np.array(["a", 1], dtype=object), None, "cannot be compared: str, int"),
        (np.zeros((2, 2)), None, "one label a row"),
        ([0, 1], "maybe", "'maybe'; the classes are 0 and 1"),
    ],
)
def test_bad_targets_are_refused(labels, positive, message):
    with pytest.raises(DataError, match=message):
        encode_target(labels, positive)
