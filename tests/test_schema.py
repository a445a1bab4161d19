import pytest

from oddsmith import DataError, SpecificationError
from oddsmith.schema import Column, Missing, Schema, choice, nearest, require, shown

CITY = Column("city", "category", levels=("Oslo", "Paris", "Rome"), reference="Paris")
SCHEMA = Schema((Column("age", fill=50.0, indicator=True), CITY, Column("member", "boolean")), "died")


def test_every_coefficient_has_a_name():
    assert SCHEMA.coefficients == ("age", "age is missing", "city=Oslo", "city=Rome", "member")
    assert SCHEMA.coded("full").coefficients == (
        "age", "age is missing", "city=Oslo", "city=Paris", "city=Rome", "member",
    )  # fmt: skip


def test_two_coefficients_never_share_a_name():
    with pytest.raises(DataError, match="same name: 'city=Rome'"):
        Schema((CITY, Column("city=Rome"))).coded("full")


def test_the_schema_of_a_matrix_is_plain():
    assert Schema.of_numbers(["a", "b"]).is_plain
    assert Schema.of_numbers(["a", "b"]).coefficients == ("a", "b")
    assert not SCHEMA.is_plain
    assert not Schema((CITY,)).is_plain


def test_columns_are_found_by_name_in_any_order():
    assert SCHEMA.locate(["member", "other", "age", "city"]) == [2, 3, 0]


def test_missing_columns_are_named_with_the_nearest():
    with pytest.raises(DataError, match=r"'city' not among 3 columns. Rename or add them \(did you mean 'citys'\?\)"):
        SCHEMA.locate(["age", "citys", "member"])
    with pytest.raises(DataError, match="and 3 more"):
        Schema.of_numbers("abcdefgh").locate(["z"])


def test_no_hint_where_nothing_is_near():
    assert nearest("age", ["weight"]) == ""


def test_a_column_that_must_be_there():
    require("age", ["age"], "t.csv")
    with pytest.raises(DataError, match=r"no column 'aeg' in t.csv: the columns are 'age'. .*did you mean 'age'"):
        require("aeg", ["age"], "t.csv")


def test_a_choice_is_one_of_a_few():
    choice("missing", "drop", Missing)
    with pytest.raises(SpecificationError, match="missing is not known: 'omit'. Use one of: error, drop, impute"):
        choice("missing", "omit", Missing)


def test_kinds_in_words():
    told = SCHEMA.in_words()
    assert "1 numeric" in told
    assert "1 boolean (member)" in told
    assert "category city (3 levels, against 'Paris')" in told
    assert "against" not in SCHEMA.coded("full").in_words()
    many = Schema(tuple(Column(f"c{k}", "category", ("a", "b"), "a") for k in range(9)))
    assert "3 more categories" in many.in_words()


def test_a_long_list_is_cut():
    assert shown(["a", "b"]) == "a, b"
    assert shown([*"abcdefghij"]) == "a, b, c, d, e, f, g, h and 2 more"
