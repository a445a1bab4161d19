import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oddsmith import DataError
from oddsmith.schema import MISSING, Column, Schema
from oddsmith.sources.encoding import design_matrix, rows_to_keep, values_of
from oddsmith.sources.tables import Table
from tests.problems import columns_of

AGE = Column("age", fill=50.0, indicator=True)
CITY = Column("city", "category", levels=("Oslo", "Paris", "Rome"), reference="Paris")
CODINGS = ["reference", "full"]
ALL = np.ones(4, dtype=bool)


def table(**columns):
    return Table(pa.table(columns), "t", 1, MISSING)


GAPS = table(age=[1.0, None, 3.0, None], city=["Oslo", "Rome", None, None])
CELLS = {name: GAPS.cells(name) for name in ("age", "city")}


def test_what_missing_values_do():
    assert rows_to_keep(GAPS, CELLS, "drop", "").tolist() == [True, False, False, False]
    assert rows_to_keep(GAPS, CELLS, "impute", "").all()
    with pytest.raises(DataError, match=r"missing values: 'age' \(2\), 'city' \(2\); the first in row 2 of 'age'. Do."):
        rows_to_keep(GAPS, CELLS, "error", "Do.")
    with pytest.raises(
        DataError, match=r"missing values: 'city' \(2\); the first in row 3 of 'city'.*cannot be imputed"
    ):
        rows_to_keep(GAPS, CELLS, "impute", "", required=["city"])
    assert rows_to_keep(GAPS, {}, "drop", "").all()


@pytest.mark.parametrize("coding", CODINGS)
def test_the_design_is_numbers_indicators_and_levels_side_by_side(coding):
    schema = Schema((AGE, CITY), coding=coding)
    design = design_matrix(schema, [np.array([1.0, np.nan, 3.0]), np.array([0, 1, -1])], 3)
    levels = {"Oslo": [1, 0, 0], "Paris": [0, 1, 0], "Rome": [0, 0, 0]}
    expected = {"age": [1, 50, 3], "age is missing": [0, 1, 0]} | {f"city={k}": v for k, v in levels.items()}
    one_hot = columns_of(design)
    np.testing.assert_array_equal(one_hot, np.column_stack([expected[name] for name in schema.coefficients]))


def test_columns_of_numbers_and_of_levels_interleave():
    schema = Schema((CITY, AGE, Column("size", "category", levels=("l", "s"), reference="l"), Column("x")))
    values = [np.array([0, 1]), np.array([1.0, np.nan]), np.array([0, 1]), np.array([7.0, 8.0])]
    design = design_matrix(schema, values, 2)
    assert schema.coefficients == ("city=Oslo", "city=Rome", "age", "age is missing", "size=s", "x")
    np.testing.assert_array_equal(columns_of(design), [[1, 0, 1, 0, 0, 7], [0, 0, 50, 1, 1, 8]])
    assert (design.array.shape, design.codes.shape) == ((2, 3), (2, 2))


def test_a_table_without_categories_is_an_array():
    matrix = design_matrix(Schema((AGE, Column("m", "boolean"))), [np.array([1.0, np.nan]), np.array([0.0, 1.0])], 2)
    np.testing.assert_array_equal(matrix, [[1, 0, 0], [50, 1, 1]])
    assert matrix.flags.f_contiguous


@given(
    st.lists(st.tuples(st.floats(-9, 9) | st.just(np.nan), st.integers(-1, 2)), min_size=1), st.sampled_from(CODINGS)
)
def test_a_level_is_a_column_of_zeros_and_ones(rows, coding):
    schema = Schema((AGE, CITY), coding=coding)
    design = design_matrix(schema, [np.array([r[0] for r in rows]), np.array([r[1] for r in rows])], len(rows))
    one_hot = columns_of(design)
    for j, level in enumerate(CITY.coded_levels(coding)):
        np.testing.assert_array_equal(one_hot[:, 2 + j], [r[1] >= 0 and CITY.levels[r[1]] == level for r in rows])


def test_levels_are_found_by_text_whatever_the_type_of_the_column():
    code = Column("code", "category", levels=("1", "2"), reference="1")
    numbers = table(code=[2, 1, 2, 1])
    assert values_of(numbers, code, numbers.cells("code"), "error", ALL).tolist() == [1, 0, 1, 0]


def test_unseen_levels_stop_or_count_as_none():
    new = table(city=["Rome", "Bonn", "Oslo", None])
    keep = np.array([True, True, True, False])
    with pytest.raises(DataError, match=r"'city' has a level .* not seen: 'Bonn' in row 2; it knows 'Oslo', 'Paris'"):
        values_of(new, CITY, new.cells("city"), "error", keep)
    assert values_of(new, CITY, new.cells("city"), "reference", keep).tolist() == [2, -1, 0]
    without = np.array([True, False, True, False])
    assert values_of(new, CITY, new.cells("city"), "error", without).tolist() == [2, 0]


def test_a_gap_is_a_level_only_where_one_was_fitted():
    new = table(city=["Rome", None])
    keep = np.ones(2, dtype=bool)
    known = Column("city", "category", levels=("Oslo", "Rome", "(missing)"), reference="Oslo")
    assert values_of(new, known, new.cells("city"), "error", keep).tolist() == [1, 2]
    with pytest.raises(DataError, match="'city' has a missing value, and had none where it was fitted: row 2"):
        values_of(new, CITY, new.cells("city"), "error", keep)


def test_numbers_are_taken_as_they_are():
    new = table(age=["1", "true", None, "2"])
    np.testing.assert_array_equal(values_of(new, AGE, new.cells("age"), "error", ALL), [1, 1, np.nan, 2])


def test_a_boolean_is_true_or_false_in_new_rows_too():
    member = Column("m", "boolean")
    for good in ([True, False], [1, 0], ["true", "FALSE"], [1.0, None]):
        new = table(m=good)
        assert values_of(new, member, new.cells("m"), "error", np.ones(2, dtype=bool))[0] == 1.0
    new = table(m=[0, 2])
    with pytest.raises(DataError, match="'m' is of true and false, or 1 and 0: 2 in row 2"):
        values_of(new, member, new.cells("m"), "error", np.ones(2, dtype=bool))
    assert values_of(new, member, new.cells("m"), "error", np.array([True, False])).tolist() == [0.0]


def test_a_category_of_truth_values_in_any_spelling():
    fitted = Column("m", "category", levels=("False", "True", "(missing)"), reference="False")
    new = table(m=["true", "FALSE", None])
    assert values_of(new, fitted, new.cells("m"), "error", np.ones(3, dtype=bool)).tolist() == [1, 0, 2]
