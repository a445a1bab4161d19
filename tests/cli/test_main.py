import os
import signal
import subprocess
import sys
import time

import pytest

from oddsmith.cli import COMMANDS
from oddsmith.sources import as_csv
from tests.problems import generate


def test_help_and_version(run):
    code, out, _ = run("--help")
    assert code == 0
    for command in COMMANDS:
        assert f"  {command} " in out
    assert run("--version")[1].startswith("oddsmith 0.")
    assert "--test-size" in run("fit --help")[1]


@pytest.mark.parametrize("command", [(), *((name,) for name in COMMANDS)], ids=lambda c: " ".join(c) or "group")
def test_help_costs_click_alone(command):
    code = f"""
import sys
from oddsmith.cli import main
try:
    main([*{command}, "--help"])
except SystemExit as stop:
    assert stop.code == 0
print(*(name.split(".")[0] for name in sys.modules), file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("Usage: oddsmith")
    outside = {"numpy", "scipy", "sklearn", "pandas", "pyarrow", "matplotlib", "rich", "narwhals", "formulaic"}
    assert not outside & set(done.stderr.split())


def test_as_a_process_it_is_quiet_on_a_broken_pipe(run, tmp_path):
    run("fit data.csv --target died --out m.json")
    line = f"{sys.executable} -m oddsmith predict m.json data.csv | head -n 1"
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.stdout == "prediction,probability\n"
    assert done.stderr == ""


@pytest.mark.slow
def test_an_interrupt_exits_with_130(tmp_path):
    problem = generate(300_000, 8, 1)
    columns = {f"x{j}": problem.X[:, j] for j in range(8)} | {"y": problem.y}
    (tmp_path / "big.csv").write_bytes(as_csv(**columns))
    command = [sys.executable, "-m", "oddsmith", "fit", "big.csv", "--target", "y"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path, text=True)
    time.sleep(0.35)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=20)
    assert process.returncode in (130, -signal.SIGINT)  # the latter: before Python was up
    assert "Traceback" not in errors or process.returncode != 130
    assert os.path.exists(tmp_path / "big.csv")
