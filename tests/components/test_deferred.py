"""Imports that are put off until something is asked of them."""

from __future__ import annotations

import importlib
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType

import pytest

from components import deferred

ROOT = Path(__file__).parents[2]


PROGRAM = """
import sys
import pipeline.runners.local
unused = {"google.cloud.bigquery.client", "google.cloud.pubsub_v1", "IPython", "keras.src", "keras_tuner", "kubernetes"}
unused |= {"lightgbm.basic", "nltk", "scipy.stats.distributions", "sklearn"}
print(*(unused & {*sys.modules}), sep=",")
import tfx.components
from google.cloud import bigquery, pubsub
from googleapiclient import discovery
from tfx.components import Pusher
print(tfx.components.InfraValidator.__name__, Pusher.__name__, bigquery.Client.__name__)
print(pubsub.PublisherClient.__name__, discovery.build.__name__)
import keras, lightgbm, tensorflow_data_validation as tfdv
from scipy.stats import chi2
print(keras.__version__[0], lightgbm.Booster.__name__, chi2.name, tfdv.display_schema.__name__)
"""


def test_a_run_does_not_import_what_it_does_not_use_and_whoever_asks_for_it_has_it() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PROGRAM], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    unused, *asked = done.stdout.splitlines()
    assert unused == ""
    assert " ".join(asked).split() == [
        "InfraValidator",
        "Pusher",
        "Client",
        "PublisherClient",
        "build",
        *["3", "Booster", "chi2"],
        "<lambda>",
    ]


@pytest.fixture
def noisy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A package that prints when it runs."""
    folder = tmp_path / "noisy_for_a_test"
    folder.mkdir()
    (folder / "__init__.py").write_text(
        "print('runs')\nNAME = 3\n__version__ = '1.2'\ndef double(number):\n    return 2 * number\n"
    )
    (folder / "part.py").write_text("WHOLE = 4\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    for name in (folder.name, f"{folder.name}.part"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    return folder.name


@pytest.fixture
def importing(noisy: str, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], ModuleType]:
    """Imports the package with its name in one of the two lists."""

    def named_in(group: str) -> ModuleType:
        monkeypatch.setattr(deferred, group, (noisy,))
        return importlib.import_module(noisy)

    return named_in


def test_a_module_runs_once_and_only_for_its_own_names(
    importing: Callable[[str], ModuleType], capsys: pytest.CaptureFixture[str]
) -> None:
    module = importing("DEFERRED")
    assert not hasattr(module, "__wrapped__")
    assert importlib.import_module(f"{module.__name__}.part").WHOLE == 4
    assert capsys.readouterr().out == ""
    assert (module.NAME, module.NAME) == (3, 3)
    assert not hasattr(module, "other")
    assert capsys.readouterr().out == "runs\n"


def test_a_version_is_told_of_what_has_not_run_yet(importing: Callable[[str], ModuleType]) -> None:
    assert importing("DEFERRED").__version__ == "1.2"


def test_functions_taken_by_name_run_their_module_when_they_are_called(
    importing: Callable[[str], ModuleType], capsys: pytest.CaptureFixture[str]
) -> None:
    double = importing("FUNCTIONS").double
    assert capsys.readouterr().out == ""
    assert [double(number=value) for value in (1, 2)] == [2, 4]
    assert capsys.readouterr().out == "runs\n"


def test_a_second_thread_waits_until_the_first_has_run_the_module(
    noisy: str, importing: Callable[[str], ModuleType], tmp_path: Path
) -> None:
    with (tmp_path / noisy / "__init__.py").open("a") as source:
        source.write("import time\ntime.sleep(0.2)\nLAST = 5\n")
    module = importing("DEFERRED")
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda _: module.LAST, range(4))) == [5] * 4
