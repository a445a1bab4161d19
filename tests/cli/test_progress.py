"""What a person at a terminal sees, through a real one."""

import os
import pty
import re
import select
import subprocess
import sys
import time

import pytest

pytestmark = pytest.mark.slow

HIDDEN, SHOWN = "\x1b[?25l", "\x1b[?25h"  # the cursor
BEGIN = """
import sys, time
from oddsmith.cli import main, progress
progress.PATIENCE = 0.05
from oddsmith.cli.progress import stage
"""
WAIT = """
with stage("reading [bold]data.csv"):
    time.sleep(0.6)
print("rich" in sys.modules)
"""


def at_a_terminal(code, *, interrupt_at=None, **environment):
    """Run Python at a terminal: its exit code, and all that the terminal was sent. ^C comes after the text given."""
    given = {"TERM": "xterm-256color", "COLUMNS": "80", **environment}
    pid, terminal = pty.fork()
    if pid == 0:
        kept = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR")}
        os.execve(sys.executable, [sys.executable, "-c", code], kept | given)
    sent, deadline = b"", time.monotonic() + 30
    while time.monotonic() < deadline:
        if not select.select([terminal], [], [], 0.1)[0]:
            continue
        try:
            more = os.read(terminal, 4096)
        except OSError:  # how Linux says that the other side is closed
            break
        sent += more
        if not more:
            break
        if interrupt_at is not None and interrupt_at in sent:
            os.write(terminal, b"\x03")
            interrupt_at = None
    _, status = os.waitpid(pid, 0)
    os.close(terminal)
    return os.waitstatus_to_exitcode(status), sent.decode()


def test_a_line_tells_the_stage_and_vanishes():
    code, sent = at_a_terminal(BEGIN + WAIT)
    assert code == 0
    assert "reading [bold]data.csv, 0 s" in sent
    assert sent.count(HIDDEN) == sent.count(SHOWN) == 1
    left = re.split(r"\x1b\[2K", sent)[-1]  # what stands after the last line was erased
    assert left.split() == ["True"]


def test_no_color_means_no_color():
    _, sent = at_a_terminal(BEGIN + WAIT, NO_COLOR="1")
    assert "data.csv" in sent
    assert not re.search(r"\x1b\[[\d;]*m", sent)


@pytest.mark.parametrize(
    ("code", "environment"),
    [
        (BEGIN + WAIT, {"TERM": "dumb"}),
        (BEGIN + "sys.modules['rich'] = None" + WAIT.replace("print", ""), {}),
        (BEGIN.replace("0.05", "1.0") + WAIT, {}),
    ],
    ids=["a dumb terminal", "no rich", "done before a second is over"],
)
def test_nothing_is_shown_or_even_imported(code, environment):
    assert at_a_terminal(code, **environment) in ((0, "False\r\n"), (0, ""))


def test_nothing_is_shown_where_stderr_is_no_terminal():
    done = subprocess.run([sys.executable, "-c", BEGIN + WAIT], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("False\n", "")


def test_a_warning_stands_on_a_line_of_its_own():
    code = BEGIN + (
        "import warnings\n"
        "from oddsmith import ConvergenceWarning, cli\n"
        "warnings.showwarning = cli._show_warning\n"
        "with stage('fitting'):\n"
        "    time.sleep(0.6); warnings.warn('beware', ConvergenceWarning); time.sleep(0.2)\n"
    )
    _, sent = at_a_terminal(code)
    assert "\x1b[2Koddsmith: warning: beware\r\n" in sent


def test_an_interrupt_gives_the_cursor_back(tmp_path):
    (tmp_path / "data.csv").write_text("x,y\n1,0\n2,1\n")
    slow = "import oddsmith\noddsmith.read = lambda *a, **k: time.sleep(20)\n"
    call = f"main(['fit', {str(tmp_path / 'data.csv')!r}, '--target', 'y'])"
    code, sent = at_a_terminal(BEGIN + slow + call, interrupt_at=b"reading")
    assert code == 130
    assert sent.rindex(SHOWN) > sent.rindex(HIDDEN)
    assert sent.endswith("oddsmith: interrupted\r\n")
    assert "Traceback" not in sent
