"""Imports that are put off until something is asked of them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from components import deferred

ROOT = Path(__file__).parents[2]


PROGRAM = """
import sys
import pipeline.runners.local
print(*({"kubernetes", "google.cloud.bigquery.client", "google.cloud.pubsub_v1"} & {*sys.modules}), sep=",")
import tfx.components
from google.cloud import bigquery, pubsub
from googleapiclient import discovery
from tfx.components import Pusher
print(tfx.components.InfraValidator.__name__, Pusher.__name__, bigquery.Client.__name__)
print(pubsub.PublisherClient.__name__, discovery.build.__name__)
"""


def test_a_run_does_not_import_what_it_does_not_use_and_whoever_asks_for_it_has_it() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PROGRAM], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    unused, *asked = done.stdout.splitlines()
    assert unused == ""
    assert " ".join(asked).split() == ["InfraValidator", "Pusher", "Client", "PublisherClient", "build"]


@pytest.fixture
def noisy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A package that prints when it runs."""
    folder = tmp_path / "noisy_for_a_test"
    folder.mkdir()
    (folder / "__init__.py").write_text("print('runs')\nNAME = 3\n")
    (folder / "part.py").write_text("WHOLE = 4\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    for name in (folder.name, f"{folder.name}.part"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    return folder.name


def test_a_module_runs_once_and_only_for_its_own_names(noisy: str, capsys: pytest.CaptureFixture[str]) -> None:
    deferred.defer(noisy)
    module = sys.modules[noisy]
    assert not hasattr(module, "__wrapped__")
    assert __import__(f"{noisy}.part", fromlist=["WHOLE"]).WHOLE == 4
    assert capsys.readouterr().out == ""
    assert (module.NAME, module.NAME) == (3, 3)
    assert not hasattr(module, "other")
    assert capsys.readouterr().out == "runs\n"


def test_what_is_there_already_or_nowhere_is_left_alone() -> None:
    deferred.defer("json")
    deferred.defer("no_such_package.below")
    assert sys.modules["json"].dumps([1]) == "[1]"
    assert "no_such_package.below" not in sys.modules
