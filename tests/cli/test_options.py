import click
import pytest

from oddsmith.cli import COMMANDS, cli


@pytest.mark.parametrize("name", ["delimiter", "as_json", "level", "model", "data"])
def test_what_several_commands_take_means_the_same_in_each(name):
    context = click.Context(cli)
    parameters = [p for command in COMMANDS for p in cli.get_command(context, command).params if p.name == name]
    assert len(parameters) > 1
    assert all(p.to_info_dict() == parameters[0].to_info_dict() for p in parameters)
