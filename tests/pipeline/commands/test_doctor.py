"""The doctor looks at the machine it is on, so what must hold is that it finds what these tests run with."""

from __future__ import annotations

import json
import platform
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from pipeline import line
from pipeline.commands import doctor


def test_what_the_tests_run_with_is_found() -> None:
    found = {one.what: one for one in doctor.examine()}
    assert found["Python"].state == "ok"
    assert found["Python"].found.startswith(f"{platform.python_version()}: {line.NAME}, ")
    assert version("tfx").startswith(line.NAME.removeprefix("TFX "))
    assert (found["tfx"].state, found["tfx"].found) == ("ok", version("tfx"))
    assert all(one.state == "ok" for one in found.values() if one.required)


def test_whatever_is_not_ok_comes_with_a_remedy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    found = {one.what: one for one in doctor.examine()}
    assert found["git"].state == found["npm"].state == "warning"
    assert all(one.remedy for one in found.values() if one.state != "ok")


def test_a_package_that_is_missing_stops_run_only_where_run_needs_it() -> None:
    assert doctor._package("no-such-package", "run", "install it").state == "missing"
    assert doctor._package("no-such-package", "extras", "install it", required=False).state == "warning"


def test_the_command_prints_json_alone() -> None:
    farelite = Path(sys.executable).parent / "farelite"
    done = subprocess.run([str(farelite), "doctor", "--json"], capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert {"what", "state", "found", "needed_for", "remedy", "required"} == set(json.loads(done.stdout)[0])
