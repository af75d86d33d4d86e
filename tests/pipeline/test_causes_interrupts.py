"""Ctrl-C is Ctrl-C wherever it hits; and an error is none."""

from __future__ import annotations

from typing import Any

import apache_beam as beam
import pytest
from apache_beam.options.pipeline_options import PipelineOptions

from data.local_beam import RUNNER
from pipeline import cli
from pipeline.causes import is_interrupt


def struck(error: type[BaseException]) -> None:
    """Work in Beam's in-process runner that an error hits."""

    def strike(_: Any) -> None:
        raise error

    with beam.Pipeline(options=PipelineOptions([RUNNER, "--direct_running_mode=in_memory"])) as pipeline:
        _ = pipeline | beam.Create([1]) | beam.Map(strike)


def test_an_interrupt_within_beam_ends_with_130_and_no_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli._guarded(lambda: struck(KeyboardInterrupt)) == 130
    assert capsys.readouterr().err.splitlines()[-1] == "interrupted; nothing was published"


def test_an_error_within_beam_stays_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli._guarded(lambda: struck(ZeroDivisionError)) == 1
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_an_error_is_an_interrupt_by_its_cause_or_context() -> None:
    def wrapped(cause: BaseException, chained: bool) -> BaseException:
        try:
            try:
                raise cause
            except BaseException as error:
                if chained:
                    raise ValueError from error
                raise ValueError  # noqa: B904  what comes of a handler that chains nothing
        except ValueError as error:
            return error

    assert is_interrupt(wrapped(KeyboardInterrupt(), True))
    assert is_interrupt(wrapped(KeyboardInterrupt(), False))
    assert not is_interrupt(wrapped(OSError(), True))
    assert not is_interrupt(None)
