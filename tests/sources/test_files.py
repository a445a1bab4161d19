import gzip

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from oddsmith import DataError, SpecificationError, read
from oddsmith.schema import Schema
from oddsmith.sources import as_csv, read_rows

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


def test_a_csv(write):
    source = read(write(GOOD), target="died")
    assert source.columns == ("age", "dose")
    assert source.classes.tolist() == ["no", "yes"]
    np.testing.assert_array_equal(source.target, [1, 0, 1, 0])
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
    ],
)
def test_every_common_form_reads_the_same(write, content, name, options):
    plain, other = read(write(GOOD), target="died"), read(write(content, name), target="died", **options)
    assert plain.columns == other.columns
    assert plain.classes.tolist() == other.classes.tolist()
    np.testing.assert_array_equal(matrix(plain), matrix(other))


def test_parquet_and_csv_give_the_same_bits(tmp_path):
    rng = np.random.default_rng(0)
    columns = {"a": rng.standard_normal(200), "b": rng.standard_normal(200) * 1e-7, "y": rng.integers(0, 2, 200)}
    pq.write_table(pa.table(columns), tmp_path / "t.parquet")
    (tmp_path / "t.csv").write_bytes(as_csv(**columns))
    one, two = (read(tmp_path / f"t.{kind}", target="y") for kind in ("parquet", "csv"))
    np.testing.assert_array_equal(matrix(one), matrix(two))
    assert one.classes.tolist() == two.classes.tolist() == [0, 1]


@pytest.mark.parametrize(
    ("labels", "classes"),
    [
        (["0", "1"], [0, 1]),
        (["1.5", "2"], [1.5, 2.0]),
        (["True", "False"], ["False", "True"]),
        (["a", "1"], ["1", "a"]),
    ],
)
def test_labels_of_any_type(write, labels, classes):
    text = "x,y\n" + "".join(f"{k},{labels[k % 2]}\n" for k in range(4))
    assert read(write(text), target="y").classes.tolist() == classes


def test_booleans_and_integers_of_any_size_are_numbers_in_parquet(tmp_path):
    columns = {"b": [True, False], "big": [2**62, 1], "y": [0, 1]}
    pq.write_table(pa.table(columns), tmp_path / "t.parquet")
    np.testing.assert_array_equal(matrix(read(tmp_path / "t.parquet", target="y")), [[1, 2.0**62], [0, 1]])


def test_large_integer_labels_keep_their_digits(write):
    text = "x,y\n1,1000000000000000000\n2,1000000000000000001\n"
    assert read(write(text), target="y").classes.tolist() == [10**18, 10**18 + 1]


@pytest.mark.parametrize("roles", [{"weight": "died"}, {"offset": "died"}, {"weight": "age", "offset": "age"}])
def test_a_column_has_one_role(write, roles):
    with pytest.raises(SpecificationError, match="one role only: '(died|age)'"):
        read(write(GOOD), target="died", **roles)


def test_rows_are_counted_from_one_in_every_message_of_a_file(write):
    with pytest.raises(DataError, match="column 'w' must not be below 0: -1 in row 1"):
        read(write("x,w,y\n1,-1,0\n2,1,1\n"), target="y", weight="w")


def test_labels_of_another_spelling_are_the_same(write):
    schema = Schema(("x",), (False, True), "y")
    rows = read_rows(write("x,y\n1,True\n2,False\n"), schema, with_target=True)
    np.testing.assert_array_equal(rows.target, [1, 0])


@pytest.mark.parametrize("mark", ["", ";;"])
def test_a_delimiter_is_one_character(write, mark):
    with pytest.raises(SpecificationError, match="one character"):
        read(write(GOOD), target="died", delimiter=mark)
    assert read(write(GOOD.replace(",", "\t")), target="died", delimiter="\\t").rows == 4


def test_boolean_labels_of_parquet(tmp_path):
    pq.write_table(pa.table({"x": [1.0, 2.0], "y": [True, False]}), tmp_path / "t.parquet")
    assert read(tmp_path / "t.parquet", target="y").classes.tolist() == [False, True]


def test_weights_and_offsets_are_columns(write):
    text = "x,w,o,y\n1,2,0.5,0\n2,1,0.1,1\n3,4,0,1\n"
    source = read(write(text), target="y", weight="w", offset="o")
    assert source.columns == ("x",)
    block = next(source.blocks())
    np.testing.assert_array_equal(block.weight, [2, 1, 4])
    np.testing.assert_array_equal(block.offset, [0.5, 0.1, 0.0])


def test_types_are_decided_on_whole_columns(write):
    rows = "".join(f"{k},{k % 2}\n" for k in range(300_000))
    source = read(write("x,y\n" + rows + "0.5,1\n"), target="y")
    assert matrix(source)[-1, 0] == 0.5
    with pytest.raises(DataError, match=r"Column 'x' is not numeric: 'oops' in row 300001"):
        read(write("x,y\n" + rows + "oops,1\n"), target="y")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "The file is empty"),
        ("age,died\n", "The file has no rows"),
        ("died\n1\n0\n", "no columns besides the target"),
        (GOOD.replace(",", ";"), "no column 'died' .* separates the columns"),
        (GOOD.replace("died", "deceased"), "no column 'died' .*the columns are 'age', 'dose', 'deceased'"),
        (GOOD.replace("died", "dies"), "did you mean 'dies'"),
        (GOOD.replace("48,1.5,no", "48,1.5"), r"Row 2 of .* is ragged: 2 cells where the header has 3"),
        (GOOD.replace("48,1.5,no", "48,1.5,no,7"), r"Row 2 of .* is ragged: 4 cells"),
        (GOOD.replace("48", "young"), "Column 'age' is not numeric: 'young' in row 2"),
        (GOOD.replace("48", "1_000"), "Column 'age' is not numeric: '1_000' in row 2"),
        (GOOD.replace("died", ""), "has no name: column 3"),
        (GOOD.replace("48", "inf"), "Column 'age' is not finite: inf in row 2"),
        (GOOD.replace("48", ""), r"missing values: 'age' \(1\); the first in row 2 of 'age'"),
        (GOOD.replace("48", "?").replace("-2", "."), r"missing values: 'age' \(1\), 'dose' \(1\)"),
        (GOOD.replace("48,1.5,no", "48,1.5,"), r"missing values: 'died' \(1\)"),
        (GOOD.replace("no", "yes"), "one class only: every label is yes"),
        (GOOD.replace("48,1.5,no", "48,1.5,maybe"), "3 classes: yes, maybe, no"),
        ("age,age,died\n1,2,0\n", "Two columns of .* have the same name: 'age'"),
        (",age,died\n1,2,0\n", "A column of .* has no name: column 1"),
        (GOOD.encode() + b"\xff\xfe,1,yes\n", "Column 'age' is not numeric|not UTF-8"),
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


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (["a", "b"], "Column 'x' is not numeric: its type is string"),
        (pa.array([1, 2], pa.timestamp("s")), "Column 'x' is not numeric: its type is timestamp"),
        ([1.0, None], "missing values"),
    ],
)
def test_parquet_columns_that_cannot_be_used(tmp_path, values, message):
    pq.write_table(pa.table({"x": values, "y": [0, 1]}), tmp_path / "t.parquet")
    with pytest.raises(DataError, match=message):
        read(tmp_path / "t.parquet", target="y")


def test_rows_to_predict_are_found_by_name(write):
    schema = Schema(("dose", "age"), ("no", "yes"), "died")
    rows = read_rows(write("extra,age,dose\ntext,1,2\ntext,3,4\n"), schema)
    np.testing.assert_array_equal(rows.matrix, [[2, 1], [4, 3]])
    assert rows.target is None
    labelled = read_rows(write(GOOD), schema, with_target=True)
    np.testing.assert_array_equal(labelled.target, [1, 0, 1, 0])


def test_rows_to_predict_that_do_not_fit(write):
    schema = Schema(("dose", "age"), ("no", "yes"), "died")
    with pytest.raises(DataError, match="'dose' not among 2 columns.*did you mean 'doses'"):
        read_rows(write("age,doses\n1,2\n"), schema)
    with pytest.raises(DataError, match="a label that the model does not know: maybe in row 2"):
        read_rows(write(GOOD.replace("no", "maybe")), schema, with_target=True)
    with pytest.raises(DataError, match="no column 'died'"):
        read_rows(write("age,dose\n1,2\n"), schema, with_target=True)
