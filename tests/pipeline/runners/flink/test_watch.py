"""A step on the cluster: its failures in words, its time limit, and no job left behind."""

import threading
import time
from importlib.metadata import version
from typing import Any

import pytest

from data.errors import DataError
from pipeline.runners.engine import Engine
from pipeline.runners.flink.errors import FlinkError
from pipeline.runners.flink.watch import explain, watched
from pipeline.settings.beam import Beam, Flink

RUNNING = {"jobs": [{"jid": "a", "name": "job", "state": "RUNNING"}]}


@pytest.mark.parametrize(
    ("trace", "said"),
    [
        (
            "x\nCaused by: RuntimeError: FARELITE-ROOT the worker on n does not see /r: z",
            "does not see /r: z. Put --runs",
        ),
        ("ModuleNotFoundError: No module named 'transforms'\n y", "'transforms'. A worker lacks a package: install"),
        (
            "Caused by: java.io.IOException: Insufficient number of network buffers: required 2, but only 1 there. T",
            "too few network buffers: required 2, but only 1 there. Raise taskmanager.memory.network.min",
        ),
        (
            "Caused by: java.io.IOException: Cannot write record to fresh sort buffer. Record too large.",
            "too little memory for sorting. Raise taskmanager.memory.managed.size",
        ),
        (
            "FAILED: java.lang.ClassNotFoundException: org.apache.beam.runners.flink.ImpulseInputFormat",
            "ClassNotFoundException: org.apache.beam.runners.flink.ImpulseInputFormat. The cluster has no Beam",
        ),
        (
            "Caused by: java.io.InvalidClassException: org.apache.beam.sdk.X; local class incompatible: stream",
            f"not its job server's: put the jars of beam-runners-flink {version('apache-beam')}",
        ),
        ("org.apache.flink...NoResourceAvailableException: Slot", "not enough free slots"),
        ("SystemError: unknown opcode", "Python is another than here (unknown opcode)"),
        ("TypeError: code() argument 13 must be str, not int", "Python is another than here (code() argument 13 must"),
        ("StatusRuntimeException: CANCELLED: client cancelled", "each its own behind farelite-pool:18050"),
        ("StatusRuntimeException: UNAVAILABLE: io exception", "does not reach its worker pool farelite-pool:18050"),
        (
            "TaskManager with id tm-1(127.0.0.1:1) is no longer reachable.",
            "tm-1(127.0.0.1:1) is no longer reachable. The cluster's restart",
        ),
        ("a\nCaused by: java.lang.Odd: what\n  at b", "java.lang.Odd: what (whole trace in the run's log and at"),
        (
            "Caused by: j.E: e\nTraceback\nZeroDivisionError: division by zero\n\n at c",
            "ZeroDivisionError: division by zero",
        ),
    ],
)
def test_a_trace_becomes_a_sentence_that_begins_with_the_step(trace: str, said: str) -> None:
    text = explain("Transform", trace, Flink())
    assert text.startswith("Transform failed on Flink: ")
    assert said in text


def test_a_failed_job_is_explained_and_its_cause_kept(rest: Any) -> None:
    flink, failed = Flink(cluster=rest.address), RuntimeError("Pipeline x failed in state FAILED: Connection refused")
    with (
        pytest.raises(FlinkError, match="StatisticsGen failed on Flink: no connection") as caught,
        watched(flink, "job", "StatisticsGen"),
    ):
        raise failed
    assert caught.value.__cause__ is failed


def test_bad_data_found_by_a_worker_is_bad_data_here(rest: Any) -> None:
    trace = "failed in state FAILED: java...\nTraceback:\n  x\ndata.errors.DataError: a.csv, line 3: odd\n"
    with (
        pytest.raises(DataError, match=r"^a.csv, line 3: odd$"),
        watched(Flink(cluster=rest.address), "job", "TripExampleGen"),
    ):
        raise RuntimeError(trace)


def test_an_error_of_the_steps_own_on_this_side_passes_unchanged(rest: Any) -> None:
    with pytest.raises(KeyError, match="mine"), watched(Flink(cluster=rest.address), "job", "Evaluator"):
        raise KeyError("mine")


def test_a_step_that_takes_too_long_has_its_job_cancelled_and_says_the_limit(rest: Any) -> None:
    rest.pages["/jobs/overview"] = RUNNING

    def step() -> None:
        while not rest.cancelled:
            time.sleep(0.01)
        raise RuntimeError("Pipeline x failed in state CANCELLED: ")

    flink = Flink(cluster=rest.address, step_minutes=0.001)
    with (
        pytest.raises(FlinkError, match=r"Transform took longer than beam.flink.step_minutes \(0.001\)"),
        watched(flink, "job", "Transform"),
    ):
        step()


def test_an_interrupt_cancels_the_job_and_stays_an_interrupt(rest: Any) -> None:
    rest.pages["/jobs/overview"] = RUNNING
    with pytest.raises(KeyboardInterrupt), watched(Flink(cluster=rest.address), "job", "Transform"):
        raise KeyboardInterrupt
    assert rest.cancelled == ["/jobs/a"]


def test_a_step_that_ends_well_leaves_no_timer_and_cancels_nothing(rest: Any) -> None:
    before = threading.active_count()
    with watched(Flink(cluster=rest.address), "job", "Transform"):
        pass
    assert not rest.cancelled
    assert threading.active_count() <= before + 1


def test_only_data_steps_are_watched_and_only_on_a_cluster(rest: Any) -> None:
    rest.pages["/jobs/overview"] = RUNNING
    engine = Engine("flink", (), Flink(cluster=rest.address), "job")
    for other in (engine.around("Trainer"), Engine("in_process", ()).around("Transform")):
        with other:
            pass
    assert not rest.cancelled
    with engine.around("Transform"):
        pass
    assert rest.cancelled == ["/jobs/a"]


def test_in_process_is_told_apart_from_processes() -> None:
    assert "--direct_running_mode=in_memory" in Beam().local_arguments("in_process")
    assert "--direct_num_workers=3" in Beam(workers=3).local_arguments("multi_process")
