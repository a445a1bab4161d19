"""`oddsmith evaluate`: how good a model is on the rows of a file."""

from __future__ import annotations

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


@click.command("evaluate")
@model_argument
@data_argument
@click.option("--weight", metavar="COL", help="A column of frequency weights.")
@click.option("--threshold", type=float, default=0.5, show_default=True, metavar="T")
@missing_option
@unseen_option
@delimiter_option
@json_option
def command(
    model: str, data: str, weight: str | None, threshold: float, missing: Any, unseen: Any, delimiter: str | None,
    as_json: bool,
) -> None:  # fmt: skip
    """Score a model on the rows of DATA, beside the base rate."""
    from oddsmith import load
    from oddsmith.report import evaluation_text
    from oddsmith.sources import read_rows

    loaded = load(model)
    with reading(data):
        rows = read_rows(
            opened(data), loaded.schema, classes=loaded.classes, weight=weight, missing=missing, unseen=unseen,
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
        title = f"Logistic regression of {loaded.schema.target}: probability of {str(loaded.classes[1])!r}"
        click.echo(f"{title}\n\n{evaluation_text(card)}")
