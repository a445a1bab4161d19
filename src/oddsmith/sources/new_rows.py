"""Rows read for a fitted model, from any table: by name, as its schema says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from oddsmith.arrays import AnyArray, Array
from oddsmith.design import Codes
from oddsmith.errors import DataError, SpecificationError
from oddsmith.schema import Missing, Schema, Unseen, shown
from oddsmith.sources.base import equals
from oddsmith.sources.encoding import design_matrix, rows_to_keep, values_of
from oddsmith.sources.kinds import to_numbers
from oddsmith.sources.reading import open_table, weights_of
from oddsmith.sources.tables import Table


@dataclass(frozen=True)
class NewRows:
    """Rows to predict.

    Attributes
    ----------
    matrix : array or Codes of shape (kept, p)
        What the coefficients multiply, for the rows that are kept.
    kept : bool array of shape (rows,)
        Which rows those are: all, unless missing values leave some out.
    offset, target, weight : arrays of shape (kept,), or None
        The offset if the model needs one; target (0, 1, ..., K - 1) and weight if asked for.
    """

    matrix: Array | Codes
    kept: AnyArray
    offset: Array | None = None
    target: Array | None = None
    weight: Array | None = None


def read_rows(
    data: Any,
    schema: Schema,
    *,
    classes: AnyArray | None = None,
    weight: str | None = None,
    with_offset: bool = True,
    missing: Missing | None = None,
    unseen: Unseen | None = None,
    delimiter: str | None = None,
) -> NewRows:
    """Read the columns that a model needs, by name, from any table; others are ignored.

    Parameters
    ----------
    data : as for `read`
    schema : Schema
    classes : array of shape (K,), optional
        Read the target too, and match it with these.
    weight : str, optional
        Read this column of weights too.
    with_offset : bool, default True
        Read the column of the offset, if the schema names one.
    missing, unseen : optional
        Instead of the schema's policies. "impute" is possible only where the schema knows what to put there.

    Raises
    ------
    DataError
        As `read`; also if a column of the model is missing, a level is unseen, or a label unknown.
    """
    missing, unseen = missing or schema.missing, unseen or schema.unseen
    if missing == "impute" and schema.missing != "impute":
        found = f"it was fitted with missing={schema.missing!r}"
        raise SpecificationError("The model does not know what to impute", found, "Fit it with missing='impute'.")
    opened = open_table(data, delimiter)
    if len(opened.names) == 1:
        for name in schema.names:
            opened.require(name)  # which says so if it looks like another delimiter
    schema.locate(opened.names)
    label = _label(schema, classes)
    roles = [name for name in (label, schema.offset if with_offset else None, weight) if name is not None]
    for name in roles:
        opened.require(name)
    wanted = list(dict.fromkeys([*schema.names, *roles]))
    text = [column.name for column in schema.columns if column.kind == "category"] + ([label] if label else [])
    table = opened.table(wanted, text=text, na=schema.na)
    cells = {c.name: table.text(c.name) if c.kind == "category" else table.cells(c.name) for c in schema.columns}
    extra = {name: to_numbers(table, name, table.cells(name)) for name in roles if name != label}
    advice = "Fill them in; or leave such rows out: fit the model with missing='drop', or predict with --missing drop."
    known = cells | extra | ({label: table.text(label)} if label else {})
    keep = rows_to_keep(table, known, missing, advice, required=roles)
    values = [values_of(table, column, cells[column.name], unseen, keep) for column in schema.columns]
    return NewRows(
        design_matrix(schema, values, int(keep.sum())),
        keep,
        extra[schema.offset].values[keep] if schema.offset in extra else None,
        None if label is None or classes is None else _known_labels(table, label, keep, classes),
        weights_of(table, weight, extra[weight].values, keep) if weight is not None else None,
    )


def _label(schema: Schema, classes: AnyArray | None) -> str | None:
    if classes is None:
        return None
    if schema.target is None:
        raise DataError("The model does not know the name of its target", "it was saved without", "Save it with one.")
    return schema.target


def _known_labels(table: Table, name: str, keep: AnyArray, classes: AnyArray) -> Array:
    labels = table.labels(name)
    matches = np.array([equals(labels, label, classes) for label in classes])
    known = matches.any(axis=0) | ~keep
    if not np.all(known):
        row = int(np.argmin(known))
        raise DataError(
            f"The target {name!r} of {table.origin} has a label that the model does not know",
            f"{labels[row]!s} in {table.row(row)}; known are {shown([*map(str, classes)])}",
            "Correct or remove such rows.",
        )
    return matches.argmax(axis=0)[keep].astype(np.float64)
