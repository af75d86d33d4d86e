"""Cleaning frees what no version needs, and nothing that one does."""

import hashlib
import json
from pathlib import Path

import pytest

from components.registry.soundness import CorruptError
from pipeline.lineage.answer import ask
from pipeline.lineage.cleaning import carry_out, plan
from pipeline.lineage.connection import open_metadata
from pipeline.lineage.errors import LineageError
from pipeline.lineage.questions import Lineage
from pipeline.settings.metadata import Metadata


@pytest.fixture
def laid_out(runs, bare_version):
    """Every artifact of the twelve runs has a file of 100 bytes; the versions 5 and 10 are there."""
    store = open_metadata(Metadata(), runs.paths)
    for artifact in Lineage(store).all_artifacts().values():
        folder = Path(artifact.uri)
        folder.mkdir(parents=True)
        (folder / "file").write_bytes(b"x" * 100)
    for version in ("000005", "000010"):
        number = int(version) - 1
        run = next(run for run in runs.runs if ask(version, runs.paths.root.parent, None).run == run)
        bare_version(runs.paths, version, runs.pushed[number][1], b"", run)
    return runs, store


def test_what_a_kept_version_rests_on_is_never_named(laid_out):
    runs, store = laid_out
    needed = {
        one.uri
        for version in ("000005", "000010")
        for one in ask(version, runs.paths.root.parent, None).chain.artifacts.values()
    }
    found = plan(store, runs.paths, keep_runs=0)
    assert found.versions == ["000005", "000010"]
    assert not needed & {one.path for one in found.items}
    everything = {str(path) for path in runs.paths.artifacts.glob("*/*/*")}
    assert {one.path for one in found.items} == everything - needed
    assert (found.bytes, found.kept_bytes) == (100 * len(found.items), 100 * len(needed))


def test_a_plan_touches_nothing(laid_out):
    runs, store = laid_out
    before = sorted(runs.paths.artifacts.rglob("*"))
    plan(store, runs.paths, keep_runs=1)
    assert sorted(runs.paths.artifacts.rglob("*")) == before


def test_after_a_clean_the_kept_lineage_is_whole_and_the_rest_is_marked_as_freed(laid_out):
    runs, store = laid_out
    carry_out(store, plan(store, runs.paths, keep_runs=0))
    root = runs.paths.root.parent
    for version in ("000005", "000010"):
        assert {one["state"] for one in ask(version, root, None).to_json()["artifacts"]} == {"there"}
    gone = ask("000001", root, None).to_json()["artifacts"]
    assert "freed" in {one["state"] for one in gone}
    assert "missing" not in {one["state"] for one in gone}
    assert plan(store, runs.paths, keep_runs=0).items == []


def test_the_newest_runs_keep_their_artifacts(laid_out):
    runs, store = laid_out
    wide, narrow = plan(store, runs.paths, keep_runs=12), plan(store, runs.paths, keep_runs=0)
    assert wide.items == []
    assert len(narrow.items) > 20
    two = plan(store, runs.paths, keep_runs=2)
    assert two.runs == runs.runs[::-1][:2]
    kept = {one.uri for one in Lineage(store).chain(runs.runs[-1]).artifacts.values()}
    assert not kept & {one.path for one in two.items}


def test_what_a_crashed_run_left_behind_is_freed_too(laid_out):
    runs, store = laid_out
    left = runs.paths.artifacts / "Trainer" / "model" / "9999"
    left.mkdir()
    (left / "half").write_bytes(b"y" * 7)
    (item,) = [one for one in plan(store, runs.paths, keep_runs=12).items if one.path == str(left)]
    assert (item.artifact, item.step, item.key, item.bytes) == (None, "Trainer", "model", 7)
    carry_out(store, plan(store, runs.paths, keep_runs=12))
    assert not left.exists()


def test_a_clean_that_was_killed_half_way_is_finished_by_the_next(laid_out):
    runs, store = laid_out
    wanted = plan(store, runs.paths, keep_runs=0)
    carry_out(store, type(wanted)(wanted.items[:1], [], [], 0))
    Path(wanted.items[0].path).mkdir()  # marked as deleted, and its folder still there
    assert wanted.items[0].path in {one.path for one in plan(store, runs.paths, keep_runs=0).items}


def test_a_version_of_an_unknown_run_stops_the_clean(laid_out, bare_version):
    runs, store = laid_out
    bare_version(runs.paths, "000011", hashlib.sha256(b"").hexdigest(), b"", "of-another-store")
    with pytest.raises(LineageError, match="version 000011 came from run 'of-another-store', which the metadata store"):
        plan(store, runs.paths, keep_runs=1)


def test_a_damaged_manifest_stops_the_clean(laid_out):
    runs, store = laid_out
    (runs.paths.models / "000005" / "model.json").write_text(json.dumps([1]))
    with pytest.raises(CorruptError, match="holds no JSON object"):
        plan(store, runs.paths, keep_runs=1)
