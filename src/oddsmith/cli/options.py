"""Options and arguments that several commands take, and what they mean."""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable
from typing import Any, TypeVar

import click

from oddsmith.errors import SpecificationError

Command = TypeVar("Command", bound=Callable[..., Any])

data_argument = click.argument("data", type=click.Path(allow_dash=True))
model_argument = click.argument("model", type=click.Path())
delimiter_option = click.option("--delimiter", metavar="CHAR", help="Of a CSV; a comma by default, a tab for .tsv.")
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document and nothing else.")
level_option = click.option("--level", type=float, default=0.95, show_default=True, help="Of the intervals.")
missing_option = click.option(
    "--missing", type=click.Choice(["error", "drop"]), help="About missing values [as the model was fitted]."
)
unseen_option = click.option(
    "--unseen", type=click.Choice(["error", "reference"]), help="About unseen levels [as the model was fitted]."
)
NAMES = "COL[,COL]"
TABLE = (
    click.option("--positive", metavar="LABEL", help="The class whose probability is modelled [the larger label]."),
    click.option("--weight", metavar="COL", help="A column of frequency weights."),
    click.option("--offset", metavar="COL", help="A column of offsets, in log-odds."),
    click.option("--columns", metavar=NAMES, multiple=True, help="Use these columns only."),
    click.option("--drop", metavar=NAMES, multiple=True, help="Do not use these columns."),
    click.option("--category", metavar=NAMES, multiple=True, help="These are categories, even if of numbers."),
    click.option("--numeric", metavar=NAMES, multiple=True, help="These are numbers: refuse any text in them."),
    click.option(
        "--reference", metavar="COL=LEVEL", multiple=True, help="The level without a coefficient [the most frequent]."
    ),
    click.option(
        "--missing",
        type=click.Choice(["error", "drop", "impute"]),
        default="error",
        show_default=True,
        help="Refuse missing values, leave out such rows, or impute: the mean or a level of their own, and a column "
        "that tells where.",
    ),
    click.option(
        "--unseen",
        type=click.Choice(["error", "reference"]),
        default="error",
        show_default=True,
        help="At prediction, refuse a level that was not seen, or let it count as the reference.",
    ),
    click.option(
        "--na", metavar="TEXT", multiple=True, help="What counts as missing, instead of NA NaN null ? . and the like."
    ),
    delimiter_option,
)


def table_options(command: Command) -> Command:
    """How a table is read: see `oddsmith.read`."""
    for option in reversed(TABLE):
        command = option(command)
    return command


def table_arguments(given: dict[str, Any]) -> dict[str, Any]:
    """What `table_options` were given, as arguments of `oddsmith.read`."""
    told = dict(given)
    for key in ("columns", "drop", "category", "numeric"):
        told[key] = [name.strip() for text in told[key] for name in next(csv.reader([text], skipinitialspace=True), [])]
    told["columns"] = told["columns"] or None
    pairs = [text.partition("=") for text in told["reference"]]
    for column, sign, level in pairs:
        if not sign:
            raise SpecificationError("--reference needs a column and a level", column, "Write COL=LEVEL.")
        told.setdefault("levels", {})[column] = level
    told["reference"] = told.pop("levels", None)
    if not told["na"]:
        del told["na"]
    return told


def opened(data: str) -> Any:
    """The path of the data, or standard input for `-`."""
    return sys.stdin.buffer if data == "-" else data
