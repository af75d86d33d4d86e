"""What macOS says in other words than Linux: the macOS ways are tried here as far as Linux has the same programs."""

import os
import resource
import shutil
import subprocess
import sys
import time

import pytest

from pipeline import machine


@pytest.fixture(params=[machine.born, machine._born_by_ps], ids=["this system", "ps"])
def born(request):
    if request.param is machine._born_by_ps and shutil.which("ps") is None:
        pytest.skip("no ps here")
    return request.param


def test_a_process_is_told_from_a_later_one_of_its_number_and_from_one_that_is_gone(born):
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    first = born(child.pid)
    assert first
    time.sleep(0.05)
    assert born(child.pid) == first
    assert born(os.getpid()) != first or born is machine._born_by_ps  # ps tells seconds
    child.communicate(b"\n")
    assert born(child.pid) == ""


def test_a_process_that_has_ended_but_was_not_waited_for_is_gone(born):
    child = subprocess.Popen(["true"])
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert born(child.pid) == ""
    child.wait()


def test_the_largest_size_is_in_bytes(monkeypatch):
    usage = resource.getrusage(resource.RUSAGE_SELF)
    assert 2**24 < machine.peak_bytes(usage) < 2**36
    monkeypatch.setattr(machine, "ON_LINUX", False)
    assert machine.peak_bytes(usage) == usage.ru_maxrss


def test_there_is_a_core_on_every_system(monkeypatch):
    assert 1 <= machine.cores() <= os.cpu_count()
    monkeypatch.setattr(machine, "ON_LINUX", False)
    assert machine.cores() == os.cpu_count()
