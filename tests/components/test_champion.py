"""The champion's executor on a real store: what it hands over."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tfx.dsl.components.base.base_executor import BaseExecutor
from tfx.types import standard_artifacts

from components.artifacts import EXISTS, VERSION
from components.champion import LIVE, Champion, Executor
from components.registry.store import Store, StoreError

Publish = Callable[..., str]


def hand_over(folder: Path, models: Path, version: str, push_store: str = "") -> tuple[int, str, bytes]:
    """`exists`, version and weights of what it emits."""
    model: Any = standard_artifacts.Model()
    model.uri = str(folder / "champion")
    told = {"models_dir": str(models), "version": version, "sha256": "", "push_store": push_store, "code": ""}
    assert set(told) == set(Champion.SPEC_CLASS.PARAMETERS)
    Executor(BaseExecutor.Context(tmp_dir=str(folder), unique_id="1")).Do({}, {"model": [model]}, told)
    weights = folder / "champion" / "inner" / "weights"
    return (
        model.get_int_custom_property(EXISTS),
        model.get_string_custom_property(VERSION),
        weights.read_bytes() if weights.exists() else b"",
    )


def test_without_a_live_version_it_says_that_there_is_none(tmp_path: Path) -> None:
    assert hand_over(tmp_path, tmp_path / "models", "") == (0, "", b"")
    assert hand_over(tmp_path, tmp_path / "models", LIVE) == (0, "", b"")


def test_the_version_that_the_runner_saw_is_handed_over(tmp_path: Path, publish_tiny: Publish) -> None:
    store = Store(tmp_path / "models")
    publish_tiny(store, b"1")
    publish_tiny(store, b"2")
    assert hand_over(tmp_path, store.root, "000001") == (1, "000001", b"weights")


def test_where_no_runner_has_looked_it_is_what_is_live_after_a_rollback(tmp_path: Path, publish_tiny: Publish) -> None:
    store = Store(tmp_path / "models")
    publish_tiny(store, b"1")
    publish_tiny(store, b"2")
    store.rollback()
    assert hand_over(tmp_path, store.root, LIVE) == (1, "000001", b"weights")


def test_where_no_runner_has_looked_the_remote_store_is_pulled_first(tmp_path: Path, publish_tiny: Publish) -> None:
    share = Store(tmp_path / "share")
    publish_tiny(share, b"1")
    publish_tiny(share, b"2")
    share.rollback()
    here = tmp_path / "passing" / "models"
    assert hand_over(tmp_path, here, LIVE, str(share.root)) == (1, "000001", b"weights")
    assert Store(here).withdrawn() == share.withdrawn() != []


def test_a_remote_store_that_cannot_be_read_stops_the_step(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="nowhere://x cannot be used as a store"):
        hand_over(tmp_path, tmp_path / "models", LIVE, "nowhere://x")
