from __future__ import annotations

from pathlib import Path

import pytest

from components.registry.retention import discard_old
from components.registry.store import CorruptError, Store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "models")


def test_the_newest_versions_stay(store: Store, publish_tiny) -> None:
    for n in range(5):
        publish_tiny(store, bytes([n]))
    assert discard_old(store, 3) == ["000001", "000002"]
    assert store.versions() == ["000003", "000004", "000005"]
    assert [store.problems(version) for version in store.versions()] == [[], [], []]


def test_the_live_version_and_the_one_before_it_stay_however_old(store: Store, publish_tiny) -> None:
    for n in range(5):
        publish_tiny(store, bytes([n]))
    store.rollback("000002")
    assert discard_old(store, 2) == ["000003"]
    assert store.current() == "000002"
    assert store.rollback() == ("000002", "000001")


def test_a_withdrawn_version_is_not_the_one_before(store: Store, publish_tiny) -> None:
    for n in range(4):
        publish_tiny(store, bytes([n]))
    store.rollback("000002")  # withdraws 000004
    store.rollback("000003")
    store.rollback("000001")  # withdraws 000003
    publish_tiny(store, b"new")
    publish_tiny(store, b"newer")
    publish_tiny(store, b"newest")
    assert discard_old(store, 2) == ["000001", "000002", "000003", "000004", "000005"]
    assert store.rollback() == ("000007", "000006")


def test_numbers_of_removed_versions_are_not_used_again(store: Store, publish_tiny) -> None:
    for n in range(4):
        publish_tiny(store, bytes([n]))
    discard_old(store, 2)
    assert publish_tiny(store, b"x") == "000005"


def test_nothing_goes_while_current_cannot_be_read(store: Store, publish_tiny) -> None:
    for n in range(3):
        publish_tiny(store, bytes([n]))
    (store.root / "current").write_text("000009")
    with pytest.raises(CorruptError, match="000009"):
        discard_old(store, 2)
    assert len(store.versions()) == 3


def test_fewer_than_two_are_not_kept(store: Store) -> None:
    with pytest.raises(ValueError, match="at least 2"):
        discard_old(store, 1)
