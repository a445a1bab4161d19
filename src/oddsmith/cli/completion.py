"""`oddsmith completion`: the script that lets a shell complete what is typed."""

from __future__ import annotations

import click


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def command(context: click.Context, shell: str) -> None:
    r"""Print the completion script of a shell.

    \b
    bash: eval "$(oddsmith completion bash)" in ~/.bashrc
    zsh:  eval "$(oddsmith completion zsh)" in ~/.zshrc, after compinit
    fish: oddsmith completion fish > ~/.config/fish/completions/oddsmith.fish
    """
    from click.shell_completion import get_completion_class

    script = get_completion_class(shell)
    assert script is not None
    click.echo(script(context.find_root().command, {}, "oddsmith", "_ODDSMITH_COMPLETE").source())
