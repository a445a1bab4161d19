"""OPEN: where rows come from. Add a file, and a line here."""

from oddsmith.sources.base import Block, Source, StandardisedSource
from oddsmith.sources.files import NewRows, as_csv, read, read_rows
from oddsmith.sources.memory import MemorySource, as_source

__all__ = [
    "Block",
    "MemorySource",
    "NewRows",
    "Source",
    "StandardisedSource",
    "as_csv",
    "as_source",
    "read",
    "read_rows",
]
