"""`oddsmith doctor`: what is installed, and whether it works."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from oddsmith.cli.exits import FAILED
from oddsmith.cli.options import json_option
from oddsmith.cli.output import print_json
from oddsmith.cli.progress import stage

if TYPE_CHECKING:
    from oddsmith.installation import Installation


@click.command("doctor")
@json_option
def command(as_json: bool) -> None:
    """Tell what is installed, and try whether it works."""
    from oddsmith.installation import examine

    with stage("examining the installation"):
        found = examine()
    if as_json:
        print_json(found.to_dict())
    else:
        click.echo("\n".join(f"{name:13}{text}".rstrip() for name, text in _lines(found)))
    if not found.sound:
        sys.exit(FAILED)


def _lines(found: Installation) -> list[tuple[str, str]]:
    needed = ", ".join(f"{need.name} {need.found or '(missing)'}" for need in found.requirements if not need.extra)
    lines = [
        ("Oddsmith", found.oddsmith),
        ("Python", f"{found.python}, {found.executable}"),
        ("Platform", found.platform),
        ("Libraries", needed),
        *((name[0].upper() + name[1:], text) for name, text in found.facts.items()),
    ]
    extras = [need for need in found.requirements if need.extra]
    for k, need in enumerate(extras):
        absent = f"not installed; pip install 'oddsmith[{need.extra}]'"
        lines.append(("" if k else "Extras", f"{need.extra}: {need.name} {need.found or absent}"))
    lines.append(("", ""))
    for check in found.checks:
        lines.append(("ok" if check.passed else "BROKEN", check.found))
        if check.advice:
            lines.append(("", check.advice))
    return lines
