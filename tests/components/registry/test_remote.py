"""The store on a filesystem that only Beam knows: an object store in memory, which fails where it is told to."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from apache_beam.io.filesystem import BeamIOError, CompressionTypes, FileMetadata, FileSystem

from components.registry.recheck import recheck
from components.registry.remote import pull, push
from components.registry.retention import discard_old
from components.registry.store import Store, StoreError
from pipeline.cli import main

Publish = Callable[..., str]
URI = "objects://bucket/models"


class ObjectStore(FileSystem):
    """Objects by name: no folders, no rename, and an object is there once its writer has closed it."""

    objects: dict[str, bytes] = {}
    writes_left = 10**9

    @classmethod
    def scheme(cls) -> str:
        return "objects"

    def has_dirs(self) -> bool:
        return False

    def join(self, basepath: str, *paths: str) -> str:
        return "/".join([basepath.rstrip("/"), *paths])

    def split(self, path: str) -> tuple[str, str]:
        head, _, tail = path.rpartition("/")
        return head, tail

    def mkdirs(self, path: str) -> None:
        """There are no folders to make."""

    def _list(self, dir_or_prefix: str) -> Iterator[FileMetadata]:
        for name, content in sorted(self.objects.items()):
            if name.startswith(dir_or_prefix):
                yield FileMetadata(name, len(content))

    def create(self, path: str, mime_type: str = "", compression_type: str = CompressionTypes.AUTO) -> Any:
        objects = self.objects

        class Writer(io.BytesIO):
            def close(self) -> None:
                if not self.closed:
                    if ObjectStore.writes_left <= 0:
                        raise OSError("the connection was cut")
                    ObjectStore.writes_left -= 1
                    objects[path] = self.getvalue()
                super().close()

        return Writer()

    def open(self, path: str, mime_type: str = "", compression_type: str = CompressionTypes.AUTO) -> Any:
        if path not in self.objects:
            raise BeamIOError("not found", {path: KeyError(path)})
        return io.BytesIO(self.objects[path])

    def exists(self, path: str) -> bool:
        return path in self.objects

    def delete(self, paths: list[str]) -> None:
        for path in paths:
            del self.objects[path]

    def size(self, path: str) -> int:
        return len(self.objects[path])

    def copy(self, *arguments: Any) -> None:
        raise NotImplementedError

    rename = last_updated = checksum = metadata = copy


@pytest.fixture(autouse=True)
def empty() -> None:
    ObjectStore.objects.clear()
    ObjectStore.writes_left = 10**9


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "here")


@pytest.fixture
def elsewhere(tmp_path: Path) -> Callable[[], Store]:
    """What another machine sees of the remote store now."""

    def seen() -> Store:
        root = tmp_path / "elsewhere"
        shutil.rmtree(root, ignore_errors=True)
        pull(URI, root)
        return Store(root)

    return seen


def test_a_pushed_version_is_live_and_sound_on_another_machine(
    store: Store, publish_tiny: Publish, elsewhere: Callable[[], Store]
) -> None:
    push(store.root, URI, publish_tiny(store))
    seen = elsewhere()
    assert (seen.current(), seen.versions(), recheck(seen).problems) == ("000001", ["000001"], [])
    assert seen.model("000001") == store.model("000001")


def test_a_rollback_there_is_seen_here_with_what_it_withdrew(
    store: Store, publish_tiny: Publish, elsewhere: Callable[[], Store]
) -> None:
    push(store.root, URI, publish_tiny(store, b"1"))
    push(store.root, URI, publish_tiny(store, b"2"))
    other = elsewhere()
    other.rollback()
    push(other.root, URI)
    pull(URI, store.root)
    assert store.current() == "000001"
    assert store.withdrawn() == [store.digest("000002")]


def test_numbers_go_on_from_the_highest_of_both(
    store: Store, publish_tiny: Publish, elsewhere: Callable[[], Store]
) -> None:
    push(store.root, URI, publish_tiny(store, b"1"))
    other = elsewhere()
    push(other.root, URI, publish_tiny(other, b"2"))
    pull(URI, store.root)
    assert publish_tiny(store, b"3") == "000003"


def test_two_that_pushed_one_number_are_told_apart_and_nothing_is_overwritten(
    store: Store, publish_tiny: Publish, elsewhere: Callable[[], Store]
) -> None:
    push(store.root, URI, publish_tiny(store, b"1"))
    other = elsewhere()
    push(store.root, URI, publish_tiny(store, b"mine"))
    before = dict(ObjectStore.objects)
    publish_tiny(other, b"theirs")
    with pytest.raises(StoreError, match=r"version 000002 of .*two places have pushed there"):
        push(other.root, URI, "000002")
    with pytest.raises(StoreError, match="two places have pushed there"):
        pull(URI, other.root)
    assert before == ObjectStore.objects


def _is_cut(store: Store, before: dict[str, bytes], writes: int) -> bool:
    """Pushes 000002 onto what was there before, over a line that holds for so many writes; whether it broke."""
    ObjectStore.objects.clear()
    ObjectStore.objects.update(before)
    ObjectStore.writes_left = writes
    try:
        push(store.root, URI, "000002")
    except StoreError as error:
        return "objects://bucket/models cannot be used as a store: the connection was cut" in str(error)
    return False


def test_a_cut_at_any_write_leaves_the_old_model_live_and_sound(
    store: Store, publish_tiny: Publish, elsewhere: Callable[[], Store]
) -> None:
    push(store.root, URI, publish_tiny(store, b"old"))
    before = dict(ObjectStore.objects)
    publish_tiny(store, b"new")
    slicings = 0
    while _is_cut(store, before, slicings):
        seen = elsewhere()
        assert seen.current() == "000001"
        assert [problem for version in seen.versions() for problem in seen.problems(version)] == []
        slicings += 1
    assert slicings == 6, "model, vectors, source, manifest, the counter and the pointer"
    assert elsewhere().current() == "000002"
    ObjectStore.writes_left = 10**9
    push(store.root, URI, "000002")
    assert elsewhere().current() == "000002"


def test_what_is_pruned_here_is_pruned_there(
    store: Store, publish_tiny: Publish, elsewhere: Callable[[], Store]
) -> None:
    for number in range(4):
        push(store.root, URI, publish_tiny(store, bytes([number])), discard_old(store, 2))
    assert elsewhere().versions() == store.versions() == ["000003", "000004"]
    assert not [name for name in ObjectStore.objects if "/000001/" in name]


def test_a_store_that_is_begun_late_gets_every_version(
    store: Store, publish_tiny: Publish, elsewhere: Callable[[], Store]
) -> None:
    publish_tiny(store, b"1")
    pull(URI, store.root)
    assert store.current() == "000001", "an empty remote store changes nothing here"
    push(store.root, URI, publish_tiny(store, b"2"))
    assert elsewhere().versions() == ["000001", "000002"]


def test_a_filesystem_that_is_not_known_is_named_with_beams_remedy(store: Store) -> None:
    with pytest.raises(StoreError, match=r"nowhere://x cannot be used as a store: .*apache-beam\["):
        pull("nowhere://x", store.root)


def test_the_commands_work_on_a_folder_by_way_of_beam(
    tmp_path: Path, store: Store, publish_tiny: Publish, capsys: pytest.CaptureFixture[str]
) -> None:
    share = tmp_path / "share" / "models"
    for number in range(2):
        push(store.root, str(share), publish_tiny(store, bytes([number])))

    def said(*arguments: str) -> tuple[int, Any]:
        with pytest.raises(SystemExit) as ending:
            main([*arguments, "--store", str(share)])
        return int(ending.value.code or 0), capsys.readouterr().out

    assert said("verify")[0] == 0
    assert json.loads(said("rollback", "--json")[1]) == {"left": "000002", "live": "000001"}
    marks = {one["version"]: (one["live"], one["withdrawn"]) for one in json.loads(said("versions", "--json")[1])}
    assert marks == {"000001": (True, False), "000002": (False, True)}
    assert Store(share).current() == "000001", "the layout there is that of a local store"
    (share / "000001" / "model.tflite").write_bytes(b"other")
    assert said("verify")[0] == 3
