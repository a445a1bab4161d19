import io
import warnings

import numpy as np
import pandas as pd
import pytest

from oddsmith import L2, ColumnWarning, DataError, SpecificationError, fit, read
from oddsmith.sources import read_frame
from tests.problems import columns_of

TEXT = """id,age,city,member,dose,died
a1,61,Oslo,true,0.5,yes
a2,48,Paris,false,,no
a3,70,Oslo,true,1e-3,yes
a4,55,,false,-2,no
a5,50,Oslo,true,1,no
a6,33,Paris,false,2,yes
"""


def table(text=TEXT):
    return io.BytesIO(text.encode())


def matrix(source):
    return columns_of(next(source.blocks()).design)


def test_a_table_of_every_kind():
    source = read(table(), target="died", missing="impute", drop=["id"])
    assert source.columns == ("age", "city=Paris", "city=(missing)", "member", "dose", "dose is missing")
    assert source.schema.names == ("age", "city", "member", "dose")
    np.testing.assert_allclose(
        matrix(source),
        [
            [61, 0, 0, 1, 0.5, 0],
            [48, 1, 0, 0, 0.3002, 1],
            [70, 0, 0, 1, 1e-3, 0],
            [55, 0, 1, 0, -2, 0],
            [50, 0, 0, 1, 1, 0],
            [33, 1, 0, 0, 2, 0],
        ],
    )
    assert "category city (3 levels, against 'Oslo')" in repr(source)


def test_rows_with_gaps_are_dropped_and_counted():
    source = read(table(), target="died", missing="drop", drop=["id"])
    assert (source.rows, source.dropped) == (4, 2)
    np.testing.assert_array_equal(matrix(source)[:, 0], [61, 70, 50, 33])
    np.testing.assert_array_equal(next(source.blocks()).target, [1, 1, 0, 1])


def test_a_level_only_in_dropped_rows_is_no_level():
    source = read(table(TEXT.replace("a2,48,Paris", "a2,48,Rome")), target="died", missing="drop", drop=["id"])
    assert source.schema.columns[1].levels == ("Oslo", "Paris")


def test_gaps_are_errors_unless_told_otherwise():
    with pytest.raises(DataError, match=r"missing values: 'city' \(1\), 'dose' \(1\); the first in row 2 of 'dose'"):
        read(table(), target="died", drop=["id"])
    with pytest.raises(DataError, match=r"'died' \(1\); the first in row 6 .*drop those rows"):
        read(table(TEXT.replace(",2,yes", ",2,?")), target="died", missing="impute", drop=["id"])
    dropped = read(table(TEXT.replace(",2,yes", ",2,?")), target="died", missing="drop", columns=["age", "dose"])
    assert dropped.rows == 4


def test_what_counts_as_missing_can_be_told():
    text = "code,y\nNA,0\nFR,1\nNA,1\n-,0\n"
    assert read(table(text), target="y", missing="drop").rows == 2
    source = read(table(text), target="y", missing="drop", na=["-"])
    assert source.rows == 3
    assert source.schema.columns[0].levels == ("FR", "NA")
    assert source.schema.na == ("-",)


def test_the_coding_is_what_the_penalty_needs():
    source = read(table(), target="died", missing="impute", columns=["city"])
    free, held = fit(source, warn=lambda _: None), fit(source, penalty=L2(0.1))
    assert free.names == ("city=Paris", "city=(missing)")
    assert held.names == ("city=Oslo", "city=Paris", "city=(missing)")
    assert (free.schema.coding, held.schema.coding) == ("reference", "full")
    assert fit(source, penalty=L2(0.0), warn=lambda _: None).schema.coding == "reference"


def test_a_source_once_coded_stays_so():
    source = read(table(), target="died", missing="impute", columns=["city"]).coded("full")
    assert source.coded("full") is source
    with pytest.raises(SpecificationError, match="coded already: full"):
        fit(source)


def test_the_choice_of_reference_changes_no_prediction():
    rng = np.random.default_rng(0)
    frame = {"c": rng.choice(["a", "b", "c"], 300), "x": rng.standard_normal(300), "y": rng.integers(0, 2, 300)}
    etas = []
    for level in "abc":
        source = read(frame, target="y", reference={"c": level})
        assert source.schema.columns[0].reference == level
        etas.append(source.coded("reference").eta(fit(source).beta[0]))
    np.testing.assert_allclose(etas[0], etas[1], rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(etas[0], etas[2], rtol=1e-10, atol=1e-12)


def test_columns_of_no_use_are_left_out_and_told():
    rows = [f"user {k},1,always,{k % 3},{k % 2}" for k in range(60)]
    text = "id,,same,x,y\n" + "\n".join(rows) + "\n"
    with pytest.warns(ColumnWarning, match=r"column 2 \(it has no name\), 'id' \(60 distinct texts .*\(always 'always"):
        source = read(table(text), target="y")
    assert source.columns == ("x",)
    assert len(source.left_out) == 3
    kept = read(table(text.replace(",,", ",n,")), target="y", category=["id"], drop=["same"])
    assert len(kept.columns) == 59 + 2


def test_the_warning_points_at_the_caller():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        read(table(",x,y\n1,2,0\n2,3,1\n"), target="y")
    assert caught[0].filename == __file__


def test_columns_are_chosen_in_the_order_of_the_table():
    chosen = read(table(), target="died", columns=["member", "age"])
    assert chosen.columns == ("age", "member")


def test_weights_and_offsets_are_columns():
    text = "x,w,o,y\n1,2,0.5,0\n2,1,0.1,1\n3,4,0,1\n"
    source = read(table(text), target="y", weight="w", offset="o")
    assert source.columns == ("x",)
    assert source.schema.offset == "o"
    block = next(source.blocks())
    np.testing.assert_array_equal(block.weight, [2, 1, 4])
    np.testing.assert_array_equal(block.offset, [0.5, 0.1, 0.0])


def test_weights_count_in_references_and_means():
    text = "c,x,w,y\na,1,9,0\nb,3,1,1\nb,,2,0\n"
    source = read(table(text), target="y", weight="w", missing="impute")
    assert source.schema.columns[0].reference == "a"
    assert source.schema.columns[1].fill == pytest.approx(1.2)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"weight": "died"}, "one role only: 'died'"),
        ({"weight": "age", "offset": "age"}, "one role only: 'age'"),
        ({"columns": ["died"]}, "one role only: 'died'"),
        ({"category": ["died"]}, "one role only: 'died'"),
        ({"category": ["age"], "numeric": ["age"]}, "one kind only: 'age'"),
        ({"category": ["age"], "drop": ["age"]}, "not used was given a kind: 'age'"),
        ({"drop": "age"}, r"drop must be a list of names: the text 'age'. Write \['age'\]"),
        ({"missing": "omit"}, "missing is not known: 'omit'"),
        ({"unseen": "ignore"}, "unseen is not known: 'ignore'"),
        ({"reference": {"city": "Bonn"}, "missing": "impute"}, "no level 'Bonn' in column 'city'"),
        ({"reference": {"age": "61"}, "missing": "impute"}, "Only a category has a reference level"),
    ],
)
def test_requests_that_make_no_sense(options, message):
    with pytest.raises(SpecificationError, match=message):
        read(table(), target="died", **options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"columns": ["ages"]}, "no column 'ages' .*did you mean 'age'"),
        ({"drop": ["ages"]}, "no column 'ages'"),
        ({"category": ["town"]}, "no column 'town'"),
        ({"weight": "w"}, "no column 'w'"),
        ({"drop": ["id", "age", "city", "member", "dose"]}, "no columns besides the target"),
        ({"positive": "maybe", "missing": "impute", "drop": ["id"]}, "positive class is not among the labels"),
    ],
)
def test_requests_that_the_table_cannot_meet(options, message):
    with pytest.raises(DataError, match=message):
        read(table(), target="died", **options)


def test_nothing_is_left_when_every_row_has_a_gap():
    with pytest.raises(DataError, match="No row is without missing values: 2 rows"):
        read(table("a,b,y\n1,,0\n,2,1\n"), target="y", missing="drop")
    with pytest.raises(DataError, match="no column to fit: 'c'"):
        read(table("c,y\na,0\na,1\n"), target="y")


def test_a_frame_beside_labels_of_its_own():
    frame = pd.DataFrame({"c": ["a", "b", "a"], "x": [1.0, 2.0, 3.0]})
    source = read_frame(frame, ["n", "p", "p"], sample_weight=[1, 2, 1], offset=[0, 0.5, 0])
    assert source.columns == ("c=b", "x")
    assert source.classes.tolist() == ["n", "p"]
    assert next(source.blocks()).weight.tolist() == [1, 2, 1]
    with pytest.raises(DataError, match="3 rows of X and 2 of y"):
        read_frame(frame, [0, 1])
    with pytest.raises(DataError, match=r"missing values: 'c' \(1\); the first in row 1 "):
        read_frame(frame.replace("b", None), [0, 1, 1])


def test_a_list_of_texts_is_no_text():
    with pytest.raises(SpecificationError, match=r"na must be a list of names: the text 'NA'"):
        read(table(), target="died", na="NA")


def test_a_row_without_a_weight_can_be_dropped():
    text = "x,w,y\n1,2,0\n2,,1\n3,1,1\n"
    assert next(read(table(text), target="y", weight="w", missing="drop").blocks()).weight.tolist() == [2, 1]


def test_the_nameless_index_of_a_saved_pandas_frame_is_no_column(tmp_path):
    frame = pd.DataFrame({"x": [1.0, 2.0, 3.0, 4.0], "c": list("abab"), "y": [0, 1, 1, 0]}).iloc[[3, 0, 2, 1]]
    frame.to_parquet(tmp_path / "t.parquet")
    assert read(tmp_path / "t.parquet", target="y").schema.names == read(frame, target="y").schema.names == ("x", "c")


@pytest.mark.parametrize("na", ["-999", "-999.0", "-9.99e2"])
def test_a_number_that_counts_as_missing_does_so_in_every_column(na):
    text = "x,n,c,y\n1,-999,a,0\n-999.0,2,b,1\n3,3,-999,0\n4,4,a,1\n5,5,b,0\n"
    frame = pd.DataFrame(
        {"x": [1.0, -999, 3, 4, 5], "n": [-999, 2, 3, 4, 5], "c": ["a", "b", "-999", "a", "b"], "y": [0, 1, 0, 1, 0]}
    )
    for data in (lambda: table(text), frame):
        with pytest.raises(DataError, match=r"'x' \(1\), 'n' \(1\), 'c' \(1\); the first in row . of 'n'"):
            read(data() if callable(data) else data, target="y", na=[na])
    assert read(frame, target="y", na=[na], missing="drop").rows == 2


def test_a_usual_text_for_missing_is_known_when_others_are_named():
    with pytest.raises(DataError, match=r"'NA' in row 2. Name it among .* na replaces the usual texts"):
        read(table("x,y\n1,0\nNA,1\n3,1\n-,0\n4,0\n"), target="y", na=["-"])


def test_names_and_levels_need_not_be_text():
    frame = pd.DataFrame({1: [1, 2, 3, 1], 2: [1.5, 2.5, 3.5, 0.5], 3: [0, 1, 1, 0]})
    source = read(frame, target=3, columns=frame.columns[:2], category=[1], reference={1: 3})
    assert source.columns == ("1=1", "1=2", "2")
    assert source.schema.columns[0].reference == "3"


def test_a_frame_has_no_column_without_a_name_and_none_with_white_space():
    frame = pd.DataFrame([[1, 9, 0], [2, 9, 1], [3, 8, 1]], columns=[" x ", "", "y"])
    with pytest.warns(ColumnWarning, match=r"column 2 \(it has no name\)"):
        assert read(frame, target="y").columns == ("x",)


def test_the_positive_label_of_a_truth_value_in_any_spelling():
    for labels in (np.array([True, False, True]), ["true", "false", "true"], ["TRUE", "FALSE", "TRUE"]):
        for positive in (False, "false", "False"):
            source = read({"x": [1.0, 2.0, 3.0], "y": labels}, target="y", positive=positive)
            assert source.target.tolist() == [0.0, 1.0, 0.0]


def test_a_frame_beside_labels_may_have_gaps_if_told():
    frame = pd.DataFrame({"c": ["a", "b", "b", None], "x": [1.0, None, 3.0, 4.0]})
    dropped = read_frame(frame, [0, 1, 1, 0], missing="drop", sample_weight=[1, 2, 3, 4])
    assert (dropped.rows, dropped.dropped) == (2, 2)
    assert next(dropped.blocks()).weight.tolist() == [1, 3]
    assert "x is missing" in read_frame(frame, [0, 1, 1, 0], missing="impute").columns
