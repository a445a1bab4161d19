"""OPEN. The command `oddsmith`: a file a command, each a dozen lines of public calls; only here is anything printed."""

from __future__ import annotations

import os
import signal
import sys
import warnings
from collections.abc import Sequence
from importlib import import_module
from typing import Any, NoReturn

import click

from oddsmith.cli.exits import FAILED, INTERRUPTED, USAGE, fail, fail_with
from oddsmith.errors import OddsmithWarning

COMMANDS = ("fit", "predict", "evaluate", "summary", "demo", "learn", "doctor", "completion")  # as --help lists them


class Commands(click.Group):
    """The commands, each imported from the file of its name when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"oddsmith.cli.{cmd_name}").command
        return command


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="oddsmith", message="oddsmith %(version)s")
def cli() -> None:
    """Logistic regression, done once and done right."""


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run a command line, and exit. Whatever goes wrong is one message and an exit code, never a traceback."""
    warnings.showwarning = _show_warning
    warnings.simplefilter("always", OddsmithWarning)
    interrupts: list[int] = []

    def interrupt(number: int, _: object) -> NoReturn:
        interrupts.append(number)
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, interrupt)
    given = None if arguments is None else list(arguments)
    plain = bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"
    try:
        cli.main(given, prog_name="oddsmith", standalone_mode=False, color=False if plain else None)
    except click.exceptions.Exit as stop:
        sys.exit(stop.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(USAGE)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or the interpreter complains at exit
        sys.exit(FAILED)
    except (KeyboardInterrupt, click.Abort):
        fail("interrupted", INTERRUPTED)
    except Exception as error:
        if interrupts:  # it came while an extension was loading, which made another error of it
            fail("interrupted", INTERRUPTED)
        fail_with(error)
    finally:
        signal.signal(signal.SIGINT, before)
    sys.exit(0)


def _show_warning(message: Warning | str, category: type[Warning], *_: Any, **__: Any) -> None:
    sys.stderr.write(f"oddsmith: warning: {message}\n")  # not through click, which would write over a line of progress
