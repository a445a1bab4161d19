import pytest

from oddsmith import DataError
from oddsmith.schema import Schema, nearest

SCHEMA = Schema(("age", "dose"), ("no", "yes"), "died")


def test_columns_are_found_by_name_in_any_order():
    assert SCHEMA.locate(["dose", "other", "age"]) == [2, 0]


def test_missing_columns_are_named_with_the_nearest():
    with pytest.raises(DataError, match=r"'dose' not among 2 columns. Rename or add them \(did you mean 'doses'\?\)"):
        SCHEMA.locate(["age", "doses"])
    with pytest.raises(DataError, match="and 3 more"):
        Schema(tuple("abcdefgh"), (0, 1)).locate(["z"])


def test_no_hint_where_nothing_is_near():
    assert nearest("age", ["weight"]) == ""
