"""Files written whole or not at all, and named as seen from one another."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def write_atomically(file: Path, content: str | bytes) -> None:
    """Write a file (text as UTF-8) so that it is there whole or not at all."""
    written = content.encode() if isinstance(content, str) else content
    if file.exists() and not file.is_file():
        file.write_bytes(written)
        return
    handle, temporary = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(written)
        mask = os.umask(0)
        os.umask(mask)
        os.chmod(temporary, 0o666 & ~mask)
        os.replace(temporary, file)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def seen_from(folder: Path, file: Path) -> str:
    """Give the path of a file from a folder, with forward slashes; the whole path where there is no way from one."""
    try:
        return Path(os.path.relpath(file.resolve(), folder.resolve())).as_posix()
    except ValueError:  # another drive
        return file.resolve().as_posix()
