import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from oddsmith import DataError, read
from oddsmith.sources.frames import Frame, is_frame

COLUMNS = {"age": [61.0, 48.0, None, 55.0], "city": ["Oslo", None, "Rome", "Oslo"], "ok": [True, False, True, True]}
FRAMES = {
    "pandas": pd.DataFrame(COLUMNS),
    "pandas nullable": pd.DataFrame(COLUMNS).convert_dtypes(),
    "pandas arrow": pd.DataFrame(COLUMNS).convert_dtypes(dtype_backend="pyarrow"),
    "pandas indexed": pd.DataFrame(COLUMNS, index=[9, 5, 7, 1]),
    "polars": pl.DataFrame(COLUMNS),
    "pyarrow": pa.table(COLUMNS),
    "record batch": pa.RecordBatch.from_pydict(COLUMNS),
    "dictionary": COLUMNS,
}


@pytest.mark.parametrize("kind", FRAMES)
def test_every_kind_of_frame_holds_the_same(kind):
    assert is_frame(FRAMES[kind])
    frame = Frame(FRAMES[kind])
    assert frame.names == ("age", "city", "ok")
    table = frame.table(["age", "city", "ok"], text=[], na=[])
    np.testing.assert_array_equal(table.cells("age").values, [61, 48, np.nan, 55])
    assert table.cells("city").levels == ("Oslo", "Rome")
    np.testing.assert_array_equal(table.cells("city").codes, [0, -1, 1, 0])
    np.testing.assert_array_equal(table.cells("ok").values, [1, 0, 1, 1])


@pytest.mark.parametrize("thing", [np.zeros((2, 2)), "path.csv", [[1, 2]], 3])
def test_what_is_no_frame(thing):
    assert not is_frame(thing)


def test_categories_are_declared_by_pandas_and_polars():
    levels = ["3", "1", "3", "1"]
    for series in (pd.Series(levels, dtype="category"), pl.Series(levels, dtype=pl.Categorical)):
        frame = (pd.DataFrame if isinstance(series, pd.Series) else pl.DataFrame)({"code": series, "y": [0, 1, 1, 0]})
        assert read(frame, target="y").schema.columns[0].kind == "category"
    assert read(pd.DataFrame({"code": levels, "y": [0, 1, 1, 0]}), target="y").schema.columns[0].kind == "numeric"


def test_a_frame_without_a_capsule_goes_through_narwhals():
    class Old:
        """A frame of before the capsule, as narwhals sees it."""

        def __init__(self):
            self.columns, self.dtypes = ["x"], {}

        def __narwhals_dataframe__(self):
            return self

        def __native_namespace__(self):
            return pa

        def to_arrow(self):
            return pa.table({"x": [1.0, 2.0]})

    import narwhals as nw

    old = Old()
    assert is_frame(old)
    original = nw.from_native
    try:
        nw.from_native = lambda frame, **_: frame
        assert Frame(old).names == ("x",)
    finally:
        nw.from_native = original


def test_what_cannot_be_a_table_says_so():
    class Odd:
        columns, dtypes = ("a",), ("b",)

    with pytest.raises(DataError, match="no table: a Odd"):
        Frame(Odd())


def test_a_column_of_mixed_things_is_named_with_its_row():
    with pytest.raises(DataError, match="Column 'o' mixes values of several types: 'z' in row 2 after 1 in row 0"):
        Frame(pd.DataFrame({"x": [1, 2, 3], "o": [1, None, "z"]}))
    with pytest.raises(DataError, match="Column 'o' mixes values of several types: True in row 1 after 1 in row 0"):
        Frame(pd.DataFrame({"o": pd.Series([1, True, 2], dtype=object)}))
    with pytest.raises(DataError, match="Column 'o' mixes values of several types: 'z' in row 1 after 1 in row 0"):
        Frame({"o": [1, "z"]})


def test_columns_of_the_same_name():
    with pytest.raises(DataError, match=r"same name|one type"):
        Frame(pd.DataFrame([[1, 2]], columns=["a", "a"]))
    with pytest.raises(DataError, match="same name: 'a'"):
        Frame(pa.table([[1], [2]], names=["a", "a"]))


def test_columns_of_different_lengths():
    with pytest.raises(DataError, match="cannot be read"):
        Frame({"a": [1, 2], "b": [1]})


def test_sparse_columns_of_pandas():
    frame = pd.DataFrame({"s": pd.arrays.SparseArray([0.0, 1.0, 0.0]), "x": [1, 2, 3]})
    cells = Frame(frame).table(["s", "x"], text=(), na=()).cells("s")
    assert cells.values.tolist() == [0, 1, 0]


def test_what_cannot_be_a_table_says_what_to_do():
    with pytest.raises(DataError, match=r"a LazyFrame. Collect it first: frame.collect\(\)"):
        Frame(pl.LazyFrame({"a": [1]}))
    with pytest.raises(DataError, match="cannot be read"):
        Frame({"a": 1, "b": 2})
