"""`oddsmith evaluate`: how good a model is on the rows of a file."""

from __future__ import annotations

import click

from oddsmith.cli.options import data_argument, delimiter_option, json_option, model_argument, opened
from oddsmith.cli.output import print_json, score_card
from oddsmith.cli.progress import reading, stage


@click.command("evaluate")
@model_argument
@data_argument
@click.option("--weight", metavar="COL", help="A column of frequency weights.")
@click.option("--threshold", type=float, default=0.5, show_default=True, metavar="T")
@delimiter_option
@json_option
def command(model: str, data: str, weight: str | None, threshold: float, delimiter: str | None, as_json: bool) -> None:
    """Score a model on the rows of DATA, beside the base rate."""
    from oddsmith import load
    from oddsmith.report import evaluation_text
    from oddsmith.sources import read_rows

    loaded = load(model)
    with reading(data):
        rows = read_rows(opened(data), loaded.schema, classes=loaded.classes, weight=weight, delimiter=delimiter)
    assert rows.target is not None
    with stage("scoring"):
        eta = loaded.eta(rows)[rows.kept]
        card = score_card(loaded.fit, eta, rows.target, rows.weight, data, threshold)
    if as_json:
        print_json(card.to_dict() | {"model_file": model})
    else:
        title = f"Logistic regression of {loaded.schema.target}: probability of {str(loaded.classes[1])!r}"
        click.echo(f"{title}\n\n{evaluation_text(card)}")
