"""Work that is begun early in a copy of a process; each test looks at a process of its own, whose threads are known."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="a copy of a process is of use on Linux only")

WORK = """
    import os, sys, time
    from components import beside

    def where(given):
        return os.getpid(), given

    def fail(given):
        raise ValueError(f"no {given}")

    class Odd(Exception):
        def __init__(self, one, other):
            super().__init__(f"{one} and {other}")

    def fail_oddly(given):
        raise Odd(given, "more")

    def die(given):
        if os.getpid() != given:
            os.kill(os.getpid(), 9)
        return "done here"

    def last(given):
        print(os.getpid(), flush=True)
        time.sleep(60)
"""


def script(body: str) -> list[str]:
    return [sys.executable, "-c", textwrap.dedent(WORK) + textwrap.dedent(body)]


def told(body: str) -> str:
    root = Path(__file__).parents[2]
    ran = subprocess.run(script(body), cwd=root, capture_output=True, text=True, timeout=30, check=True)
    return ran.stdout + ran.stderr


def test_what_was_begun_is_done_in_another_process_and_taken() -> None:
    assert (
        told("""
        with beside.helped(True):
            beside.helper().begin(where, 7)
            process, given = beside.done(where, 7)
            assert process != os.getpid() and given == 7
            assert beside.done(where, 7) == (os.getpid(), 7), "taken once, it is done here"
        print("well")
    """)
        == "well\n"
    )


def test_work_on_other_values_or_without_a_copy_is_done_here() -> None:
    assert (
        told("""
        with beside.helped(True):
            beside.helper().begin(where, 7)
            assert beside.done(where, 8) == (os.getpid(), 8)
        with beside.helped(False):
            assert beside.helper() is None
            assert beside.done(where, 7) == (os.getpid(), 7)
        print("well")
    """)
        == "well\n"
    )


def test_an_error_comes_out_as_it_was_raised_with_its_traceback_as_the_cause() -> None:
    assert (
        told("""
        for work in (fail, fail_oddly):
            with beside.helped(True):
                beside.helper().begin(work, "such thing")
                try:
                    beside.done(work, "such thing")
                except Exception as error:
                    print(type(error).__name__, error, f"in {work.__name__}" in str(error.__cause__))
    """)
        == "ValueError no such thing True\nRuntimeError Odd: such thing and more True\n"
    )


def test_work_of_a_copy_that_was_killed_is_done_here_and_that_is_said() -> None:
    output = told("""
        with beside.helped(True):
            beside.helper().begin(die, os.getpid())
            print(beside.done(die, os.getpid()))
    """)
    assert output.startswith("done here\n")
    assert "the process beside this one ended with -9; its work begins anew" in output


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT], ids=["killed", "interrupted"])
def test_nothing_is_left_of_a_copy_when_its_process_ends(number: signal.Signals) -> None:
    body = """
        with beside.helped(True):
            beside.helper().begin(last, None)
            beside.done(last, None)
    """
    root = Path(__file__).parents[2]
    with subprocess.Popen(
        script(body), cwd=root, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, start_new_session=True
    ) as first:
        assert first.stdout
        copy = int(first.stdout.readline())
        first.send_signal(number)
        first.wait(10)
        for _ in range(100):
            if not alive(copy):
                return
            time.sleep(0.05)
        os.kill(copy, signal.SIGKILL)
    pytest.fail("the copy lives on")


def alive(process: int) -> bool:
    try:
        return ") Z " not in Path(f"/proc/{process}/stat").read_text()
    except FileNotFoundError:
        return False
