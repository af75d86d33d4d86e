"""Files that a user names are whole or not there, and a place that takes none is told in words."""

from pathlib import Path

import pytest

from data.errors import DataError
from data.writing import write_text, written_whole


def test_a_text_takes_the_place_of_another_in_one_step(tmp_path):
    for text in ("one", "two, é"):
        write_text(tmp_path / "page.txt", text)
        assert (tmp_path / "page.txt").read_text(encoding="utf-8") == text
    assert [path.name for path in tmp_path.iterdir()] == ["page.txt"]


@pytest.mark.parametrize("name", ["absent/page", ".", "page.txt/below", "n" * 300])
def test_a_place_that_takes_no_file_is_named_with_the_option(tmp_path, name):
    (tmp_path / "page.txt").write_text("old")
    with pytest.raises(DataError, match=r"cannot write .*; give another place by --figure"):
        write_text(tmp_path / name, "new", "--figure")
    assert [path.name for path in tmp_path.iterdir()] == ["page.txt"]


def test_a_full_device_is_said():
    with pytest.raises(DataError, match="cannot write /dev/full: No space left on device"):
        write_text(Path("/dev/full"), "text" * 9000)


def test_a_write_that_fails_half_way_leaves_the_old_file(tmp_path):
    (tmp_path / "page").write_text("old")
    with pytest.raises(TypeError), written_whole(tmp_path / "page") as stream:
        stream.writelines([b"new", None])
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("page", "old")]
