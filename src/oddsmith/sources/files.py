"""Rows in files: CSV and Parquet, through pyarrow. Types are decided on whole columns, never on their head."""

from __future__ import annotations

import csv
import io
import os
import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from oddsmith.arrays import AnyArray, Array
from oddsmith.design import make_design
from oddsmith.errors import DataError, SpecificationError
from oddsmith.schema import Schema, nearest
from oddsmith.sources.base import encode_target
from oddsmith.sources.memory import MemorySource, check_weight

MISSING = ("", "NA", "N/A", "NaN", "nan", "null", "NULL", "None", "?", ".")
IMPUTE = "Remove those rows, or fill them in before fitting."


def read(
    path: str | os.PathLike[str],
    *,
    target: str,
    positive: Any = None,
    weight: str | None = None,
    offset: str | None = None,
    delimiter: str | None = None,
) -> MemorySource:
    """Read a CSV or Parquet file of numeric columns and a two-class target.

    Parameters
    ----------
    path : path
        A file that ends in .parquet or .pq is Parquet; any other is CSV with a header, perhaps compressed (.gz).
    target : str
        Name of the column to predict: two labels of any type.
    positive : label, optional
        The class whose probability is modelled; the larger label by default.
    weight, offset : str, optional
        Names of the columns of frequency weights and of offsets (log-odds).
    delimiter : str, optional
        Of a CSV; a comma by default, a tab for .tsv.

    Returns
    -------
    MemorySource

    Raises
    ------
    DataError
        If the file cannot be read, the target is not there or has not two classes, or a column holds text, missing
        values, or infinities. The message names the column and the row (the first after the header is row 1).
    """
    file = open_file(path, delimiter)
    roles = [name for name in (target, weight, offset) if name is not None]
    for name in roles:
        file.require(name)
        if roles.count(name) > 1:
            raise SpecificationError("A column has one role only", f"{name!r} was given two", "Name another column.")
    columns = [name for name in file.names if name not in (target, weight, offset)]
    if not columns:
        raise DataError("The file has no columns besides the target", f"{path}: {', '.join(file.names)}", "Add some.")
    numbers = [*columns, *(name for name in (weight, offset) if name is not None)]
    matrix, labels = file.load(numbers, target)
    assert labels is not None
    encoded, classes = encode_target(labels, positive, f"The target {target!r}")
    extra = {name: matrix[:, len(columns) + k].copy() for k, name in enumerate(numbers[len(columns) :])}
    return MemorySource(
        make_design(matrix[:, : len(columns)]),
        encoded,
        weight=check_weight(extra[weight], len(encoded), f"column {weight!r}", first_row=1)
        if weight is not None
        else None,
        offset=extra[offset] if offset is not None else None,
        columns=columns,
        classes=classes,
    )


@dataclass(frozen=True)
class NewRows:
    """Rows to predict: the model's columns, the offset if it needs one; target (0 or 1) and weight if asked for."""

    matrix: Array
    offset: Array | None
    target: Array | None
    weight: Array | None


def read_rows(
    path: str | os.PathLike[str],
    schema: Schema,
    *,
    with_target: bool = False,
    weight: str | None = None,
    delimiter: str | None = None,
) -> NewRows:
    """Read the columns that a model needs from another file, by name; others are ignored.

    Raises
    ------
    DataError
        As `read`; also if a column of the model is missing, or the target holds a label that the model does not know.
    """
    file = open_file(path, delimiter)
    schema.locate(file.names)
    if with_target and schema.target is None:
        raise DataError("The model does not know the name of its target", "it was saved without", "Save it with one.")
    label = schema.target if with_target else None
    for name in filter(None, (label, schema.offset, weight)):
        file.require(name)
    extra = [name for name in dict.fromkeys((schema.offset, weight)) if name and name not in schema.columns]
    matrix, labels = file.load([*schema.columns, *extra], label)
    column = {name: matrix[:, j].copy() for j, name in enumerate((*schema.columns, *extra)) if name in extra}
    return NewRows(
        matrix[:, : len(schema.columns)],
        column[schema.offset] if schema.offset else None,
        None if labels is None else _known_labels(labels, schema, path),
        check_weight(column[weight], len(matrix), f"column {weight!r}", first_row=1) if weight is not None else None,
    )


def as_csv(**columns: AnyArray) -> bytes:
    """Columns as a CSV with a header; numbers with all their digits."""
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    sink = pa.BufferOutputStream()
    sink.write((",".join(columns) + "\n").encode())
    arrow_csv.write_csv(pa.table(columns), sink, arrow_csv.WriteOptions(include_header=False, quoting_style="needed"))
    content: bytes = sink.getvalue().to_pybytes()
    return content


@dataclass(frozen=True)
class File(ABC):
    """A file and the names of its columns; `load` reads the ones that are wanted."""

    path: Path
    names: tuple[str, ...]
    delimiter: str

    def require(self, name: str) -> None:
        """Raise DataError unless there is a column of that name."""
        if name in self.names:
            return
        shown = ", ".join(map(repr, self.names[:8])) + (", ..." if len(self.names) > 8 else "")
        advice = f"Name one of them{nearest(name, self.names)}."
        if len(self.names) == 1:
            for other in ";\t|":
                if other in self.names[0]:
                    shown_other = "a tab" if other == "\t" else repr(other)
                    advice = f"The header looks as if {shown_other} separates the columns: give that as the delimiter."
        raise DataError(f"There is no column {name!r} in {self.path}", f"the columns are {shown}", advice)

    def load(self, numbers: Sequence[str], label: str | None) -> tuple[Array, AnyArray | None]:
        """The numeric columns as a column-major float64 matrix, and the labels."""
        table = self._table(numbers, label)
        if table.num_rows == 0:
            raise DataError("The file has no rows", f"{self.path} has a header only", "Add rows.")
        self._refuse_missing(table)
        matrix = np.empty((table.num_rows, len(numbers)), order="F")
        for j, name in enumerate(numbers):
            column = matrix[:, j]
            column[:] = table.column(name).to_numpy()
            if not np.isfinite(column).all():
                row = int(np.argmin(np.isfinite(column)))
                raise DataError(
                    f"Column {name!r} is not finite", f"{column[row]} in row {row + 1}", "Remove or correct that row."
                )
        return matrix, None if label is None else _labels(table.column(label))

    @abstractmethod
    def _table(self, numbers: Sequence[str], label: str | None) -> Any:
        """The wanted columns as an Arrow table: numbers as float64, the label of any type."""

    def _refuse_missing(self, table: Any) -> None:
        counts = {name: table.column(name).null_count for name in table.column_names if table.column(name).null_count}
        if not counts:
            return
        name = next(iter(counts))
        row = int(np.argmax(table.column(name).is_null().to_numpy())) + 1
        shown = ", ".join(f"{n!r} ({count})" for n, count in list(counts.items())[:8])
        more = f" and {len(counts) - 8} more columns" if len(counts) > 8 else ""
        raise DataError("Columns have missing values", f"{shown}{more}; the first in row {row} of {name!r}", IMPUTE)


class ParquetFile(File):
    """Types are the file's own."""

    def _table(self, numbers: Sequence[str], label: str | None) -> Any:
        import pyarrow as pa
        import pyarrow.parquet as pq

        table = pq.read_table(self.path, columns=[*numbers, *([label] if label else [])])
        for name in numbers:
            kind = table.schema.field(name).type
            numeric = pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)
            if not numeric and not pa.types.is_boolean(kind):
                raise _not_numeric(name, f"its type is {kind}")
            column = table.column(name).cast(pa.int8()) if pa.types.is_boolean(kind) else table.column(name)
            position = table.column_names.index(name)
            table = table.set_column(position, name, column.cast(pa.float64(), safe=False))
        return table


class CsvFile(File):
    """Every column but the target is read as float64, so that one bad cell at the end is found, not guessed over."""

    def _table(self, numbers: Sequence[str], label: str | None) -> Any:
        import pyarrow as pa
        from pyarrow import csv as arrow_csv

        types = dict.fromkeys(numbers, pa.float64())
        if label:
            types[label] = pa.dictionary(pa.int32(), pa.string())
        try:
            return arrow_csv.read_csv(
                self.path,
                parse_options=arrow_csv.ParseOptions(delimiter=self.delimiter, newlines_in_values=True),
                convert_options=arrow_csv.ConvertOptions(
                    column_types=types,
                    include_columns=list(types),
                    null_values=list(MISSING),
                    strings_can_be_null=True,
                ),
            )
        except pa.ArrowInvalid as error:
            raise self._diagnose(numbers, str(error)) from None

    def _diagnose(self, numbers: Sequence[str], reason: str) -> DataError:
        """Read again, slowly, to say which column and row is at fault."""
        wanted = [(j, name) for j, name in enumerate(self.names) if name in set(numbers)]
        width = len(self.names)
        for row, cells in enumerate(_records(self.path, self.delimiter)):
            if row == 0 or not cells:
                continue
            if len(cells) != width:
                return DataError(
                    f"Row {row} of {self.path} is ragged",
                    f"{len(cells)} cells where the header has {width}",
                    "Correct that row, or quote cells that hold the delimiter.",
                )
            for j, name in wanted:
                if cells[j] not in MISSING and not _is_number(cells[j]) and not _INFINITE.fullmatch(cells[j]):
                    return _not_numeric(name, f"{cells[j][:40]!r} in row {row}")
        return DataError(f"{self.path} cannot be read as CSV", reason.splitlines()[0], "Check the file.")


def open_file(path: str | os.PathLike[str], delimiter: str | None = None) -> File:
    """Look at a file's header.

    Raises
    ------
    DataError
        If it cannot be read, is empty, or its columns have no names or the same one twice.
    """
    import pyarrow as pa

    location = Path(path)
    if not location.is_file():
        what = "is a folder" if location.is_dir() else "is not there"
        raise DataError("The file cannot be read", f"{path} {what}", "Check the path.")
    if location.stat().st_size == 0:
        raise DataError("The file is empty", str(path), "Check that it was written to the end.")
    if location.suffix.lower() in (".parquet", ".pq"):
        import pyarrow.parquet as pq

        try:
            names = pq.read_schema(location).names
        except (pa.ArrowInvalid, OSError) as error:
            raise DataError("The file is not Parquet", f"{path}: {error}", "Check the file.") from None
        return ParquetFile(location, _distinct(names, path), "")
    mark = ("\t" if ".tsv" in location.suffixes else ",") if delimiter is None else delimiter.replace("\\t", "\t")
    if len(mark) != 1:
        raise SpecificationError("The delimiter must be one character", repr(mark), "Use ',' or ';' or '\\t'.")
    header = next(_records(location, mark), [])
    return CsvFile(location, _distinct(header, path), mark)


def _records(path: Path, delimiter: str) -> Iterator[list[str]]:
    import pyarrow as pa

    try:
        with pa.input_stream(str(path)) as stream:
            yield from csv.reader(io.TextIOWrapper(stream, encoding="utf-8-sig", newline=""), delimiter=delimiter)
    except UnicodeDecodeError as error:
        raise DataError("The file is not UTF-8 text", f"{path}: {error.reason}", "Save it as UTF-8.") from None
    except (OSError, csv.Error) as error:
        raise DataError("The file cannot be read as CSV", f"{path}: {error}", "Check the file.") from None


def _distinct(names: Sequence[str], path: str | os.PathLike[str]) -> tuple[str, ...]:
    seen: set[str] = set()
    for j, name in enumerate(names):
        if not name.strip():
            raise DataError(f"A column of {path} has no name", f"column {j + 1}", "Give each column a name.")
        if name in seen:
            raise DataError(f"Two columns of {path} have the same name", repr(name), "Give each its own.")
        seen.add(name)
    return tuple(names)


def _labels(column: Any) -> AnyArray:
    """Labels as NumPy values: numbers where every label is one, as written otherwise."""
    import pyarrow as pa

    encoded = column.combine_chunks()
    if not pa.types.is_dictionary(encoded.type):
        encoded = encoded.dictionary_encode()
    values = encoded.dictionary.to_pylist()
    if all(isinstance(v, str) for v in values) and all(map(_is_number, values)):
        whole = all(float(v).is_integer() for v in values)
        values = (
            [int(v) if v.strip().lstrip("+-").isdigit() else int(float(v)) for v in values]
            if whole
            else [*map(float, values)]
        )
    return np.array(values)[encoded.indices.to_numpy()]


def _known_labels(labels: AnyArray, schema: Schema, path: str | os.PathLike[str]) -> Array:
    text = labels.astype(str)  # so that a file's true and True are the same label
    negative, positive = ((labels == label) | (text == str(label)) for label in schema.classes)
    known = negative | positive
    if not np.all(known):
        row = int(np.argmin(known))
        raise DataError(
            f"The target {schema.target!r} of {path} has a label that the model does not know",
            f"{labels[row]!s} in row {row + 1}; known are {schema.classes[0]!s} and {schema.classes[1]!s}",
            "Correct or remove such rows.",
        )
    return positive.astype(np.float64)


_NUMBER = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*", re.ASCII)
_INFINITE = re.compile(r"\s*[+-]?inf(inity)?\s*", re.IGNORECASE)


def _is_number(text: str) -> bool:
    return _NUMBER.fullmatch(text) is not None


def _not_numeric(name: str, found: str) -> DataError:
    return DataError(
        f"Column {name!r} is not numeric",
        found,
        "Remove the column, or encode it as numbers: neither text nor dates are read yet.",
    )
