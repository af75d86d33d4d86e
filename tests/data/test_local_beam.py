"""What is remembered of a method is what Beam finds itself, whoever asks and however often."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import apache_beam as beam
import pytest
from apache_beam.coders import VarIntCoder
from apache_beam.transforms import core, userstate

from data.local_beam import remember_signatures

looked_up = core.get_function_args_defaults
SEEN = userstate.ReadModifyWriteStateSpec("seen", VarIntCoder())
PARAMETER = beam.DoFn.StateParam(SEEN)


class Stateful(beam.DoFn):
    def process(self, element: Any, seen: Any = PARAMETER, *more: Any) -> Iterator[Any]:
        yield element

    def finish_bundle(self, width: int = 3) -> None: ...


@pytest.fixture(autouse=True)
def remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core, "get_function_args_defaults", looked_up)
    remember_signatures()


@pytest.mark.parametrize("method", ["process", "finish_bundle", "setup", "with_input_types"])
def test_names_and_defaults_are_those_that_beam_finds(method: str) -> None:
    bound = getattr(Stateful(), method)
    found = [core.get_function_args_defaults(bound) for _ in range(2)]
    assert found[0] == found[1] == looked_up(bound)
    found[0][0].append("theirs to change")
    assert core.get_function_args_defaults(bound) == looked_up(bound)


def test_each_doer_has_the_state_that_it_declares() -> None:
    for _ in range(2):
        states, timers = userstate.get_dofn_specs(Stateful())
        assert (states, timers) == ({SEEN}, set())
        assert not userstate.is_stateful_dofn(beam.ParDo(beam.DoFn()).fn)


def test_a_method_is_looked_at_once_however_often_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    def counted(function: Any) -> Any:
        asked.append(function)
        return looked_up(function)

    monkeypatch.setattr(core, "get_function_args_defaults", counted)
    remember_signatures()
    remember_signatures()  # twice is as once
    for _ in range(3):
        core.get_function_args_defaults(Stateful().process)
    assert len(asked) == 1


def test_a_plain_function_is_asked_each_time() -> None:
    def plain(one: int, two: int = 2) -> None: ...

    assert core.get_function_args_defaults(plain) == looked_up(plain) == (["one", "two"], [2])
