"""A disk that is full, read-only or barred, told in words: by a real small file system where one may be mounted."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.causes import unwritable
from pipeline.cli import _guarded


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A file system of 300 kB."""
    place = tmp_path / "small"
    place.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=300k", "none", place], capture_output=True, check=False)
    if made.returncode:
        pytest.skip(f"no file system may be mounted here: {made.stderr.decode().strip()}")
    yield place
    subprocess.run(["umount", place], check=True)


def fill(path: Path) -> OSError:
    with pytest.raises(OSError, match="No space left") as full:
        path.write_bytes(bytes(1_000_000))
    return full.value


def test_a_full_disk_is_named_with_what_is_left_and_what_to_do(small: Path) -> None:
    told = unwritable(fill(small / "weights"), [small / "runs"])
    assert told is not None
    assert told.startswith(f"the file system of {small} is full, 0 MB left on it: free some (`farelite clean --yes`")
    assert told.endswith("Nothing was published; the live model is as it was")


def test_words_of_a_library_without_a_path_mean_the_fullest_folder(small: Path) -> None:
    fill(small / "weights")
    for words in ("disk I/O: database or disk is full", "RESOURCE_EXHAUSTED: No space left on device [while running]"):
        told = unwritable(RuntimeError(words), [small / "runs"])
        assert told is not None
        assert f"the file system of {small} is full" in told


def test_a_read_only_file_system_is_no_full_one(small: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", small], check=True)
    with pytest.raises(OSError, match="Read-only") as barred:
        (small / "weights").write_bytes(b"1")
    told = unwritable(barred.value, [small])
    assert told is not None
    assert told.startswith(f"the file system of {small} is read-only: mount it for writing or choose another")


@pytest.mark.parametrize(
    ("number", "words"),
    [(errno.EDQUOT, "is full"), (errno.EFBIG, "is full"), (errno.EACCES, "bars this user"), (errno.EROFS, "read-only")],
)
def test_the_cause_is_found_however_deep_it_is_wrapped(tmp_path: Path, number: int, words: str) -> None:
    try:
        try:
            raise OSError(number, os.strerror(number), str(tmp_path / "file"))
        except OSError as error:
            raise RuntimeError("a step failed") from error
    except RuntimeError as error:
        told = unwritable(error, [tmp_path])
    assert told is not None
    assert words in told


def test_other_errors_are_none_of_the_disk(tmp_path: Path) -> None:
    assert unwritable(FileNotFoundError(errno.ENOENT, "no such file", "x"), [tmp_path]) is None
    assert unwritable(ValueError("bad"), [tmp_path]) is None


def test_a_full_disk_is_bad_input_and_no_traceback(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def command() -> None:
        (small / "weights").write_bytes(bytes(1_000_000))

    assert _guarded(command, [small]) == 2
    said = capsys.readouterr().err
    assert said.startswith("error: the file system of")
    assert "Traceback" not in said


@pytest.mark.slow
def test_a_run_into_a_full_disk_ends_in_words(small: Path) -> None:
    script = [sys.executable, "-m", "pipeline", "run", "--runs-dir", str(small / "runs")]
    done = subprocess.run(script, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 2, done.stderr
    assert f"error: the file system of {small}" in done.stderr
    assert "is full" in done.stderr
    assert "Traceback" not in done.stderr
