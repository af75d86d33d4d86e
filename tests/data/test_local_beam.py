"""What is remembered of a method is what Beam finds itself, and so is what it knows of notebooks."""

from __future__ import annotations

import pickle
import sys
import weakref
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import apache_beam as beam
import pytest
from apache_beam import pipeline
from apache_beam.coders import VarIntCoder
from apache_beam.options.pipeline_options import PipelineOptions, SetupOptions, StandardOptions, TypeOptions
from apache_beam.transforms import core, userstate
from apache_beam.utils import interactive_utils

from data.local_beam import spare_detours

looked_up, asked = core.get_function_args_defaults, interactive_utils.is_in_ipython
viewed = PipelineOptions.view_as
SEEN = userstate.ReadModifyWriteStateSpec("seen", VarIntCoder())
PARAMETER = beam.DoFn.StateParam(SEEN)


class Stateful(beam.DoFn):
    def process(self, element: Any, seen: Any = PARAMETER, *more: Any) -> Iterator[Any]:
        yield element

    def finish_bundle(self, width: int = 3) -> None: ...


@pytest.fixture(autouse=True)
def remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core, "get_function_args_defaults", looked_up)
    monkeypatch.setattr(PipelineOptions, "view_as", viewed)
    for module in (pipeline, interactive_utils):
        monkeypatch.setattr(module, "is_in_ipython", asked)
    spare_detours()


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
    spare_detours()
    spare_detours()  # twice is as once
    for _ in range(3):
        core.get_function_args_defaults(Stateful().process)
    assert len(asked) == 1


FLAGS = ["--runner=DirectRunner", "--save_main_session", "--type_check_strictness=ALL_REQUIRED", "--unheard_of=3"]


@pytest.mark.parametrize("kind", [StandardOptions, TypeOptions, SetupOptions, PipelineOptions])
def test_a_view_of_options_is_the_one_that_beam_makes(kind: type[PipelineOptions]) -> None:
    ours, theirs = PipelineOptions(FLAGS).view_as(kind), viewed(PipelineOptions(FLAGS), kind)
    assert type(ours) is kind
    assert ours.get_all_options() == theirs.get_all_options()
    assert str(ours) == str(theirs)


def test_flags_are_parsed_once_a_view_and_what_one_view_sets_all_others_have() -> None:
    options, others = PipelineOptions(FLAGS), PipelineOptions(["--runner=FlinkRunner"])
    first = options.view_as(StandardOptions)
    first.streaming = True
    assert options.view_as(StandardOptions) is first
    assert options.view_as(TypeOptions).view_as(StandardOptions).streaming
    assert viewed(options, StandardOptions).streaming
    assert pickle.loads(pickle.dumps(options)).view_as(StandardOptions).streaming
    assert (others.view_as(StandardOptions).runner, others.view_as(StandardOptions).streaming) == ("FlinkRunner", False)


def test_options_that_nobody_holds_leave_no_view_behind() -> None:
    options = PipelineOptions(FLAGS)
    view = weakref.ref(options.view_as(StandardOptions))
    del options
    assert view() is None


def test_a_notebook_is_known_where_ipython_has_a_shell_and_nothing_is_imported_to_ask(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delitem(sys.modules, "IPython", raising=False)
    assert not pipeline.is_in_ipython()
    assert "IPython" not in sys.modules
    for shell in (None, "a shell"):
        monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda shell=shell: shell))
        assert pipeline.is_in_ipython() == interactive_utils.is_in_ipython() == asked() == bool(shell)


def test_a_plain_function_is_asked_each_time() -> None:
    def plain(one: int, two: int = 2) -> None: ...

    assert core.get_function_args_defaults(plain) == looked_up(plain) == (["one", "two"], [2])
