"""CSV and Parquet files, read by pyarrow as Arrow tables; and what goes wrong with them, by column and row."""

from __future__ import annotations

import csv
import io
import os
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from oddsmith.arrays import AnyArray
from oddsmith.errors import DataError, SpecificationError
from oddsmith.schema import require
from oddsmith.sources.tables import Table, is_index

BLOCK_BYTES = 1 << 24  # of a CSV at a time: more than the widest row has


@dataclass(frozen=True)
class File(ABC):
    """A file and the names of its columns; `table` reads the ones that are wanted.

    Attributes
    ----------
    origin : str
        What messages call it.
    content : path or bytes
    names : tuple of str
        Of the columns that have one.
    nameless : tuple of int
        Positions of the columns that have none.
    """

    origin: str
    content: Path | bytes
    names: tuple[str, ...]
    nameless: tuple[int, ...] = ()

    def require(self, name: str) -> None:
        """Raise DataError unless there is a column of that name."""
        require(name, self.names, self.origin)

    def table(self, names: Sequence[str], *, text: Sequence[str], na: Sequence[str]) -> Table:
        """Some columns; those in `text` as they are written, whatever they look like.

        Raises
        ------
        DataError
            If the file cannot be read, or has no rows.
        """
        arrow = self._read(list(names), set(text), ["", *na])
        if arrow.num_rows == 0:
            raise DataError("The file has no rows", f"{self.origin} has a header only", "Add rows.")
        return Table(arrow, self.origin, 1, tuple(na), self.typed)

    @property
    @abstractmethod
    def typed(self) -> bool:
        """Whether the types of columns are the file's own."""

    @abstractmethod
    def _read(self, names: list[str], text: set[str], na: list[str]) -> Any:
        """An Arrow table."""


@dataclass(frozen=True)
class ParquetFile(File):
    """Types are the file's own."""

    @property
    def typed(self) -> bool:
        return True

    def _read(self, names: list[str], text: set[str], na: list[str]) -> Any:
        import pyarrow.parquet as pq

        arrow = pq.read_table(_opened(self.content), columns=names)
        for told in (arrow.schema.pandas_metadata or {}).get(
            "columns", ()
        ):  # Parquet itself has categories of text only
            name = told["field_name"]
            if told["pandas_type"] == "categorical" and name in names:
                arrow = arrow.set_column(names.index(name), name, arrow.column(name).dictionary_encode())
        return arrow


@dataclass(frozen=True)
class CsvFile(File):
    """A column has the type that all of it can have: a word in the last row counts like one in the first."""

    delimiter: str = ","
    header: tuple[str, ...] = ()

    @property
    def typed(self) -> bool:
        return False

    def require(self, name: str) -> None:
        if name not in self.names and len(self.names) == 1:
            for other in ";\t|,":
                if other in self.names[0]:
                    shown = "a tab" if other == "\t" else repr(other)
                    advice = f"The header looks as if {shown} separates the columns: give that as the delimiter."
                    raise DataError(f"There is no column {name!r} in {self.origin}", repr(self.names[0]), advice)
        super().require(name)

    def _read(self, names: list[str], text: set[str], na: list[str]) -> Any:
        import pyarrow as pa
        from pyarrow import csv as arrow_csv

        # columns are read by position: a header is stripped of white space here, and may name some of them not at all
        place = {name.strip(): f"{j}" for j, name in enumerate(self.header)}
        words = pa.dictionary(pa.int32(), pa.string())
        try:
            arrow = arrow_csv.read_csv(
                _opened(self.content),
                read_options=arrow_csv.ReadOptions(
                    block_size=BLOCK_BYTES,
                    skip_rows_after_names=1,
                    column_names=[f"{j}" for j in range(len(self.header))],
                ),
                parse_options=arrow_csv.ParseOptions(
                    delimiter=self.delimiter, newlines_in_values=True, ignore_empty_lines=len(self.header) > 1
                ),
                convert_options=arrow_csv.ConvertOptions(
                    column_types={place[name]: words for name in names if name in text},
                    include_columns=[place[name] for name in names],
                    null_values=na,
                    strings_can_be_null=True,
                    auto_dict_encode=True,
                    auto_dict_max_cardinality=(1 << 31) - 1,
                ),
            )
        except pa.ArrowInvalid as error:
            raise self._diagnosis(str(error)) from None
        if any("binary" in str(field.type) for field in arrow.schema):
            raise self._diagnosis("it holds bytes that are no text")
        return arrow.rename_columns(names)

    def _diagnosis(self, reason: str) -> DataError:
        """Read again, slowly, to say which row is at fault."""
        rows = (cells for cells in _records(self.content, self.origin, self.delimiter) if cells)
        for row, cells in enumerate(rows):
            if len(cells) != len(self.header):
                return DataError(
                    f"Row {row} of {self.origin} is ragged",
                    f"{len(cells)} cells where the header has {len(self.header)}",
                    "Correct that row, or quote cells that hold the delimiter.",
                )
        return DataError(f"{self.origin} cannot be read as CSV", reason.splitlines()[0], "Check the file.")


def open_file(data: str | os.PathLike[str] | BinaryIO, delimiter: str | None = None) -> File:
    """Look at the header of a file, or of what a binary stream holds.

    Raises
    ------
    DataError
        If it cannot be read, is empty, or two of its columns have the same name.
    """
    content, origin, suffixes = _content(data)
    if (content[:4] if isinstance(content, bytes) else _head(content)) == b"PAR1":
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            names = tuple(pq.read_schema(_opened(content)).names)
        except (pa.ArrowInvalid, OSError) as error:
            raise DataError("The file is not Parquet", f"{origin}: {error}", "Check the file.") from None
        return ParquetFile(origin, content, _distinct([name for name in names if not is_index(name)], origin))
    if suffixes[-1:] in ([".parquet"], [".pq"]):
        raise DataError("The file is not Parquet", f"{origin} does not begin with PAR1", "Check the file.")
    mark = ("\t" if ".tsv" in suffixes else ",") if delimiter is None else delimiter.replace("\\t", "\t")
    if len(mark) != 1:
        raise SpecificationError("The delimiter must be one character", repr(mark), "Use ',' or ';' or '\\t'.")
    header = next(_records(content, origin, mark), [])
    if not header:
        raise DataError("The file has no header", f"the first line of {origin} is blank", "Begin with column names.")
    named = _distinct([name.strip() for name in header if name.strip()], origin)
    nameless = tuple(j for j, name in enumerate(header) if not name.strip())
    return CsvFile(origin, content, named, nameless, delimiter=mark, header=tuple(header))


def as_csv(**columns: AnyArray) -> bytes:
    """Columns as a CSV with a header; numbers with all their digits, nothing where a value is missing."""
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    sink = pa.BufferOutputStream()
    sink.write((",".join(columns) + "\n").encode())
    table = pa.table({name: pa.array(values, from_pandas=True) for name, values in columns.items()})
    try:
        arrow_csv.write_csv(table, sink, arrow_csv.WriteOptions(include_header=False, quoting_style="none"))
    except pa.ArrowInvalid:  # a text holds a comma, a quote or a line break: then "needed" quotes all texts
        sink = pa.BufferOutputStream()
        sink.write((",".join(columns) + "\n").encode())
        arrow_csv.write_csv(table, sink, arrow_csv.WriteOptions(include_header=False, quoting_style="needed"))
    content: bytes = sink.getvalue().to_pybytes()
    return content


def _content(data: str | os.PathLike[str] | BinaryIO) -> tuple[Path | bytes, str, list[str]]:
    """Where the bytes are, what messages call it, and the endings of its name."""
    if isinstance(data, str | os.PathLike):
        path = Path(data)
        if path.is_dir() or not path.exists():
            what = "is a folder" if path.is_dir() else "is not there"
            raise DataError("The file cannot be read", f"{data} {what}", "Check the path.")
        if path.is_file():
            if path.stat().st_size == 0:
                raise DataError("The file is empty", str(data), "Check that it was written to the end.")
            return path, str(data), [suffix.lower() for suffix in path.suffixes]
        content, origin = path.read_bytes(), str(data)  # a pipe can be read once only
    elif hasattr(data, "read"):
        content, origin = data.read(), str(getattr(data, "name", "the stream"))
    else:
        raise DataError("This is no table", f"a {type(data).__name__}", "Pass a path, a binary stream or a data frame.")
    if not isinstance(content, bytes) or not content:
        what = "nothing was in it" if not content else "it is not binary"
        raise DataError("The input cannot be read", f"{origin}: {what}", "Check where it comes from.")
    return content, origin, []


def _opened(content: Path | bytes) -> Any:
    """What pyarrow reads: a path, so that it may unpack .gz, or bytes."""
    import pyarrow as pa

    return str(content) if isinstance(content, Path) else pa.BufferReader(content)


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(4)
    except OSError as error:
        raise DataError("The file cannot be read", f"{path}: {error.strerror}", "Check the path.") from None


def _records(content: Path | bytes, origin: str, delimiter: str) -> Iterator[list[str]]:
    import pyarrow as pa

    try:
        with pa.input_stream(_opened(content)) as stream:
            yield from csv.reader(io.TextIOWrapper(stream, encoding="utf-8-sig", newline=""), delimiter=delimiter)
    except UnicodeDecodeError:
        found = f"line {_first_foreign_line(content)} of {origin} holds other bytes"
        raise DataError("The file is not UTF-8 text", found, "Save it as UTF-8.") from None
    except (OSError, csv.Error) as error:
        raise DataError("The file cannot be read as CSV", f"{origin}: {error}", "Check the file.") from None


def _first_foreign_line(content: Path | bytes) -> int:
    """The number of the first line that is not UTF-8; the header is line 1."""
    import pyarrow as pa

    with pa.input_stream(_opened(content)) as stream:
        foreign = (number for number, line in enumerate(io.BufferedReader(stream), 1) if not _is_utf8(line))
        return next(foreign, 0)


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def _distinct(names: Sequence[str], origin: str) -> tuple[str, ...]:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise DataError(f"Two columns of {origin} have the same name", repr(name), "Give each its own.")
        seen.add(name)
    return tuple(names)
