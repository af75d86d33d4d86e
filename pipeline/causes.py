"""What lies behind an error, however deep it is wrapped: Ctrl-C, or a place that is full, read-only or barred."""

import errno
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def is_interrupt(error: BaseException | None) -> bool:
    """Whether Ctrl-C lies behind an error: one that hits Beam's in-process runner comes out as a RuntimeError."""
    return any(isinstance(one, KeyboardInterrupt) for one in _chain(error))


_FULL, _READ_ONLY, _BARRED = "is full", "is read-only", "bars this user"
_BY_NUMBER = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EFBIG: _FULL,
    errno.EROFS: _READ_ONLY,
    errno.EACCES: _BARRED,
    errno.EPERM: _BARRED,
}
_BY_WORDS = {
    "No space left on device": _FULL,
    "Disk quota exceeded": _FULL,
    "database or disk is full": _FULL,
    "Read-only file system": _READ_ONLY,
    "attempt to write a readonly database": _READ_ONLY,
}
"""TensorFlow, Beam and ML Metadata raise errors of their own, with the system's words in them."""

_REMEDIES = {
    _FULL: "free some (`farelite clean --yes` removes artifacts of runs whose version is gone) or choose another",
    _READ_ONLY: "mount it for writing or choose another",
    _BARRED: "give this user the right to or choose another",
}
_SMALL_BYTES = 16_000_000


def unwritable(error: BaseException | None, folders: Iterable[Path]) -> str | None:
    """What is wrong with the disk, where, and what to do; None for another kind of error.

    Args:
        error: with its causes.
        folders: that the command writes to, to name the one with the least space where the error names none.
    """
    for one in _chain(error):
        seen = _BY_NUMBER.get(one.errno or 0) if isinstance(one, OSError) else None
        seen = seen or next((told for words, told in _BY_WORDS.items() if words in str(one)), None)
        if seen is None:
            continue
        place = _place(one, seen, folders)
        option = "TMPDIR" if place == Path(tempfile.gettempdir()) else "--runs-dir"
        space = f", {_free(place) / 1e6:,.0f} MB left on it" if seen == _FULL else ""
        return (
            f"the file system of {place} {seen}{space}: {_REMEDIES[seen]} by {option}. Nothing was published; the live "
            "model is as it was"
        )
    return None


def _place(error: BaseException, seen: str, folders: Iterable[Path]) -> Path:
    """The nearest folder that exists to what the error names; else the fullest of the command's."""
    named = getattr(error, "filename", None) or next(iter(re.findall(r"(/[^\s:;,'\"\]]+)", str(error))), None)
    path = Path(str(named)) if named else None
    if path is not None and path.is_absolute() and (seen != _FULL or _free(_nearest(path)) < _SMALL_BYTES):
        return _nearest(path)
    return min((_nearest(one) for one in [*folders, Path(tempfile.gettempdir())]), key=_free)


def _nearest(path: Path) -> Path:
    return next(one for one in [path, *path.absolute().parents] if one.is_dir())


def _free(folder: Path) -> int:
    return shutil.disk_usage(folder).free
