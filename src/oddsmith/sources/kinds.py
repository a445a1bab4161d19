"""What kind each column is, decided on all of it; and the schema learned from a table."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from oddsmith.arrays import Array
from oddsmith.errors import DataError, SpecificationError
from oddsmith.schema import MISSING, MISSING_LEVEL, Column, Kind, Missing, nearest
from oddsmith.sources.tables import DATES, Cells, Labels, Numbers, Table, as_text, dated, is_number

FEW = 20  # so many distinct texts are never taken for identifiers, so many numbers among text for a slip
_MONTH = (
    "(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|"
    "oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_DATE = re.compile(
    rf"\d{{1,4}}([-/.])\d{{1,2}}\1\d{{1,4}}([T ].*)?|(\d{{1,2}}[ .-]+)?{_MONTH}[ .,-]+\d{{1,4}}([ ,].*)?"
    r"|\d{1,2}:\d\d(:\d\d(\.\d+)?)?( ?[ap]m)?",
    re.ASCII | re.IGNORECASE,
)
_DRESSED = re.compile(r"[+-]?([$€£¥] ?)?[+-]?\d+(,\d+|['\s]\d{3})*(\.\d+)?( ?[%$€£¥])?")  # as people write numbers


@dataclass(frozen=True)
class Kinds:
    """What the user says of the columns.

    Attributes
    ----------
    category, numeric : collections of str
        Columns whose kind is not left to their looks.
    reference : mapping of str to str
        The reference level of some categories.
    """

    category: Collection[str] = ()
    numeric: Collection[str] = ()
    reference: Mapping[str, str] = field(default_factory=dict)

    @property
    def named(self) -> list[str]:
        return [*self.category, *self.numeric, *self.reference]


@dataclass
class Findings:
    """The columns of a table as their kinds have it, and those that are of no use, with the reason."""

    cells: dict[str, Cells] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)


def examine(table: Table, names: Sequence[str], kinds: Kinds) -> Findings:
    """Decide what each column is.

    Text of which every word is a number, or true or false, is numeric, or boolean; any other is a category.

    Raises
    ------
    DataError
        If a column is empty, holds dates, or mixes numbers and text.
    """
    found = Findings()
    for name in names:
        cells = table.text(name) if name in kinds.category else table.cells(name)
        if name in kinds.numeric or isinstance(cells, Numbers):
            cells = to_numbers(table, name, cells)
        elif isinstance(cells, Labels) and not cells.declared and name not in kinds.category:
            reason, cells = _of_text(table, name, cells)
            if reason:
                found.left_out.append(reason)
                continue
        found.cells[name] = cells
    for name, cells in found.cells.items():
        if cells.missing.all():
            raise DataError(f"Column {name!r} is empty", f"all {table.rows} values are missing", "Drop that column.")
    return found


def to_numbers(table: Table, name: str, cells: Cells) -> Numbers:
    """A column as numbers.

    Raises
    ------
    DataError
        If there is text, or dates, in it: with the first such row.
    """
    numbers = cells if isinstance(cells, Numbers) else cells.as_numbers()
    if numbers is None:
        assert isinstance(cells, Labels)
        raise _not_numeric(table, name, cells)
    if np.isinf(numbers.values).any():
        row = int(np.argmax(np.isinf(numbers.values)))
        found = f"{numbers.values[row]} in {table.row(row)}"
        raise DataError(f"Column {name!r} is not finite", found, "Remove or correct that row.")
    return numbers


def describe(
    name: str, cells: Cells, kinds: Kinds, missing: Missing, weight: Array | None
) -> tuple[Column | None, str]:
    """The meaning of a column of rows that are to be fitted, or None and the reason why it is of no use."""
    known = ~cells.missing
    gaps = missing == "impute" and not known.all()
    if isinstance(cells, Numbers):
        if name in kinds.reference:
            raise SpecificationError("Only a category has a reference level", f"{name!r} is numeric", "Leave it out.")
        kind: Kind = "boolean" if cells.boolean else "numeric"
        fill = _mean(cells.values[known], None if weight is None else weight[known]) if missing == "impute" else None
        return Column(name, kind, fill=fill, indicator=gaps), ""
    numeric = all(map(is_number, cells.levels))
    levels = (*sorted(cells.levels, key=float if numeric else str), *((MISSING_LEVEL,) if gaps else ()))
    if len(levels) == 1:
        return None, f"{name!r} (always {levels[0]!r})"
    # a code of -1 counts for a level before the first
    counts = np.bincount(cells.codes + 1, weight, 1 + len(cells.levels))[1:]
    count = dict(zip(cells.levels, counts, strict=True))
    reference = as_text(kinds.reference.get(name)) or max(levels, key=lambda level: count.get(level, 0.0))
    if reference not in levels:
        advice = f"Name a level of that column{nearest(reference, levels)}."
        raise SpecificationError(f"There is no level {reference!r} in column {name!r}", f"{len(levels)} levels", advice)
    return Column(name, "category", levels=levels, reference=reference), ""


def _mean(values: Array, weight: Array | None) -> float:
    """The weighted mean; the plain one where no row has a weight."""
    return float(np.average(values, weights=weight if weight is not None and weight.any() else None))


def _of_text(table: Table, name: str, cells: Labels) -> tuple[str, Cells]:
    """Text as what it looks like; and why it is of no use, if so."""
    numbers = cells.as_numbers()
    if numbers is not None:
        return "", to_numbers(table, name, numbers)
    counts = np.bincount(cells.codes[~cells.missing], minlength=len(cells.levels))
    known, numeric = int(counts.sum()), np.array([is_number(level) for level in cells.levels])
    if counts[numeric].sum() > known / 2 or numeric.sum() > FEW:
        raise _not_numeric(table, name, cells)
    if dates := _most(cells, _DATE):
        raise dated(name, f"such as {dates!r}")
    if dressed := _most(cells, _DRESSED):
        found = f"{dressed!r} in {table.row(cells.first_row(dressed.__eq__) or 0)}"
        advice = "Write them with digits and a decimal point only, or declare the column a category."
        raise DataError(f"Column {name!r} holds numbers with commas or signs in them", found, advice)
    if len(cells.levels) > max(FEW, known / 2):
        told = f"{len(cells.levels)} distinct texts in {known} rows, like an identifier"
        return f"{name!r} ({told}: declare it a category to keep it)", cells
    return "", cells


def _most(cells: Labels, pattern: re.Pattern[str]) -> str:
    """The first text of such a pattern that is no plain number, if most of them are such; else nothing."""
    hits = [level for level in cells.levels if pattern.fullmatch(level)]
    return next((level for level in hits if not is_number(level)), "") if 2 * len(hits) > len(cells.levels) else ""


def _not_numeric(table: Table, name: str, cells: Labels) -> DataError:
    advice = "Correct it, declare it as missing (na), or declare the column a category."
    row = cells.first_row(lambda level: not is_number(level))
    assert row is not None
    text = cells.levels[cells.codes[row]]
    if _DATE.fullmatch(text):
        advice = DATES
    elif text in MISSING:
        advice = f"Name it among what counts as missing: na replaces the usual texts, {text!r} among them."
    return DataError(f"Column {name!r} mixes numbers and text", f"{text[:40]!r} in {table.row(row)}", advice)
