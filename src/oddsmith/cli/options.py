"""Options and arguments that several commands take, and what they mean."""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from oddsmith.errors import SpecificationError

if TYPE_CHECKING:
    from oddsmith.penalties import Penalty

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
against_option = click.option(
    "--against", metavar="LABEL", help="Of more than two classes, the one to compare with [the first]."
)
NAMES = "COL[,COL]"
TABLE = (
    click.option("--positive", metavar="LABEL", help="Of two classes, the one that is modelled [the larger label]."),
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
        help="At prediction, refuse a level that was not seen, or let it count as the reference; under a penalty, as "
        "none of the levels.",
    ),
    click.option(
        "--na", metavar="TEXT", multiple=True, help="What counts as missing, instead of NA NaN null ? . and the like."
    ),
    delimiter_option,
)

PENALTY = (
    click.option(
        "--penalty", type=click.Choice(["none", "lasso", "ridge", "elastic-net"]), default="none", show_default=True
    ),
    click.option("--alpha", type=float, metavar="A", help="Strength of the penalty, on the mean loss."),
    click.option("--cv", type=int, metavar="FOLDS", help="Choose the strength by cross-validation, in so many folds."),
    click.option(
        "--one-se", is_flag=True, help="With --cv, the strongest penalty within one standard error of the best."
    ),
    click.option(
        "--alpha-min-ratio",
        type=float,
        metavar="R",
        help="With --cv, the weakest penalty as a share of the strongest [0.01 with fewer rows than columns, or else "
        "0.0001].",
    ),
    click.option(
        "--l1-ratio",
        type=float,
        metavar="R",
        multiple=True,
        help="Of the elastic net, from 0 (ridge) to 1 (lasso) [0.5]; given several times, --cv chooses.",
    ),
    click.option(
        "--standardize/--no-standardize",
        default=True,
        show_default=True,
        help="Whether the penalty acts on columns divided by their standard deviations.",
    ),
)


def table_options(command: Command) -> Command:
    """How a table is read: see `oddsmith.read`."""
    for option in reversed(TABLE):
        command = option(command)
    return command


def penalty_options(command: Command) -> Command:
    """The penalty, and how its strength is chosen."""
    for option in reversed(PENALTY):
        command = option(command)
    return command


def penalty_of(
    kind: str, alpha: float | None, cv: int | None, ratios: tuple[float, ...], one_se: bool, least: float | None
) -> Penalty | None:  # fmt: skip
    """What `penalty_options` were given, as a penalty; None for none. Under --cv its strength does not matter."""
    from oddsmith.penalties import L1, L2, ElasticNet

    if (kind == "none") != (alpha is None and cv is None) or None not in (alpha, cv):
        strengths = [f"--{name} {v}" for name, v in (("alpha", alpha), ("cv", cv)) if v is not None]
        given = ", ".join([f"--penalty {kind}", *strengths]) + ("" if strengths else " without --alpha or --cv")
        advice = "With a penalty, give either --alpha or --cv; without one, neither."
        raise SpecificationError("--penalty, --alpha and --cv disagree", given, advice)
    for option, is_given in (("--one-se", one_se), ("--alpha-min-ratio", least is not None)):
        if is_given and cv is None:
            raise SpecificationError(f"{option} has no meaning here", "there is no --cv", "It belongs to --cv.")
    if ratios and (kind != "elastic-net" or (len(ratios) > 1 and cv is None)):
        advice = "It belongs to --penalty elastic-net; several of them, to --cv."
        raise SpecificationError("--l1-ratio has no meaning here", f"--penalty {kind}, {len(ratios)} given", advice)
    strength = 1.0 if alpha is None else alpha
    if kind == "elastic-net":
        return ElasticNet(strength, ratios[0] if ratios else 0.5)
    return {"none": None, "lasso": L1(strength), "ridge": L2(strength)}[kind]


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
