import os
import shutil
import subprocess
import sys

import pytest


def completed(line, shell="bash"):
    """What the package says to a shell that asks how the line could go on."""
    words = line.split(" ")
    environment = {"COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1), "_ODDSMITH_COMPLETE": f"{shell}_complete"}
    command = [sys.executable, "-m", "oddsmith"]
    done = subprocess.run(command, env=os.environ | environment, capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_commands_options_and_choices_are_completed():
    assert completed("oddsmith ev") == ["plain,evaluate"]
    assert completed("oddsmith fit --pen") == ["plain,--penalty"]
    assert completed("oddsmith fit data.csv --penalty e") == ["plain,elastic-net"]
    assert completed("oddsmith completion z") == ["plain,zsh"]


@pytest.mark.parametrize("line", ["fit da", "predict mo", "predict m.json da", "summary mo", "fit d.csv --out mo"])
def test_paths_are_left_to_the_shell(line):
    assert [answer.split(",")[0] for answer in completed(f"oddsmith {line}")] == ["file"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_is_given_a_script_for_the_command(run, shell):
    code, script, err = run(f"completion {shell}")
    assert (code, err) == (0, "")
    assert f"_ODDSMITH_COMPLETE={shell}_complete" in script
    if shutil.which(shell):  # where that shell is, it must at least read it
        subprocess.run([shell, "-n"], input=script, text=True, check=True)


def test_bash_completes_with_it(run, tmp_path):
    _, script, _ = run("completion bash")
    (tmp_path / "oddsmith").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m oddsmith "$@"\n')
    (tmp_path / "oddsmith").chmod(0o755)
    ask = "COMP_WORDS=(oddsmith sum); COMP_CWORD=1; _oddsmith_completion oddsmith; echo ${COMPREPLY[@]}"
    environment = os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    done = subprocess.run(["bash", "-c", script + ask], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "summary\n"


def test_another_shell_is_refused(run):
    assert run("completion powershell")[0] == 2
