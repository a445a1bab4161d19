"""What the columns of a file mean: their names, which is the target, what its classes are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from oddsmith.errors import DataError


@dataclass(frozen=True)
class Schema:
    """What a model must know of a table to read another one like it.

    Attributes
    ----------
    columns : tuple of str
        Numeric columns, in the order of the coefficients.
    classes : tuple
        The two labels; the probability of the second is modelled.
    target : str or None
        Name of the target column.
    offset : str or None
        Name of the offset column.
    """

    columns: tuple[str, ...]
    classes: tuple[Any, Any]
    target: str | None = None
    offset: str | None = None

    def locate(self, available: Sequence[str]) -> list[int]:
        """Where each column stands in another table.

        Raises
        ------
        DataError
            If one is missing: by name, with the nearest that is there.
        """
        position = {name: j for j, name in enumerate(available)}
        missing = [name for name in self.columns if name not in position]
        if missing:
            shown = ", ".join(map(repr, missing[:5])) + (f" and {len(missing) - 5} more" if len(missing) > 5 else "")
            raise DataError(
                "The data lack columns that the model needs",
                f"{shown} not among {len(available)} columns",
                f"Rename or add them{nearest(missing[0], available)}.",
            )
        return [position[name] for name in self.columns]


def nearest(name: str, available: Sequence[str]) -> str:
    """A hint at the closest of the available names, or nothing."""
    from difflib import get_close_matches

    close = get_close_matches(name, available, n=1)
    return f" (did you mean {close[0]!r}?)" if close else ""
