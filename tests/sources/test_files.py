import gzip
import io

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from oddsmith import DataError, SpecificationError, read
from oddsmith.sources import as_csv
from oddsmith.sources.files import open_file
from oddsmith.sources.tables import Labels

GOOD = "age,dose,died\n61,0.5,yes\n48,1.5,no\n70,1e-3,yes\n55,-2,no\n"


@pytest.fixture
def write(tmp_path):
    def put(content, name="data.csv"):
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return put


def matrix(source):
    return next(source.blocks()).design.array


def target(source):
    return next(source.blocks()).target


def test_a_csv(write):
    source = read(write(GOOD), target="died")
    assert source.columns == ("age", "dose")
    assert source.classes.tolist() == ["no", "yes"]
    np.testing.assert_array_equal(target(source), [1, 0, 1, 0])
    np.testing.assert_array_equal(matrix(source), [[61, 0.5], [48, 1.5], [70, 1e-3], [55, -2]])


@pytest.mark.parametrize(
    ("content", "name", "options"),
    [
        ("\ufeff" + GOOD, "bom.csv", {}),
        (GOOD.replace("\n", "\r\n"), "windows.csv", {}),
        (GOOD.replace(",", "\t"), "tab.tsv", {}),
        (GOOD.replace(",", ";"), "semi.csv", {"delimiter": ";"}),
        (gzip.compress(GOOD.encode(), mtime=0), "data.csv.gz", {}),
        (GOOD.replace("yes", '"yes"').replace("age", '"age"'), "quoted.csv", {}),
        (GOOD.rstrip("\n"), "no-newline.csv", {}),
        (GOOD + "\n\n", "blank-lines.csv", {}),
        (GOOD.replace(",", " , "), "spaced.csv", {}),
        (GOOD.encode(), "data.csv", {"stream": True}),
    ],
)
def test_every_common_form_reads_the_same(write, content, name, options):
    stream = options.pop("stream", False)
    plain = read(write(GOOD), target="died")
    other = read(io.BytesIO(content) if stream else write(content, name), target="died", **options)
    assert plain.columns == other.columns
    assert plain.classes.tolist() == other.classes.tolist()
    np.testing.assert_array_equal(matrix(plain), matrix(other))
    np.testing.assert_array_equal(target(plain), target(other))


def test_parquet_and_csv_give_the_same_bits(tmp_path):
    rng = np.random.default_rng(0)
    columns = {"a": rng.standard_normal(200), "b": rng.standard_normal(200) * 1e-7, "y": rng.integers(0, 2, 200)}
    pq.write_table(pa.table(columns), tmp_path / "t.parquet")
    (tmp_path / "t.csv").write_bytes(as_csv(**columns))
    stream = io.BytesIO((tmp_path / "t.parquet").read_bytes())
    one, two, three = (read(data, target="y") for data in (tmp_path / "t.parquet", tmp_path / "t.csv", stream))
    np.testing.assert_array_equal(matrix(one), matrix(two))
    np.testing.assert_array_equal(matrix(one), matrix(three))
    assert one.classes.tolist() == two.classes.tolist() == [0, 1]


def test_only_the_columns_that_are_wanted_are_read(write):
    file = open_file(write("a,b,c\n1,x,3\n"))
    table = file.table(["c", "a"], text=["a"], na=[])
    assert table.arrow.column_names == ["c", "a"]
    assert table.text("a").levels == ("1",)


def test_a_header_may_hold_line_breaks_and_space_around_names(write):
    source = read(write('" age ","two\nlines",died\n1,2,0\n3,4,1\n'), target="died")
    assert source.columns == ("age", "two\nlines")
    np.testing.assert_array_equal(matrix(source), [[1, 2], [3, 4]])


def test_an_empty_cell_of_a_single_column_is_a_row(write):
    table = open_file(write("x\n1\n\n3\n")).table(["x"], text=[], na=[])
    np.testing.assert_array_equal(table.cells("x").missing, [False, True, False])


@pytest.mark.parametrize("mark", ["", ";;"])
def test_a_delimiter_is_one_character(write, mark):
    with pytest.raises(SpecificationError, match="one character"):
        read(write(GOOD), target="died", delimiter=mark)
    assert read(write(GOOD.replace(",", "\t")), target="died", delimiter="\\t").rows == 4


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "The file is empty"),
        ("\nage,died\n", "no header: the first line"),
        ("age,died\n", "The file has no rows"),
        ("died\n1\n0\n", "no columns besides the target"),
        (GOOD.replace(",", ";"), "no column 'died' .* separates the columns"),
        (GOOD.replace("died", "deceased"), "no column 'died' .*the columns are 'age', 'dose', 'deceased'"),
        (GOOD.replace("died", "dies"), "did you mean 'dies'"),
        (GOOD.replace("48,1.5,no", "48,1.5"), r"Row 2 of .* is ragged: 2 cells where the header has 3"),
        (GOOD.replace("48,1.5,no", "48,1.5,no,7"), r"Row 2 of .* is ragged: 4 cells"),
        ("age,age,died\n1,2,0\n", "Two columns of .* have the same name: 'age'"),
        ("age, age,died\n1,2,0\n", "Two columns of .* have the same name: 'age'"),
        (GOOD.encode() + b"\xff\xfe,1,yes\n", "not UTF-8"),
        (GOOD.encode() + b"1,1,\xff\xfe\n", "not UTF-8"),
        (b"\xff\xfea\x00g\x00e\x00", "not UTF-8"),
    ],
)
def test_bad_files_are_refused_by_name_and_row(write, content, message):
    with pytest.raises(DataError, match=message):
        read(write(content), target="died")


def test_files_that_are_not_there(tmp_path):
    with pytest.raises(DataError, match="is not there"):
        read(tmp_path / "none.csv", target="y")
    with pytest.raises(DataError, match="is a folder"):
        read(tmp_path, target="y")
    (tmp_path / "fake.parquet").write_text("not parquet")
    with pytest.raises(DataError, match="not Parquet"):
        read(tmp_path / "fake.parquet", target="y")
    (tmp_path / "torn.csv").write_bytes(b"PAR1 and then nothing of the kind")
    with pytest.raises(DataError, match="not Parquet"):
        read(tmp_path / "torn.csv", target="y")


@pytest.mark.parametrize(("data", "message"), [(io.BytesIO(b""), "nothing was in it"), (io.StringIO("a"), "binary")])
def test_streams_that_cannot_be_read(data, message):
    with pytest.raises(DataError, match=message):
        read(data, target="y")


def test_a_csv_is_written_with_all_digits_and_gaps(write):
    values = np.array([0.1, 1 / 3, np.nan])
    labels = np.array(["a", "b", None], dtype=object)
    text = as_csv(label=labels, value=values).decode()
    assert text.splitlines() == ["label,value", "a,0.1", "b,0.3333333333333333", ","]
    quoted = as_csv(label=np.array(["a,b", 'say "c"', None], dtype=object)).decode()
    assert quoted.splitlines()[1:] == ['"a,b"', '"say ""c"""', ""]


def test_text_of_another_encoding_is_told_with_its_line():
    with pytest.raises(DataError, match="not UTF-8 text: line 3 of"):
        open_file(io.BytesIO("a,b\n1,x\n2,é\n".encode("latin-1"))).table(["a", "b"], text=["b"], na=[])


def test_a_category_of_numbers_survives_parquet(tmp_path):
    frame = pd.DataFrame({"c": pd.Categorical([3, 1, 3]), "d": pd.Categorical(["x", "y", None]), "x": [1, 2, 3]})
    frame.to_parquet(tmp_path / "t.parquet")
    table = open_file(tmp_path / "t.parquet").table(["x", "c", "d"], text=(), na=())
    assert isinstance(table.cells("c"), Labels)
    assert table.cells("c").declared
    assert table.cells("d").codes.tolist() == [0, 1, -1]
    assert table.cells("x").values.tolist() == [1, 2, 3]
