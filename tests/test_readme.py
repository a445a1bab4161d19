import doctest
import re
import shlex
from pathlib import Path

import click
import pytest

from oddsmith.cli import cli

ROOT = Path(__file__).parents[1]


def test_the_python_in_the_readme_prints_what_it_says():
    result = doctest.testfile(str(ROOT / "README.md"), module_relative=False, optionflags=doctest.ELLIPSIS)
    assert result.attempted >= 8
    assert result.failed == 0


@pytest.mark.parametrize("line", re.findall(r"^oddsmith [^>|\n]*", (ROOT / "README.md").read_text(), re.M))
def test_the_commands_in_the_readme_exist(line):
    _, name, *arguments = shlex.split(line)
    command = cli.get_command(click.Context(cli), name)
    assert command.make_context(name, arguments)  # raises on what it does not know
