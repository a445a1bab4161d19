"""`oddsmith learn`: the page on which one sees logistic regression work."""

from __future__ import annotations

from pathlib import Path

import click

from oddsmith.cli.output import check_place
from oddsmith.errors import SpecificationError


@click.command("learn")
@click.option(
    "--out", type=click.Path(), metavar="FILE", default="oddsmith-learn.html", show_default=True, help="Write it here."
)
@click.option("--open/--no-open", "opened", default=True, show_default=True, help="Whether to show it in the browser.")
def command(out: str, opened: bool) -> None:
    """Write a page that shows logistic regression at work, with points of your own; it needs no network."""
    import webbrowser

    from oddsmith.learn import is_page, write_page

    check_place(out)
    if Path(out).is_file() and not is_page(out):
        raise SpecificationError("--out would write over another file", out, "Choose another place.")
    write_page(out)
    click.echo(f"The page is in {out}")
    if opened and not webbrowser.open(Path(out).resolve().as_uri()):
        click.echo("No browser was found here: open that file in one.")
