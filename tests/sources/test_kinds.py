import numpy as np
import pyarrow as pa
import pytest

from oddsmith import DataError, SpecificationError
from oddsmith.schema import MISSING
from oddsmith.sources.kinds import FEW, Kinds, describe, examine, to_numbers
from oddsmith.sources.tables import Labels, Numbers, Table


def table(**columns):
    return Table(pa.table(columns), "t", 1, MISSING)


def kind_of(values, **kinds):
    found = examine(table(x=values), ["x"], Kinds(**kinds))
    cells = found.cells.get("x")
    if cells is None:
        return "left out"
    return "category" if isinstance(cells, Labels) else "boolean" if cells.boolean else "numeric"


MANY = [f"name {k}" for k in range(100)]


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([1, 2], "numeric"),
        (["1", " 2.5", "?"], "numeric"),
        ([True, None], "boolean"),
        (["true", "False", ""], "boolean"),
        (["yes", "no"], "category"),
        (["A", "B", "1", "2"] * 3, "category"),
        (["a"] * 3 + ["b"], "category"),
        (MANY, "left out"),
        (MANY * 3, "category"),
        (MANY[:FEW], "category"),
        (["2020-W01", "x"], "category"),
        (["Decile 10", "Market 5", "May"], "category"),
        (["1.0", "2.50", "+3"], "numeric"),
    ],
)
def test_the_kind_is_what_all_of_the_column_can_be(values, kind):
    assert kind_of(values) == kind


def test_a_declaration_goes_before_looks():
    assert kind_of([1, 2, 1], category=["x"]) == "category"
    assert kind_of(MANY, category=["x"]) == "category"
    assert kind_of(["true", "false"], numeric=["x"]) == "boolean"
    assert kind_of(pa.array(["1", "2"]).dictionary_encode()) == "category"
    assert kind_of(pa.array(["1", "2"]).dictionary_encode(), numeric=["x"]) == "numeric"


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (["1"] * 9 + ["oops"], "Column 'x' mixes numbers and text: 'oops' in row 10"),
        ([*map(str, range(FEW + 1)), *["n/k"] * 100], f"mixes numbers and text: 'n/k' in row {FEW + 2}"),
        (["1,234", "5", "6", "7"], "mixes numbers and text: '1,234' in row 1"),
        (["03/04/2021", "12/31/2020"], "dates or times.*such as '03/04/2021'"),
        (["1.2.2020", "31.12.2020"], "dates or times"),
        (["2020-01-01 10:00", "x", "2020-01-02T11:00Z"], "dates or times"),
        (["inf", "1"], "Column 'x' is not finite: inf in row 1"),
        (["soon", "Apr 03, 2020", "May 4, 2021"], "dates or times.*such as 'Apr 03, 2020'"),
        (["01-Feb-2020", "1 March 2021"], "dates or times"),
        (["12:30", "9:05:10 pm"], "dates or times"),
        (pa.array([1, 2], pa.timestamp("s")).dictionary_encode(), r"dates or times.*type is timestamp\[s\]"),
        (["$12.50", "$3", "€ 1,000"], "commas or signs in them: '\\$12.50' in row 1"),
        (["n/k", "5%", "10 %"], "commas or signs in them: '5%' in row 2"),
        (["1 000", "2 500"], "commas or signs"),
        (pa.array([{"a": 1}, {"a": 2}]), "cannot be used: its type is struct"),
        ([None, None], "Column 'x' is empty: all 2 values are missing"),
        (["", "?", "NA"], "Column 'x' is empty"),
        (pa.array([None, None], pa.float64()), "Column 'x' is empty"),
    ],
)
def test_columns_that_cannot_be_used_are_named_with_the_row(values, message):
    with pytest.raises(DataError, match=message):
        examine(table(x=values), ["x"], Kinds())


def test_text_in_a_column_declared_numeric():
    with pytest.raises(DataError, match="'b' in row 2"):
        examine(table(x=["1", "b", "c", "d"]), ["x"], Kinds(numeric=["x"]))


def test_numbers_are_finite():
    with pytest.raises(DataError, match="Column 'x' is not finite: -inf in row 2"):
        to_numbers(table(x=[1.0, -np.inf]), "x", Numbers(np.array([1.0, -np.inf])))


LABELS = Labels(np.array([0, 1, 1, 2, -1], dtype=np.int32), ("b", "a", "10"))


def test_levels_are_sorted_and_the_most_frequent_is_the_reference():
    column, _ = describe("x", LABELS, Kinds(), "drop", None)
    assert (column.levels, column.reference) == (("10", "a", "b"), "a")
    weighted, _ = describe("x", LABELS, Kinds(), "drop", np.array([9.0, 1, 1, 1, 50]))
    assert weighted.reference == "b"
    asked, _ = describe("x", LABELS, Kinds(reference={"x": "10"}), "drop", None)
    assert asked.reference == "10"
    numbers, _ = describe("x", Labels(np.array([0, 1, 2]), ("10", "9", "-1")), Kinds(), "error", None)
    assert numbers.levels == ("-1", "9", "10")


def test_under_imputation_a_gap_is_a_level_or_an_indicator():
    assert describe("x", LABELS, Kinds(), "impute", None)[0].levels == ("10", "a", "b", "(missing)")
    numbers = Numbers(np.array([1.0, np.nan, 4.0]))
    column, _ = describe("x", numbers, Kinds(), "impute", None)
    assert (column.fill, column.indicator) == (2.5, True)
    weighted, _ = describe("x", numbers, Kinds(), "impute", np.array([3.0, 7.0, 1.0]))
    assert weighted.fill == pytest.approx(1.75)
    whole, _ = describe("x", Numbers(np.array([1.0, 4.0])), Kinds(), "impute", None)
    assert (whole.fill, whole.indicator) == (2.5, False)
    massless, _ = describe("x", numbers, Kinds(), "impute", np.zeros(3))
    assert massless.fill == 2.5


def test_a_text_that_never_changes_tells_nothing():
    column, reason = describe("x", Labels(np.array([0, 0]), ("a",)), Kinds(), "error", None)
    assert column is None
    assert reason == "'x' (always 'a')"


def test_references_that_are_none():
    with pytest.raises(SpecificationError, match=r"no level 'aa' in column 'x': 3 levels. .*did you mean 'a'"):
        describe("x", LABELS, Kinds(reference={"x": "aa"}), "drop", None)
    with pytest.raises(SpecificationError, match="Only a category has a reference level: 'x' is numeric"):
        describe("x", Numbers(np.array([1.0])), Kinds(reference={"x": "1"}), "drop", None)
