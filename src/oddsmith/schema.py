"""What the columns of a table mean, and which coefficients they have: all that reading another one like it takes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any, Literal, NamedTuple, Self

from oddsmith.errors import DataError, SpecificationError

Kind = Literal["numeric", "boolean", "category"]
Missing = Literal["error", "drop", "impute"]
Unseen = Literal["error", "reference"]
Coding = Literal["reference", "full"]

MISSING = ("", "NA", "N/A", "NaN", "nan", "null", "NULL", "None", "?", ".")
MISSING_LEVEL = "(missing)"


class Column(NamedTuple):
    """One column of a table. A tuple, since a matrix may have a hundred thousand.

    Attributes
    ----------
    name : str
    kind : {"numeric", "boolean", "category"}
        A boolean counts as 0 and 1.
    levels : tuple of str
        Of a category, in the order of the coefficients; `(missing)` is one of them if missing values are a level.
    reference : str or None
        The level of a category that has no coefficient under the coding "reference".
    fill : float or None
        What stands for a missing number: the mean of the rows fitted.
    indicator : bool
        Whether a column of 0 and 1 tells where it stood.
    """

    name: str
    kind: Kind = "numeric"
    levels: tuple[str, ...] = ()
    reference: str | None = None
    fill: float | None = None
    indicator: bool = False

    def coefficients(self, coding: Coding) -> tuple[str, ...]:
        """The names of its coefficients."""
        if self.kind == "category":
            return tuple(f"{self.name}={level}" for level in self.coded_levels(coding))
        return (self.name, f"{self.name} is missing") if self.indicator else (self.name,)

    def coded_levels(self, coding: Coding) -> tuple[str, ...]:
        """The levels that have a coefficient."""
        return self.levels if coding == "full" else tuple(k for k in self.levels if k != self.reference)


@dataclass(frozen=True)
class Schema:
    """What a model must know of a table to read another one like it.

    Attributes
    ----------
    columns : tuple of Column
        In the order of the coefficients.
    target, offset : str or None
        Names of these columns.
    missing : {"error", "drop", "impute"}
        What a missing value does: stops the work; leaves its row out; or is replaced, a number by its mean with a
        column that tells where, a category by a level of its own.
    unseen : {"error", "reference"}
        What a level does that was not there to be fitted: stops the work, or counts as the reference level (where
        every level has a coefficient: as none of them).
    coding : {"reference", "full"}
        Whether one level of each category, the reference, has no coefficient (treatment coding: what is unique without
        a penalty), or every level has one (what treats all alike under a penalty).
    na : tuple of str
        Texts that count as missing, besides the empty one.
    """

    columns: tuple[Column, ...]
    target: str | None = None
    offset: str | None = None
    missing: Missing = "error"
    unseen: Unseen = "error"
    coding: Coding = "reference"
    na: tuple[str, ...] = MISSING

    @classmethod
    def of_numbers(cls, names: Sequence[str]) -> Self:
        """The schema of a matrix."""
        return cls(tuple(Column(name) for name in names))

    @classmethod
    @lru_cache(64)
    def of_array(cls, columns: int) -> Self:
        """The schema of a matrix whose columns have no names: x0, x1, ..."""
        return cls.of_numbers([f"x{j}" for j in range(columns)])

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of the columns."""
        return tuple(column.name for column in self.columns)

    @cached_property
    def coefficients(self) -> tuple[str, ...]:
        """Names of the coefficients, without the intercept."""
        return tuple(name for column in self.columns for name in column.coefficients(self.coding))

    @cached_property
    def has_categories(self) -> bool:
        """Whether a column is one."""
        return any(column.kind == "category" for column in self.columns)

    @property
    def is_plain(self) -> bool:
        """Whether a row of numbers, one a column, is a row of the design."""
        return all(column.kind != "category" and not column.indicator for column in self.columns)

    def coded(self, coding: Coding) -> Self:
        """The same columns with this coding.

        Raises
        ------
        DataError
            If two coefficients would have the same name.
        """
        other = replace(self, coding=coding)
        name, count = max(Counter(other.coefficients).items(), key=lambda item: item[1], default=("", 0))
        if count > 1:
            raise DataError("Two coefficients would have the same name", repr(name), "Rename a column, or a level.")
        return other

    def locate(self, available: Sequence[str]) -> list[int]:
        """Where each column stands in another table.

        Raises
        ------
        DataError
            If one is missing: by name, with the nearest that is there.
        """
        position = {name: j for j, name in enumerate(available)}
        missing = [name for name in self.names if name not in position]
        if missing:
            raise DataError(
                "The data lack columns that the model needs",
                f"{shown([*map(repr, missing)], 5)} not among {len(available)} columns",
                f"Rename or add them{nearest(missing[0], available)}.",
            )
        return [position[name] for name in self.names]

    def in_words(self) -> str:
        """The kinds of the columns, as summaries state them."""
        by_kind: dict[str, list[Column]] = {"numeric": [], "boolean": [], "category": []}
        for column in self.columns:
            by_kind[column.kind].append(column)
        parts = [f"{len(by_kind['numeric'])} numeric"] if by_kind["numeric"] else []
        if by_kind["boolean"]:
            parts.append(f"{len(by_kind['boolean'])} boolean ({shown([c.name for c in by_kind['boolean']])})")
        for column in by_kind["category"][:6]:
            against = f", against {column.reference!r}" if self.coding == "reference" else ""
            parts.append(f"category {column.name} ({len(column.levels)} levels{against})")
        if len(by_kind["category"]) > 6:
            parts.append(f"{len(by_kind['category']) - 6} more categories")
        told = {"drop": "; rows with missing values dropped", "impute": "; missing values imputed"}
        return ", ".join(parts) + told.get(self.missing, "")


def nearest(name: str, available: Sequence[str]) -> str:
    """A hint at the closest of the available names, or nothing."""
    from difflib import get_close_matches

    close = get_close_matches(name, available, n=1)
    return f" (did you mean {close[0]!r}?)" if close else ""


def require(name: str, available: Sequence[str], origin: str) -> None:
    """Raise DataError unless there is a column of that name."""
    if name not in available:
        advice = f"Name one of them{nearest(name, available)}."
        raise DataError(
            f"There is no column {name!r} in {origin}", f"the columns are {shown([*map(repr, available)])}", advice
        )


def choice(argument: str, value: Any, allowed: Any) -> None:
    """Raise SpecificationError unless the value is one of those of a Literal."""
    options = allowed.__args__
    if value not in options:
        raise SpecificationError(f"{argument} is not known", repr(value), f"Use one of: {', '.join(options)}.")


def shown(names: Sequence[str], most: int = 8) -> str:
    """Some names, and how many there are beside them."""
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
