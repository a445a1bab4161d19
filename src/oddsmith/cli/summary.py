"""`oddsmith summary`: what is in a model file."""

from __future__ import annotations

import click

from oddsmith.cli.options import against_option, json_option, level_option, model_argument
from oddsmith.cli.output import print_json


@click.command("summary")
@model_argument
@level_option
@against_option
@json_option
def command(model: str, level: float, against: str | None, as_json: bool) -> None:
    """Tell what is in a model file."""
    from oddsmith import load, summarise

    loaded = load(model)
    summary = summarise(loaded.fit, target=loaded.schema.target, level=level, reference=against)
    if as_json:
        print_json(summary.to_dict() | {"model_file": model})
    else:
        click.echo(summary)
