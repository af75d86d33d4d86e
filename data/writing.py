"""Files that a user names: each gets its name when it is whole, and a place that takes none is told in words."""

import errno
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from data.errors import DataError


def is_device(path: Path) -> bool:
    """Whether a path is there and neither file nor folder, such as `/dev/stdout`; it is written in place."""
    # Not by pathlib, which raises where a folder above may not be searched.
    return os.path.exists(path) and not os.path.isfile(path) and not os.path.isdir(path)  # noqa: PTH110, PTH112, PTH113


@contextmanager
def written_whole(path: Path) -> Iterator[BinaryIO]:
    """A stream whose file takes its name when the block has ended well, and is gone when it has not.

    Raises:
        OSError: the place cannot be written, is a folder, or is full.
    """
    if is_device(path):
        with path.open("wb") as stream:
            yield stream
        return
    if os.path.isdir(path):  # noqa: PTH112
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    aside = path.parent / f".farelite-{uuid.uuid4().hex}"
    with aside.open("xb") as stream:
        try:
            yield stream
            stream.flush()
            aside.replace(path)
        except BaseException:
            aside.unlink(missing_ok=True)
            raise


def write_text(path: Path, text: str, option: str = "--output") -> None:
    """Puts a text in its place in one step.

    Raises:
        DataError: the place cannot be written.
    """
    try:
        with written_whole(path) as stream:
            stream.write(text.encode())
    except OSError as error:
        raise DataError(f"cannot write {path}: {error.strerror or error}; give another place by {option}") from error
