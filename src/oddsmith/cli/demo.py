"""`oddsmith demo`: real data, and what one types."""

from __future__ import annotations

import contextlib
from pathlib import Path

import click


@click.command("demo")
@click.option("--dir", "folder", type=click.Path(), default="oddsmith-demo", show_default=True, help="Where to work.")
@click.pass_context
def command(context: click.Context, folder: str) -> None:
    """Fit, predict and evaluate real data, showing what to type."""
    from oddsmith.demo import COMMANDS, DATA, write_data

    oddsmith = context.find_root().command
    write_data(Path(folder))
    click.echo(f"Breast Cancer Wisconsin (569 rows, 30 columns) is in {Path(folder) / DATA}")
    with contextlib.chdir(folder):
        for line in COMMANDS:
            click.echo()
            click.secho(f"$ oddsmith {' '.join(line)}", bold=True)
            click.echo()
            oddsmith.main(list(line), standalone_mode=False)
    click.echo(
        "\nThese last scores include the rows that were fitted; those on held-out data above are the honest ones."
    )
