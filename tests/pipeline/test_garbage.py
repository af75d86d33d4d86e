"""How the collector of garbage is kept from what only grows."""

from __future__ import annotations

import gc

import pytest

from pipeline.garbage import collecting_nothing, collecting_seldom


def test_imports_are_not_looked_through_and_the_collector_is_as_before() -> None:
    frozen = gc.get_freeze_count()
    with collecting_nothing():
        assert not gc.isenabled()
        kept = [[number] for number in range(1000)]
    assert gc.isenabled()
    assert gc.get_freeze_count() >= frozen + len(kept)
    gc.unfreeze()


def test_who_has_switched_the_collector_off_finds_it_off() -> None:
    gc.disable()
    try:
        with collecting_nothing():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
        gc.unfreeze()


def test_thresholds_are_raised_for_a_run_and_come_back_when_it_fails() -> None:
    before = gc.get_threshold()

    def broken_run() -> None:
        with collecting_seldom():
            assert gc.get_threshold()[0] > before[0]
            raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        broken_run()
    assert gc.get_threshold() == before
