"""What takes longer than a second says so: a line on stderr with a spinner, the stage, and its seconds."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from threading import Lock, Timer
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.live import Live

PATIENCE = 1.0  # seconds of silence


@contextmanager
def stage(name: str) -> Iterator[None]:
    """Show the name of what is going on inside; nothing where stderr is no terminal, or a dumb one, or without rich."""
    if not sys.stderr.isatty() or os.environ.get("TERM", "dumb") == "dumb":
        yield
        return
    line = Line(name)
    timer = Timer(PATIENCE, line.show)
    timer.daemon = True
    try:
        # the thread inherits the mask: an interrupt must go to the main thread, or what that waits for goes on
        with _interrupts_elsewhere():
            timer.start()
        yield
    finally:
        timer.cancel()
        line.clear()


@contextmanager
def _interrupts_elsewhere() -> Iterator[None]:
    """A thread started here is never interrupted. Windows has no such masks, and needs none."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)


def reading(data: str) -> AbstractContextManager[None]:
    """The stage of reading a file, or standard input; silent where that is typed at the terminal."""
    if data == "-":
        return nullcontext() if sys.stdin.isatty() else stage("reading standard input")
    return stage(f"reading {data}")


class Line:
    """The line: another thread shows it, if it comes to that; the one that began it clears it."""

    def __init__(self, name: str) -> None:
        self._name, self._began = name, monotonic()
        self._lock, self._over = Lock(), False
        self._live: Live | None = None

    def show(self) -> None:
        """Draw the line, and again several times a second."""
        try:
            from rich.console import Console
            from rich.live import Live
            from rich.spinner import Spinner
            from rich.text import Text
        except ImportError:
            return
        spinner = Spinner("line")  # ASCII: every terminal has it

        def drawn() -> Text:
            line = Text(no_wrap=True, overflow="ellipsis")  # never two lines, however long the name of a file
            frame = spinner.render(monotonic())
            return line.append(str(frame)).append(f" {self._name}, {monotonic() - self._began:.0f} s")

        live = Live(
            get_renderable=drawn, console=Console(stderr=True), transient=True, redirect_stdout=False,
            refresh_per_second=10,
        )  # fmt: skip
        with self._lock:
            if not self._over:
                self._live = live
                live.start(refresh=True)

    def clear(self) -> None:
        """Take the line away, or keep it from coming."""
        with self._lock:
            self._over = True
            if self._live is not None:
                self._live.stop()
