import numpy as np
import pyarrow as pa
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st

from oddsmith import DataError
from oddsmith.schema import MISSING, Column, Schema
from oddsmith.sources import encoding
from oddsmith.sources.encoding import design_matrix, rows_to_keep, values_of
from oddsmith.sources.tables import Table

AGE = Column("age", fill=50.0, indicator=True)
CITY = Column("city", "category", levels=("Oslo", "Paris", "Rome"), reference="Paris")
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


@pytest.mark.parametrize("coding", ["reference", "full"])
def test_the_design_is_numbers_indicators_and_levels_side_by_side(coding):
    schema = Schema((AGE, CITY), coding=coding)
    matrix = design_matrix(schema, [np.array([1.0, np.nan, 3.0]), np.array([0, 1, -1])], 3)
    levels = {"Oslo": [1, 0, 0], "Paris": [0, 1, 0], "Rome": [0, 0, 0]}
    expected = {"age": [1, 50, 3], "age is missing": [0, 1, 0]} | {f"city={k}": v for k, v in levels.items()}
    np.testing.assert_array_equal(matrix, np.column_stack([expected[name] for name in schema.coefficients]))


@given(st.lists(st.tuples(st.floats(-9, 9) | st.just(np.nan), st.integers(-1, 2)), min_size=1))
def test_wide_designs_are_the_same_and_sparse(rows):
    values = [np.array([r[0] for r in rows]), np.array([r[1] for r in rows])]
    for coding in ("reference", "full"):
        schema = Schema((AGE, CITY), coding=coding)
        dense = design_matrix(schema, values, len(rows))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(encoding, "WIDE", 1)
            patch.setattr(encoding, "THIN", 2.0)
            wide = design_matrix(schema, values, len(rows))
        assert sp.issparse(wide)
        np.testing.assert_array_equal(wide.toarray(), dense)


def test_many_levels_make_a_sparse_design():
    levels = tuple(f"l{k}" for k in range(300))
    schema = Schema((Column("x", "category", levels, "l0"),))
    matrix = design_matrix(schema, [np.arange(300)], 300)
    assert sp.issparse(matrix)
    assert matrix.nnz == 299


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
