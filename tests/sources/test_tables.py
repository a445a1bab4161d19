import datetime as dt
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oddsmith import DataError
from oddsmith.schema import MISSING
from oddsmith.sources.tables import Labels, Numbers, Table, as_text, is_number


def table(**columns):
    return Table(pa.table(columns), "t", 0, MISSING)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1, None, 3], [1, np.nan, 3]),
        ([1.5, float("nan"), None], [1.5, np.nan, np.nan]),
        ([True, False, None], [1, 0, np.nan]),
        ([Decimal("1.25"), None, Decimal("2")], [1.25, np.nan, 2]),
        (pa.array([2**63, 1, None], pa.uint64()), [2.0**63, 1, np.nan]),
        (pa.chunked_array([[1.0], [], [2.0, None]]), [1, 2, np.nan]),
    ],
)
def test_numbers_are_float64_with_nan_where_missing(values, expected):
    cells = table(x=values).cells("x")
    assert isinstance(cells, Numbers)
    assert cells.values.dtype == np.float64
    np.testing.assert_array_equal(cells.values, expected)
    np.testing.assert_array_equal(cells.missing, np.isnan(expected))


@pytest.mark.parametrize(
    "values",
    [
        ["b", " a ", None, "?", "b"],
        pa.array(["b", "a", None, None, "b"]).dictionary_encode(),
        pa.chunked_array([pa.array(["b"]).dictionary_encode(), pa.array(["a", "", None, "b"]).dictionary_encode()]),
        pa.array(["b", "a", "", None, "b"], pa.large_string()),
        pa.DictionaryArray.from_arrays([1, 3, None, 2, 1], ["unused", "b", "NA", "a"]),
    ],
)
def test_text_is_labels_that_occur_without_space_and_without_what_is_missing(values):
    cells = table(x=values).cells("x")
    assert isinstance(cells, Labels)
    assert cells.levels == ("b", "a")
    np.testing.assert_array_equal(cells.codes, [0, 1, -1, -1, 0])


def test_a_dictionary_declares_a_category_unless_the_table_has_no_types():
    arrow = pa.table({"x": pa.array(["1", "2"]).dictionary_encode()})
    assert Table(arrow, "t", 0, ()).cells("x").declared
    assert not Table(arrow, "t", 0, (), typed=False).cells("x").declared


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ([dt.date(2020, 1, 1)], "dates or times.*date32"),
        ([dt.datetime(2020, 1, 1)], "dates or times.*timestamp"),
        ([dt.timedelta(1)], "dates or times.*duration"),
        ([[1, 2]], "cannot be used: its type is list"),
        ([{"a": 1}], "cannot be used: its type is struct"),
        ([b"x"], "cannot be used: its type is binary"),
    ],
)
def test_what_has_no_coefficient_is_refused_by_type(values, found):
    with pytest.raises(DataError, match=f"Column 'when' .*{found}"):
        table(when=values).cells("when")


def test_anything_may_be_declared_text():
    assert table(x=[10, 2, 10, None]).text("x").levels == ("10", "2")
    assert table(x=[1.5, 2.0]).text("x").levels == ("1.5", "2")
    assert table(x=[True, False]).text("x").levels == ("False", "True")
    assert table(x=[dt.date(2020, 1, 2)]).text("x").levels == ("2020-01-02",)


@pytest.mark.parametrize(
    ("values", "labels"),
    [
        (["no", "yes"], ["no", "yes"]),
        (["1", "0"], [1, 0]),
        (["1.5", "2"], [1.5, 2.0]),
        (["1e3", "2"], [1000, 2]),
        ([True, False], [True, False]),
        ([10**18, 10**18 + 1], [10**18, 10**18 + 1]),
        (["1000000000000000000", "1000000000000000001"], [10**18, 10**18 + 1]),
        (["a", "1"], ["a", "1"]),
    ],
)
def test_labels_are_numbers_where_all_of_them_are(values, labels):
    assert table(y=values).labels("y").tolist() == labels


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1))
def test_numbers_survive_being_text(values):
    cells = Numbers(np.array(values))
    np.testing.assert_array_equal(cells.as_labels().as_numbers().values, cells.values)


@given(st.lists(st.sampled_from(["a", "b", "c", ""]), min_size=1), st.data())
def test_taking_rows_takes_their_text(texts, data):
    cells = table(x=pa.array(texts, pa.string())).text("x")
    rows = np.array(data.draw(st.lists(st.integers(0, len(texts) - 1), min_size=1)))
    taken = cells.take(rows)
    assert [taken.levels[c] if c >= 0 else "" for c in taken.codes] == [texts[r] for r in rows]
    assert set(taken.levels) == {texts[r] for r in rows} - {""}


def test_text_that_is_truth_or_number_can_be_numbers():
    both = table(x=["true", "False", "1", "0.5", None]).text("x").as_numbers()
    np.testing.assert_array_equal(both.values, [1, 0, 1, 0.5, np.nan])
    assert not both.boolean
    assert table(x=["TRUE", "false"]).text("x").as_numbers().boolean
    assert table(x=["1", "x"]).text("x").as_numbers() is None


@pytest.mark.parametrize("text", ["1", "-1.5", "+.5", "1.", "1e-3", "1E+10", "inf", "-Infinity"])
def test_what_is_a_number(text):
    assert is_number(text)
    float(text)


@pytest.mark.parametrize("text", ["", " 1", "1_000", "1,5", "0x10", "1e", "nan", "--1", "٣", "1 2"])
def test_what_is_no_number(text):
    assert not is_number(text)


def test_cells_as_text():
    assert [as_text(v) for v in (None, float("nan"), 1.0, 1, 0.1, " x ", True)] == [
        "",
        "",
        "1",
        "1",
        "0.1",
        "x",
        "True",
    ]


def test_the_first_row_of_some_text():
    cells = table(x=["a", None, "b", "b"]).text("x")
    assert cells.first_row(lambda level: level == "b") == 2
    assert cells.first_row(lambda level: level == "z") is None


def test_rows_are_numbered_as_messages_call_them():
    assert Table(pa.table({"x": [1]}), "t", 1, ()).row(0) == "row 1"


@pytest.mark.parametrize(
    ("value", "text"),
    [(1.0, "1"), ("1.0", "1"), (" 1.00 ", "1"), ("-3.0", "-3"), ("01", "01"), ("01.0", "01.0"), ("1.10", "1.10"),
     (-0.0, "0"), (2.5, "2.5"), ("12345678901234567890.0", "12345678901234567890"), (True, "True")],
)  # fmt: skip
def test_a_level_has_one_name(value, text):
    assert as_text(value) == text


def test_levels_of_large_decimals_keep_their_digits():
    values = pa.array([Decimal("12345678901234567890"), Decimal("12345678901234567891"), Decimal("1.00")])
    assert table(x=values).text("x").levels[:2] == ("12345678901234567890", "12345678901234567891")
    assert table(x=pa.array([Decimal("1.00")])).text("x").levels == ("1",)


def test_dictionaries_with_gaps_in_them():
    indices, words = pa.array([0, 1, 2]), pa.array(["a", None, "b"])
    chunk = pa.DictionaryArray.from_arrays(indices, words)
    cells = table(x=pa.chunked_array([chunk, chunk])).cells("x")
    assert cells.levels == ("a", "b")
    assert cells.codes.tolist() == [0, -1, 1, 0, -1, 1]
