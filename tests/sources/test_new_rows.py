import io

import numpy as np
import pytest

from oddsmith import DataError, SpecificationError
from oddsmith.schema import Column, Schema
from oddsmith.sources import read_rows
from tests.problems import columns_of

CITY = Column("city", "category", levels=("Oslo", "Paris"), reference="Oslo")
SCHEMA = Schema((Column("dose"), CITY), "died")
CLASSES = np.array(["no", "yes"])
ROWS = "extra,city,dose,died\nx,Oslo,2,yes\ny,Paris,4,no\nz,Paris,,no\n"


def table(text=ROWS):
    return io.BytesIO(text.encode())


def test_columns_are_found_by_name_and_others_ignored():
    rows = read_rows({"city": ["Paris", "Oslo"], "dose": [2.0, 4.0], "extra": ["text", "text"]}, SCHEMA)
    np.testing.assert_array_equal(columns_of(rows.matrix), [[2, 1], [4, 0]])
    assert rows.kept.all()
    assert (rows.target, rows.offset, rows.weight) == (None, None, None)


def test_every_row_is_accounted_for():
    rows = read_rows(table(), SCHEMA, classes=CLASSES, missing="drop")
    assert rows.kept.tolist() == [True, True, False]
    np.testing.assert_array_equal(columns_of(rows.matrix), [[2, 0], [4, 1]])
    np.testing.assert_array_equal(rows.target, [1, 0])
    none = read_rows(table("city,dose\nOslo,\n"), SCHEMA, missing="drop")
    assert none.matrix.shape == (0, 2)


def test_the_policies_of_the_schema_can_be_replaced_but_imputation_needs_a_fit():
    with pytest.raises(DataError, match=r"'dose' \(1\); the first in row 3"):
        read_rows(table(), SCHEMA)
    with pytest.raises(SpecificationError, match="does not know what to impute: it was fitted with missing='error'"):
        read_rows(table(), SCHEMA, missing="impute")
    with pytest.raises(DataError, match="'Rome' in row 1"):
        read_rows(table("city,dose\nRome,1\n"), SCHEMA)
    rome = read_rows(table("city,dose\nRome,1\n"), SCHEMA, unseen="reference")
    np.testing.assert_array_equal(columns_of(rome.matrix), [[1, 0]])


def test_imputation_puts_what_was_fitted():
    schema = Schema((Column("dose", fill=7.0, indicator=True), Column("age", fill=40.0)), missing="impute")
    rows = read_rows({"dose": [1.0, None], "age": [None, 50.0]}, schema)
    np.testing.assert_array_equal(columns_of(rows.matrix), [[1, 0, 40], [7, 1, 50]])


def test_labels_of_another_spelling_are_the_same():
    schema = Schema((Column("x"),), "y")
    classes = np.array([False, True])
    rows = read_rows(table("x,y\n1,True\n2,False\n"), schema, classes=classes)
    np.testing.assert_array_equal(rows.target, [1, 0])


def test_offsets_and_weights_are_read_where_they_are_needed():
    schema = Schema((Column("x"),), "y", "o")
    text = "x,o,w,y\n1,0.5,2,0\n2,0.25,3,1\n"
    rows = read_rows(table(text), schema, classes=np.array([0, 1]), weight="w")
    assert (rows.offset.tolist(), rows.weight.tolist()) == ([0.5, 0.25], [2, 3])
    assert read_rows(table(text), schema, with_offset=False).offset is None
    same = Schema((Column("x"), Column("o")), "y", "o")
    assert read_rows(table(text), same).offset.tolist() == [0.5, 0.25]


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        ("city,doses\nOslo,1\n", {}, "'dose' not among 2 columns.*did you mean 'doses'"),
        (ROWS.replace("no", "maybe"), {"missing": "drop"}, "label that the model does not know: maybe in row 2"),
        ("city,dose\nOslo,1\n", {}, "no column 'died'"),
        (ROWS.replace("4", "four"), {"missing": "drop"}, "Column 'dose' mixes numbers and text: 'four' in row 2"),
        (ROWS.replace("4", "inf"), {"missing": "drop"}, "Column 'dose' is not finite: inf in row 2"),
        (ROWS.replace("4,no", "4,"), {}, r"'dose' \(1\), 'died' \(1\)"),
        (ROWS, {"missing": "drop", "weight": "w"}, "no column 'w'"),
    ],
)
def test_rows_that_do_not_fit(text, options, message):
    with pytest.raises(DataError, match=message):
        read_rows(table(text), SCHEMA, classes=CLASSES, **options)


def test_a_model_without_the_name_of_its_target_cannot_be_evaluated():
    with pytest.raises(DataError, match="does not know the name of its target"):
        read_rows(table(), Schema((Column("dose"),)), classes=CLASSES)


def test_truth_is_spelled_in_any_way():
    schema = Schema((Column("x"),), "y")
    for classes in (np.array([False, True]), np.array(["False", "True"]), np.array(["false", "true"])):
        for text in ("x,y\n1,true\n2,false\n", "x,y\n1,True\n2,False\n"):
            assert read_rows(table(text), schema, classes=classes).target.tolist() == [1, 0]
