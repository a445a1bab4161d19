"""`oddsmith evaluate`: how good a model is on the rows of a file."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import click

from oddsmith.cli.options import (
    data_argument,
    delimiter_option,
    json_option,
    missing_option,
    model_argument,
    opened,
    unseen_option,
)
from oddsmith.cli.output import print_json, score_card
from oddsmith.cli.progress import reading, stage
from oddsmith.errors import SpecificationError


@click.command("evaluate")
@model_argument
@data_argument
@click.option("--target", metavar="COL", help="The column of the target [as the model was fitted].")
@click.option("--weight", metavar="COL", help="A column of frequency weights.")
@click.option("--threshold", type=float, metavar="T", help="Positive where the probability is at least T [0.5].")
@missing_option
@unseen_option
@delimiter_option
@json_option
def command(
    model: str, data: str, target: str | None, weight: str | None, threshold: float | None, missing: Any, unseen: Any,
    delimiter: str | None, as_json: bool,
) -> None:  # fmt: skip
    """Score a model on the rows of DATA, beside the base rates."""
    from oddsmith import load
    from oddsmith.report import evaluation_text
    from oddsmith.sources import read_rows

    loaded = load(model)
    schema = loaded.schema if target is None else replace(loaded.schema, target=target)
    if schema.target is None:
        found, advice = "it was saved without", "Name its column: --target COL."
        raise SpecificationError("The model does not know the name of its target", found, advice)
    with reading(data):
        rows = read_rows(
            opened(data), schema, classes=loaded.classes, weight=weight, missing=missing, unseen=unseen,
            delimiter=delimiter,
        )  # fmt: skip
    assert rows.target is not None
    with stage("scoring"):
        eta = loaded.eta(rows)[rows.kept]
        left_out = len(rows.kept) - len(eta)
        label = f"{data}, {left_out} rows with missing values left out" if left_out else data
        card = score_card(loaded.fit, eta, rows.target, rows.weight, label, threshold)
    if as_json:
        print_json(card.to_dict() | {"model_file": model})
    else:
        of = f"probability of {card.classes[1]!r}" if len(card.classes) == 2 else f"{len(card.classes)} classes"
        click.echo(f"Logistic regression of {schema.target}: {of}\n\n{evaluation_text(card)}")
