import numpy as np
import pandas as pd
import pytest

from oddsmith import DataError, SpecificationError
from oddsmith.terms import Terms, as_table

TABLE = pd.DataFrame({"y": [0, 1, 0, 1], "x": [1.0, 2.0, np.nan, 4.0], "c": ["a", "b", "a", "b"], "w": [1.0, 2, 3, 4]})


def learned(formula, table=TABLE):
    return Terms.learned(formula, table, [], None, None)


def test_complete_rows_become_numbers_and_remember_their_place():
    terms, rows, response = learned("y ~ x + c")
    assert terms.names == ("x", "c[T.b]")
    np.testing.assert_array_equal(rows.matrix, [[1, 0], [2, 1], [4, 1]])
    assert rows.kept.tolist() == [0, 1, 3]
    assert list(response) == [0, 1, 1]
    placed = rows.placed({"p": np.array([0.1, 0.2, 0.3])})
    np.testing.assert_array_equal(placed["p"], [0.1, 0.2, np.nan, 0.3])


def test_transforms_keep_what_they_learned():
    terms, _, _ = learned("y ~ center(x)")
    again = terms.rows(pd.DataFrame({"x": [10.0]}), None)
    np.testing.assert_allclose(again.matrix, [[10.0 - 7 / 3]])


def test_a_level_that_was_not_seen_is_named_with_its_row():
    terms, _, _ = learned("y ~ c")
    with pytest.raises(DataError, match="'z'"):
        terms.rows(pd.DataFrame({"c": ["a", "z"]}), None)


@pytest.mark.parametrize("formula", ["y ~ (x", "~ x", "y ~ x ~ c"])
def test_what_is_no_formula(formula):
    with pytest.raises((SpecificationError, DataError)):
        learned(formula)


def test_a_name_that_is_no_column():
    with pytest.raises(DataError, match="age"):
        learned("y ~ age")


def test_what_is_no_table():
    with pytest.raises(DataError):
        as_table(3)
