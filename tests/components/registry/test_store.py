"""The store under use, misuse, concurrency and sudden death; every file is real."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from components.registry import soundness
from components.registry.recheck import recheck, summaries
from components.registry.store import CorruptError, Store, StoreError, sha256
from tests.proofs import prove_fuzz

Publish = Callable[..., str]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "models")


def reseal(folder: Path, **changes: Any) -> None:
    """Edits a manifest as somebody would who knows about the seal."""
    manifest = {**json.loads((folder / "model.json").read_text()), **changes}
    manifest.pop("seal")
    (folder / "model.json").write_bytes(soundness.as_written({**manifest, "seal": soundness.seal(manifest)}))


def test_an_empty_store_has_no_versions_and_says_how_to_make_one(store: Store) -> None:
    assert store.versions() == []
    assert store.current() is None
    with pytest.raises(StoreError, match="`farelite run` makes the first"):
        store.resolve(None)


def test_a_published_version_is_whole_and_live(store: Store, publish_tiny: Publish, tiny_tflite: bytes) -> None:
    assert publish_tiny(store) == "000001"
    assert store.current() == store.resolve("latest") == "000001"
    assert store.problems("000001") == []
    assert store.model("000001") == tiny_tflite
    manifest = store.manifest("000001")
    assert (manifest["version"], manifest["sha256"]) == ("000001", sha256(tiny_tflite))
    assert (store.folder("000001") / "source" / "inner" / "weights").read_bytes() == b"weights"


def test_versions_count_upwards_and_are_never_used_again(store: Store, publish_tiny: Publish) -> None:
    assert [publish_tiny(store, bytes([n])) for n in range(3)] == ["000001", "000002", "000003"]
    shutil.rmtree(store.folder("000003"))
    assert publish_tiny(store, b"x") == "000004"


@pytest.mark.parametrize("garbage", [b"", b"\xff\xfe", b"none", b"-5", b"99999999999"])
def test_a_damaged_counter_falls_back_on_the_versions_there(
    store: Store, publish_tiny: Publish, garbage: bytes
) -> None:
    publish_tiny(store)
    (store.root / ".highest").write_bytes(garbage)
    assert publish_tiny(store, b"x") == "000002"


def test_an_unknown_version_is_answered_with_those_there_are(store: Store, publish_tiny: Publish) -> None:
    publish_tiny(store)
    with pytest.raises(StoreError, match=r"no version 000009 in .*there are: 000001"):
        store.resolve("000009")


def test_a_rollback_goes_to_the_version_before_and_withdraws_the_one_it_leaves(
    store: Store, publish_tiny: Publish, tiny_tflite: bytes
) -> None:
    publish_tiny(store, b"1")
    publish_tiny(store, b"2")
    assert store.rollback() == ("000002", "000001")
    assert store.current() == "000001"
    assert store.withdrawn() == [sha256(tiny_tflite + b"2")]
    marks = {one.version: (one.live, one.withdrawn) for one in summaries(store)}
    assert marks == {"000001": (True, False), "000002": (False, True)}


def test_a_rollback_to_a_withdrawn_version_takes_it_in_again(store: Store, publish_tiny: Publish) -> None:
    publish_tiny(store, b"1")
    publish_tiny(store, b"2")
    store.rollback()
    assert store.rollback("000002") == ("000001", "000002")
    assert store.withdrawn() == [store.manifest("000001")["sha256"]]


def test_a_rollback_without_a_version_passes_over_withdrawn_ones(store: Store, publish_tiny: Publish) -> None:
    publish_tiny(store, b"1")
    publish_tiny(store, b"2")
    store.rollback()
    publish_tiny(store, b"3")
    assert store.rollback() == ("000003", "000001")


def test_a_rollback_needs_somewhere_to_go(store: Store, publish_tiny: Publish) -> None:
    with pytest.raises(StoreError, match="no version is live"):
        store.rollback()
    publish_tiny(store)
    with pytest.raises(StoreError, match="no version before 000001"):
        store.rollback()
    assert store.current() == "000001"


def test_a_rollback_refuses_a_damaged_version_and_changes_nothing(store: Store, publish_tiny: Publish) -> None:
    publish_tiny(store, b"1")
    publish_tiny(store, b"2")
    (store.folder("000001") / "model.tflite").write_bytes(b"other")
    with pytest.raises(CorruptError, match="000001 is not sound"):
        store.rollback()
    assert store.current() == "000002"
    assert store.withdrawn() == []


@pytest.mark.parametrize("content", [b"{}", b"[]", b"\x00\xff", b"", b'{"sha256": 5}'])
def test_a_live_version_with_a_damaged_manifest_can_be_left(
    store: Store, publish_tiny: Publish, content: bytes
) -> None:
    publish_tiny(store, b"1")
    publish_tiny(store, b"2")
    (store.folder("000002") / "model.json").write_bytes(content)
    assert store.rollback() == ("000002", "000001")


@pytest.mark.parametrize("content", [b"000007\n", b"", b"\xff\xfe\x00", b"../../etc", b"x" * 100_000])
def test_a_damaged_pointer_is_named_and_can_be_mended(store: Store, publish_tiny: Publish, content: bytes) -> None:
    publish_tiny(store)
    (store.root / "current").write_bytes(content)
    with pytest.raises(CorruptError, match="`farelite rollback VERSION` points it"):
        store.current()
    assert store.rollback("000001") == ("none", "000001")
    assert store.current() == "000001"


def test_without_a_pointer_nothing_is_live_until_a_version_is_named(store: Store, publish_tiny: Publish) -> None:
    publish_tiny(store)
    (store.root / "current").unlink()
    assert store.current() is None
    with pytest.raises(
        StoreError, match=r"current is missing, so no version is live.*rollback VERSION.*there are: 000001"
    ):
        store.resolve(None)
    assert store.rollback("000001") == ("none", "000001")


@pytest.mark.parametrize("content", [b"5", b"{}", b"\xff", b"[", b"null"])
def test_a_damaged_list_of_withdrawn_files_is_named_with_a_remedy(store: Store, content: bytes) -> None:
    store.root.mkdir()
    (store.root / "withdrawn.json").write_bytes(content)
    with pytest.raises(CorruptError, match="delete it"):
        store.withdrawn()


def test_each_changed_missing_and_added_file_is_listed(store: Store, publish_tiny: Publish) -> None:
    folder = store.folder(publish_tiny(store))
    (folder / "source" / "inner" / "weights").write_bytes(b"other")
    (folder / "test_vectors.json").unlink()
    (folder / "notes.txt").write_text("hello")
    problems = store.problems("000001")
    assert len(problems) == 3
    for text in ("test_vectors.json is missing", "source is not what was pushed", "notes.txt was not part of the push"):
        assert any(text in one for one in problems)


def test_an_edited_manifest_breaks_its_seal(store: Store, publish_tiny: Publish) -> None:
    path = store.folder(publish_tiny(store)) / "model.json"
    path.write_text(path.read_text().replace('"rmse": 3.5', '"rmse": 1.5'))
    assert any("seal" in one for one in store.problems("000001"))
    with pytest.raises(CorruptError, match="seal"):
        store.model("000001")


def test_a_copied_folder_is_not_another_version(store: Store, publish_tiny: Publish) -> None:
    publish_tiny(store)
    shutil.copytree(store.folder("000001"), store.folder("000002"))
    assert any("is of version '000001', not of 000002" in one for one in store.problems("000002"))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"null",
        b"5",
        b'"text"',
        b"{}",
        b"\x00\xff\xfe garbage",
        b"{",
        b'{"files": 5}',
        b'{"files": {}}',
        b'{"files": {"model.tflite": 5}, "sha256": 5}',
        b'{"files": {"\\u0000": "x", "/etc/passwd": "x"}, "sha256": null}',
        b"[" * 200_000,  # nested deeper than the parser goes
        b"1" * 100_000,
    ],
)
def test_verify_reports_any_manifest_whatever_it_holds(store: Store, publish_tiny: Publish, content: bytes) -> None:
    (store.folder(publish_tiny(store)) / "model.json").write_bytes(content)
    finding = recheck(store)
    assert finding.problems
    assert finding.vectors == 0
    assert [one.version for one in summaries(store)] == ["000001"]


def test_verify_runs_the_test_vectors_of_a_sound_version(store: Store, publish_tiny: Publish) -> None:
    publish_tiny(store)
    finding = recheck(store)
    assert (finding.problems, finding.vectors) == ([], 2)
    assert finding.largest_difference is not None
    assert finding.largest_difference < 0.001


@pytest.mark.parametrize("seed", range(20))
def test_verify_survives_a_mutated_model(store: Store, publish_tiny: Publish, seed: int) -> None:
    path = store.folder(publish_tiny(store)) / "model.tflite"
    chance, content = random.Random(seed), bytearray(path.read_bytes())
    if seed % 2:
        del content[chance.randrange(len(content)) :]
    else:
        content[chance.randrange(len(content))] ^= 0xFF
    path.write_bytes(bytes(content))
    finding = recheck(store)
    assert any("model.tflite is not what was pushed" in one for one in finding.problems)
    assert finding.vectors == 0


@pytest.mark.parametrize(
    ("vectors", "said"),
    [
        ({"tolerance": 0.1, "rows": []}, "no test vectors"),
        ({"tolerance": 0.1, "rows": [{"inputs": {}, "prediction": 1}]}, "cannot be run"),
        ({"tolerance": "wide", "rows": []}, "cannot be run"),
        ([1, 2], "cannot be run"),
        (None, "cannot be run"),
    ],
)
def test_verify_reports_test_vectors_that_were_changed_together_with_their_checksum(
    store: Store, publish_tiny: Publish, vectors: Any, said: str
) -> None:
    folder = store.folder(publish_tiny(store))
    (folder / "test_vectors.json").write_text(json.dumps(vectors))
    files = store.manifest("000001")["files"]
    reseal(folder, files={**files, "test_vectors.json": sha256((folder / "test_vectors.json").read_bytes())})
    (problem,) = recheck(store).problems
    assert said in problem


def test_a_file_of_another_schema_is_told_from_its_inputs(
    store: Store, publish_tiny: Publish, tiny_manifest: dict[str, Any]
) -> None:
    others = [{**one, "name": one["name"].replace("pickup", "start")} for one in tiny_manifest["inputs"]]
    publish_tiny(store, inputs=others)
    (problem,) = recheck(store).problems
    assert problem.startswith("the file takes company (int32), dropoff_lat (float32), ")
    assert "the manifest says company (int32), dropoff_lat (float32), dropoff_lon (float32), passengers" in problem
    assert problem.endswith("it is of another schema")


def test_verify_lists_the_test_vectors_that_differ(
    store: Store, publish_tiny: Publish, tiny_vectors: dict[str, Any]
) -> None:
    tiny_vectors["rows"][1]["prediction"] += 0.5
    publish_tiny(store)
    (problem,) = recheck(store).problems
    assert problem == "test vector 1 differs by 0.5, tolerance 0.01"


def test_a_version_that_cannot_be_read_is_reported(store: Store, publish_tiny: Publish) -> None:
    folder = store.folder(publish_tiny(store))
    (folder / "model.tflite").unlink()
    (folder / "model.tflite").mkdir()
    (folder / "test_vectors.json").unlink()
    os.mkfifo(folder / "test_vectors.json")  # reading one would wait for ever
    problems = recheck(store).problems
    assert any("model.tflite is not what was pushed" in one for one in problems)
    assert any("test_vectors.json is missing" in one for one in problems)


def test_refused_files_are_kept_aside_and_are_no_versions(store: Store) -> None:
    folder = store.refuse(b"model", {"reasons": ["too large"]})
    assert (folder / "model.tflite").read_bytes() == b"model"
    assert store.versions() == []


def test_no_kill_no_full_disk_and_no_race_leaves_anything_unsound() -> None:
    """A seeded share of `make prove-store`, which tells what it counts."""
    script = Path(__file__).resolve().parents[2] / "proofs" / "prove_store.py"
    command = [sys.executable, str(script), "--kills", "12", "--pushes", "8", "--stride", "5", "--seed", "3"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "while writing aside" in done.stdout, "no kill fell into a publication, so nothing was tested"
    assert "race: 3 pushers, 24 pushes, 24 versions" in done.stdout
    assert "pushes with too few free pages" in done.stdout or "full disk: SKIPPED" in done.stdout


def test_what_a_kill_left_aside_is_swept_by_the_next_push(store: Store, publish_tiny: Publish) -> None:
    publish_tiny(store)
    for name in (f".new-{'0' * 32}", f".current.{'1' * 32}", f".withdrawn.json.{'2' * 32}"):
        (store.root / name).write_bytes(b"half")
    publish_tiny(store, b"x")
    assert sorted(path.name for path in store.root.iterdir()) == [".highest", ".lock", "000001", "000002", "current"]


def test_a_failed_write_is_told_with_its_cause_and_changes_nothing(
    store: Store, publish_tiny: Publish, tmp_path: Path
) -> None:
    publish_tiny(store)
    with pytest.raises(
        StoreError, match=r"cannot write to .*No such file or directory.*Nothing half-written is visible"
    ):
        store.publish(b"model", {}, [], tmp_path / "no-such-source")
    assert (store.current(), store.versions()) == ("000001", ["000001"])
    assert not [path for path in store.root.iterdir() if path.name.startswith(".new-")]


def test_verify_accepts_no_mutated_version_and_survives_each(store: Store, publish_tiny: Publish) -> None:
    """A seeded share of `make prove-fuzz`."""
    publish_tiny(store)
    wrong, kinds = prove_fuzz.run_batches(store.folder("000001"), 60, seed=1)
    assert wrong == {"accepted": [], "failed": [], "crashed": []}
    assert kinds.total() >= 60


@pytest.mark.parametrize("first", ["run", "seal"])
def test_not_even_the_order_of_the_manifests_keys_can_be_changed(
    store: Store, publish_tiny: Publish, first: str
) -> None:
    path = store.folder(publish_tiny(store)) / "model.json"
    manifest = json.loads(path.read_text())
    path.write_bytes(soundness.as_written({first: manifest[first], **manifest}))
    assert any("its seal does not fit" in one for one in store.problems("000001"))


def test_a_file_name_that_is_no_unicode_is_reported(store: Store, publish_tiny: Publish) -> None:
    folder = store.folder(publish_tiny(store)) / "source"
    Path(os.fsdecode(os.fsencode(folder) + b"/\xff\xfe")).write_bytes(b"x")
    os.mkfifo(folder / "pipe")
    assert any("source is not what was pushed" in one for one in store.problems("000001"))
