import numpy as np
import pytest

from oddsmith import ColumnWarning, DataError, read
from tests.problems import columns_of

FIRST, REST = np.arange(6), np.arange(6, 9)


def table(**changes):
    columns = {
        "c": ["a", "a", "a", "b", "b", None, "b", "b", "b"],
        "x": [1.0, 2.0, 3.0, 4.0, None, 6.0, 100.0, 100.0, None],
        "y": [0, 1, 0, 1, 0, 1, 0, 1, 0],
    }
    return columns | changes


def design(source, coding="reference"):
    return columns_of(next(source.coded(coding).blocks()).design)


def test_held_out_rows_have_no_part_in_what_is_learned():
    whole = read(table(), target="y", missing="impute")
    train, test = whole.split(FIRST, REST)
    alone = read({name: values[:6] for name, values in table().items()}, target="y", missing="impute")
    assert train.schema == alone.schema
    assert (train.schema.columns[0].reference, whole.schema.columns[0].reference) == ("a", "b")
    assert train.schema.columns[1].fill == pytest.approx(16 / 5)
    np.testing.assert_array_equal(design(train), design(alone))
    np.testing.assert_array_equal(design(test), [[1, 0, 100, 0], [1, 0, 100, 0], [1, 0, 16 / 5, 1]])
    assert (train.target.tolist(), test.target.tolist()) == ([0, 1, 0, 1, 0, 1], [0, 1, 0])


def test_a_level_that_is_held_out_is_unseen():
    data = table(c=["a", "a", "b", "b", "a", "b", "z", "a", "b"])
    with pytest.raises(DataError, match="'c' has a level that the model has not seen: 'z' in row 6"):
        read(data, target="y", missing="impute").split(FIRST, REST)[1].coded("full")
    lenient = read(data, target="y", missing="impute", unseen="reference").split(FIRST, REST)[1]
    np.testing.assert_array_equal(design(lenient, "full")[0, :2], [0, 0])


def test_rows_dropped_before_the_split_stay_dropped():
    whole = read(table(), target="y", missing="drop")
    train, test = whole.split(np.array([0, 1, 2, 3]), np.array([4, 5]))
    np.testing.assert_array_equal(design(train)[:, -1], [1, 2, 3, 4])
    np.testing.assert_array_equal(design(test)[:, -1], [100, 100])


def test_a_column_that_only_held_out_rows_make_useful_is_left_out():
    data = table(c=["a"] * 6 + ["b", "a", "b"])
    whole = read(data, target="y", missing="impute")
    with pytest.warns(ColumnWarning, match=r"'c' \(always 'a'\)"):
        train, test = whole.split(FIRST, REST)
    assert train.columns == test.columns == ("x", "x is missing")


def test_weights_and_offsets_go_with_their_rows():
    data = table(w=np.arange(1.0, 10.0), o=np.arange(9.0) / 10)
    train, test = read(data, target="y", missing="impute", weight="w", offset="o").split(FIRST, REST)
    assert next(train.blocks()).weight.tolist() == [1, 2, 3, 4, 5, 6]
    assert next(test.blocks()).offset.tolist() == [0.6, 0.7, 0.8]
    assert train.schema.columns[1].fill == pytest.approx((1 + 4 + 9 + 16 + 36) / 16)
