"""Files that are written whole or not at all."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

from oddsmith.errors import DataError


def write_atomically(path: str | os.PathLike[str], content: bytes) -> None:
    """To a temporary file beside it, flushed to disk, then renamed over it."""
    target = Path(os.path.realpath(path))  # through a link, not over it
    temporary = ""
    if target.exists() and not target.is_file() and not target.is_dir():
        _write_through(target, content)  # a device or a pipe is written to, never replaced
        return
    try:
        handle, temporary = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        mode = target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~_umask()
        os.chmod(temporary, mode)
        os.replace(temporary, target)
    except OSError as error:
        if temporary:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
        reason = "it is a folder" if target.is_dir() else error.strerror or str(error)
        raise DataError("The output cannot be written", f"{target}: {reason}", "Choose another place.") from None


def _write_through(target: Path, content: bytes) -> None:
    try:
        target.write_bytes(content)
    except OSError as error:
        raise DataError("The output cannot be written", f"{target}: {error.strerror}", "Choose another.") from None


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
