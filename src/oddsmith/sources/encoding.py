"""Rows of a table as rows of the design: what a schema makes of numbers and levels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from oddsmith.arrays import AnyArray, Array
from oddsmith.design import Codes
from oddsmith.errors import DataError
from oddsmith.schema import MISSING_LEVEL, Column, Missing, Schema, Unseen, shown
from oddsmith.sources.kinds import to_numbers
from oddsmith.sources.tables import Cells, Labels, Table


def rows_to_keep(
    table: Table, cells: Mapping[str, Cells], missing: Missing, advice: str, *, required: Sequence[str] = ()
) -> AnyArray:
    """Which rows are used.

    Parameters
    ----------
    missing : {"error", "drop", "impute"}
    advice : str
        What to do about missing values, if they are refused.
    required : sequence of str
        Columns that cannot be imputed.

    Raises
    ------
    DataError
        If values are missing that must not: naming columns, counts and the first row.
    """
    gaps = {name: found.missing for name, found in cells.items()}
    refused = [name for name in gaps if gaps[name].any() and (missing == "error" or name in required)]
    if missing != "drop" and refused:
        first = min(refused, key=lambda name: int(np.argmax(gaps[name])))
        counts = [f"{name!r} ({int(gaps[name].sum())})" for name in refused]
        where = f"the first in {table.row(int(np.argmax(gaps[first])))} of {first!r}"
        if missing == "impute" or first in required:
            advice = "Such values cannot be imputed: fill them in, or drop those rows (missing='drop'; --missing drop)."
        raise DataError("Columns have missing values", f"{shown(counts)}; {where}", advice)
    if missing != "drop":
        return np.ones(table.rows, dtype=bool)
    gap: AnyArray = np.logical_or.reduce([*gaps.values(), np.zeros(table.rows, dtype=bool)])
    return ~gap


def values_of(table: Table, column: Column, cells: Cells, unseen: Unseen, keep: AnyArray) -> AnyArray:
    """What the kept rows hold: numbers, NaN where missing; or the places of levels in `column.levels`, -1 for none.

    Raises
    ------
    DataError
        If a number is infinite, is text, or is neither 0 nor 1 in a boolean column; or a level is unseen and must not
        be: with column, value and row.
    """
    if column.kind == "category":
        labels = cells if isinstance(cells, Labels) else cells.as_labels()
        return _places_of_levels(table, column, labels, unseen, keep)[keep]
    values = to_numbers(table, column.name, cells).values
    if column.kind == "boolean":
        strange = keep & ~np.isnan(values) & ~np.isin(values, (0.0, 1.0))
        if strange.any():
            row = int(np.argmax(strange))
            found = f"{values[row]:g} in {table.row(row)}"
            raise DataError(f"Column {column.name!r} is of true and false, or 1 and 0", found, "Correct that row.")
    return values if keep.all() else values[keep]


def _places_of_levels(table: Table, column: Column, labels: Labels, unseen: Unseen, keep: AnyArray) -> AnyArray:
    # one table's true is another's True
    alike = str.lower if {level.lower() for level in column.levels} <= {"true", "false", MISSING_LEVEL} else str
    place = {alike(level): k for k, level in enumerate(column.levels)}
    known = [*(place.get(alike(level), -1) for level in labels.levels), place.get(MISSING_LEVEL, -1)]
    codes: AnyArray = np.array(known, dtype=np.int32)[labels.codes]
    strange = (codes < 0) & keep
    if unseen == "error" and strange.any():
        row = int(np.argmax(strange))
        if labels.codes[row] < 0:
            what, found = "has a missing value, and had none where it was fitted", table.row(row)
        else:
            level = labels.levels[labels.codes[row]]
            what = "has a level that the model has not seen"
            found = f"{level[:40]!r} in {table.row(row)}; it knows {shown([*map(repr, column.levels)], 5)}"
        advice = "Correct it, or let it count as the reference level (unseen='reference'; --unseen reference)."
        raise DataError(f"Column {column.name!r} {what}", found, advice)
    return codes


def design_matrix(schema: Schema, values: Sequence[AnyArray], rows: int) -> Array | Codes:
    """The columns of the design: a float64 array, column-major; codes where there are categories.

    Parameters
    ----------
    schema : Schema
    values : sequence of arrays
        One for each column, as `values_of` gives them.
    rows : int
    """
    places: list[int] = []
    numbers: list[AnyArray] = []
    codes = np.empty((sum(column.kind == "category" for column in schema.columns), rows), dtype=np.int32)
    at = category = 0
    for column, entries in zip(schema.columns, values, strict=True):
        width = len(column.coefficients(schema.coding))
        if column.kind == "category":
            np.take(_places(column, schema, at), entries, out=codes[category], mode="wrap")  # -1 is the last
            category += 1
        else:
            numbers.append(entries if column.fill is None else np.where(np.isnan(entries), column.fill, entries))
            if column.indicator:
                numbers.append(np.isnan(entries))
            places.extend(range(at, at + width))
        at += width
    array = np.empty((rows, len(numbers)), order="F")
    for j, entries in enumerate(numbers):
        array[:, j] = entries
    return Codes.of(array, np.array(places, dtype=np.int64), codes, at) if category else array


def _places(column: Column, schema: Schema, first: int) -> AnyArray:
    """Where the coefficient of each level stands, the first of its column at `first`; -1 for none, and at the end."""
    coded = {level: first + k for k, level in enumerate(column.coded_levels(schema.coding))}
    return np.array([coded.get(level, -1) for level in column.levels] + [-1], dtype=np.int32)
