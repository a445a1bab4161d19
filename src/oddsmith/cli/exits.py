"""How a command ends: the exit codes, and what went wrong as one message.

0 done, 1 failed, 2 usage, 3 data invalid, 4 fitted but not trustworthy under --strict, 130 interrupted.
"""

import os
import sys
from typing import NoReturn

import click

from oddsmith.errors import DataError, OddsmithError, SpecificationError

FAILED, USAGE, DATA, UNTRUSTWORTHY, INTERRUPTED = 1, 2, 3, 4, 130


def fail(message: str, code: int) -> NoReturn:
    """Say on stderr what went wrong, and exit."""
    click.echo(f"oddsmith: {message}", err=True)
    sys.exit(code)


def fail_with(error: Exception) -> NoReturn:
    """Exit with the message and the exit code of an error."""
    if isinstance(error, SpecificationError):
        fail(str(error), USAGE)
    if isinstance(error, DataError):
        fail(str(error), DATA)
    if isinstance(error, OddsmithError | OSError | MemoryError):
        fail(str(error) or type(error).__name__, FAILED)
    if os.environ.get("ODDSMITH_DEBUG"):
        raise error
    advice = "This is a defect of oddsmith: please report it, with what ODDSMITH_DEBUG=1 prints."
    fail(f"unexpected {type(error).__name__}: {error}. {advice}", FAILED)
