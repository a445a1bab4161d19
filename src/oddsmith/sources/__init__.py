"""OPEN: where rows come from. Add a file, and a line here."""

from oddsmith.sources.base import Block, SomeColumns, Source, StandardisedSource
from oddsmith.sources.encoding import design_matrix
from oddsmith.sources.files import as_csv
from oddsmith.sources.frames import is_frame
from oddsmith.sources.kinds import Kinds
from oddsmith.sources.memory import MemorySource, as_source
from oddsmith.sources.new_rows import NewRows, read_rows
from oddsmith.sources.reading import read, read_frame
from oddsmith.sources.table_source import TableSource
from oddsmith.sources.tables import Table, as_text

__all__ = [
    "Block",
    "Kinds",
    "MemorySource",
    "NewRows",
    "SomeColumns",
    "Source",
    "StandardisedSource",
    "Table",
    "TableSource",
    "as_csv",
    "as_source",
    "as_text",
    "design_matrix",
    "is_frame",
    "read",
    "read_frame",
    "read_rows",
]
