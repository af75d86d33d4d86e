"""Sources on a filesystem that only Beam knows, and copies that go away."""

import io
from pathlib import Path

import pytest
from apache_beam.io.filesystem import CompressionTypes, FileMetadata, FileSystem

from data.errors import DataError
from data.files import fingerprint, local, match
from data.reader import read
from data.sources import locate
from data.spec import Dataset, Label

STORE: dict[str, bytes] = {}


class ShelfFileSystem(FileSystem):
    """An object store in memory, registered with Beam by being a subclass: addresses begin with `shelf://`."""

    @classmethod
    def scheme(cls):
        return "shelf"

    def join(self, basepath, *paths):
        return "/".join([basepath, *paths])

    def split(self, path):
        return tuple(path.rsplit("/", 1))

    def mkdirs(self, path):
        raise NotImplementedError

    def has_dirs(self):
        return False

    def _list(self, dir_or_prefix):
        for path, content in STORE.items():
            if path.startswith(dir_or_prefix):
                yield FileMetadata(path, len(content), 1.0)

    def open(self, path, mime_type=None, compression_type=CompressionTypes.AUTO):
        if path not in STORE:
            raise OSError(f"no object {path}")
        return io.BytesIO(STORE[path])

    def create(self, path, mime_type=None, compression_type=CompressionTypes.AUTO):
        raise NotImplementedError

    def copy(self, source_file_names, destination_file_names):
        raise NotImplementedError

    def rename(self, source_file_names, destination_file_names):
        raise NotImplementedError

    def exists(self, path):
        return path in STORE

    def size(self, path):
        return len(STORE[path])

    def last_updated(self, path):
        return 1.0

    def checksum(self, path):
        return str(hash(STORE[path]))

    def metadata(self, path):
        return FileMetadata(path, self.size(path), 1.0)

    def delete(self, paths):
        raise NotImplementedError


@pytest.fixture(autouse=True)
def shelf():
    STORE.clear()
    for day in (1, 2):
        STORE[f"shelf://trips/2016-01-0{day}/part.csv"] = f"km,fare\n{day},5\n{day},x\n".encode()
        STORE[f"shelf://trips/2016-01-0{day}/_SUCCESS"] = b""
    yield STORE
    STORE.clear()


def describe(source):
    return Dataset(source=source, label=Label(column="fare"), numeric=("km",))


def test_a_source_on_another_filesystem_is_found_and_read():
    dataset = describe("shelf://trips/{YYYY}-{MM}-{DD}/*.csv")
    located = locate(dataset)
    assert located.labels() == ["2016-01-01", "2016-01-02"]
    rows = [batch.columns["km"].to_pylist() for file in located.files for batch in read(dataset, file)]
    assert rows == [[b"1", b"1"], [b"2", b"2"]]


def test_a_row_is_named_by_its_address_and_not_by_the_copy():
    (batch,) = read(describe("-"), "shelf://trips/2016-01-01/part.csv")
    assert batch.file == "shelf://trips/2016-01-01/part.csv"


def test_what_lies_below_an_address_is_its_content():
    assert match("shelf://trips/2016-01-02", "data.source") == ["shelf://trips/2016-01-02/part.csv"]


def test_the_fingerprint_follows_the_checksum_of_the_filesystem(shelf):
    files = match("shelf://trips/2016-01-02", "data.source")
    before = fingerprint(files)
    assert fingerprint(files) == before
    shelf["shelf://trips/2016-01-02/part.csv"] += b"3,4\n"
    assert fingerprint(files) != before


def test_an_address_that_no_filesystem_knows_is_refused():
    with pytest.raises(DataError, match=r"data.source: Beam has no filesystem for nowhere://a/b.csv"):
        match("nowhere://a/b.csv", "data.source")


def test_an_address_without_files_is_named():
    with pytest.raises(DataError, match=r"data.source: no file matches shelf://trips/2017-\*"):
        match("shelf://trips/2017-*", "data.source")


def test_a_file_that_is_gone_is_named():
    with pytest.raises(DataError, match=r"shelf://trips/gone.csv cannot be read: no object shelf://trips/gone.csv"):
        next(read(describe("-"), "shelf://trips/gone.csv"))


def test_a_copy_goes_away_and_a_local_file_is_no_copy(tmp_path):
    with local("shelf://trips/2016-01-01/part.csv") as path:
        assert Path(path).read_bytes().startswith(b"km,fare")
    assert not Path(path).exists()
    with local(str(tmp_path)) as path:
        assert path == str(tmp_path)
