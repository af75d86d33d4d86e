"""What a worker tells of itself, what is compared, and what is said when nothing comes back."""

import dataclasses
import json
import os
import platform
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import apache_beam as beam
import pytest
from apache_beam.transforms.environments import SDK_VERSION_CAPABILITY_PREFIX, EmbeddedPythonEnvironment

from data.local_beam import RUNNER
from pipeline.runners.flink import handshake
from pipeline.runners.flink.errors import FlinkError
from pipeline.runners.flink.greeting import greet
from pipeline.runners.flink.handshake import PACKAGES, compare, here, shake_hands
from pipeline.settings.beam import Flink

PYTHON = ".".join(platform.python_version_tuple()[:2])


def in_process(self: Flink, parallelism: int, job_name: str) -> list[str]:
    return [RUNNER, "--direct_running_mode=in_memory"]


def test_a_letter_is_answered_by_a_python_that_has_neither_farelite_nor_beam(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("abc")
    letter = handshake._letters(tmp_path, "abc", 1)[0]
    code = f"assert eval({letter!r}) == []"
    subprocess.run([sys.executable, "-I", "-S", "-c", code], check=True, cwd=tmp_path)
    (answer,) = tmp_path.glob("hello-*.json")
    told = json.loads(answer.read_text())
    assert told["python"] == here().python
    assert told["versions"] == dict.fromkeys(PACKAGES)
    assert told["code"].startswith("none (No module named 'components'")


def test_workers_like_this_side_pass_and_leave_nothing_behind(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(Flink, "arguments", in_process)
    (hello,) = shake_hands(Flink(), 1, tmp_path, "job")
    assert (hello.pid, hello.executable) == (os.getpid(), sys.executable)
    assert dataclasses.replace(hello, host="", pid=0, executable="") == here()
    assert not list(tmp_path.iterdir())


def test_a_worker_that_does_not_see_the_artifacts_says_so_with_its_place(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match=rf"FARELITE-ROOT the worker on .*{os.getpid()}, does not see {tmp_path}"):
        greet(str(tmp_path), "abc", (), (), "components.code_hash.code_hash")


def test_a_folder_of_the_same_name_that_is_another_one_is_not_mistaken(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("other")
    with pytest.raises(RuntimeError, match=f"does not see {tmp_path}: other"):
        greet(str(tmp_path), "abc", (), (), "components.code_hash.code_hash")


def test_answers_that_went_to_another_disk_are_said_to_be_missing(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(Flink, "arguments", in_process)
    monkeypatch.setattr(handshake, "_letters", lambda *_: ["[]"])
    with pytest.raises(FlinkError, match=r"did not arrive in .*Put --runs-dir on storage that is mounted at the same"):
        shake_hands(Flink(), 1, tmp_path, "job")


def test_differences_are_told_by_name_with_both_sides() -> None:
    mine = here()
    versions = {**mine.versions, "tensorflow": "2.17.0", "tfx": None}
    there = dataclasses.replace(mine, host="node", executable="/w/python", versions=versions, code="other")
    assert compare(there, mine) == [
        f"/w/python on node has tensorflow 2.17.0, not {mine.versions['tensorflow']}",
        "/w/python on node lacks tfx",
        f"/w/python on node has farelite's code other, not {mine.code}",
    ]


def test_another_minor_version_of_python_is_told_alone_and_another_patch_passes() -> None:
    mine = here()
    older = dataclasses.replace(mine, host="node", executable="/w/python", python="3.9.18", versions={}, code="other")
    assert compare(older, mine) == [f"/w/python on node is Python 3.9.18, not {PYTHON}"]
    assert compare(dataclasses.replace(mine, python=f"{PYTHON}.99"), mine) == []


def test_a_worker_that_differs_stops_the_run_with_the_remedy(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(Flink, "arguments", in_process)
    monkeypatch.setattr(handshake, "here", lambda: dataclasses.replace(here(), code="mine"))
    with pytest.raises(FlinkError, match=r"workers differ from this side: .*, not mine\. install the wheel of this"):
        shake_hands(Flink(), 1, tmp_path, "job")


@pytest.mark.parametrize(
    ("flink", "said"),
    [
        (Flink(handshake_s=7), "handshake_s (7 s), and the job was cancelled: does a worker pool listen"),
        (Flink(workers="loopback"), "do the TaskManagers reach this machine"),
        (Flink(workers="container", image="registry/x:1"), "does Docker on every TaskManager start registry/x:1?"),
    ],
)
def test_silence_ends_in_a_cancelled_job_and_a_question(rest: Any, flink: Flink, said: str) -> None:
    rest.pages["/jobs/overview"] = {
        "jobs": [
            {"jid": "a", "name": "mine", "state": "RUNNING"},
            {"jid": "b", "name": "other", "state": "RUNNING"},
            {"jid": "c", "name": "mine", "state": "FINISHED"},
        ]
    }
    with pytest.raises(FlinkError, match=re.escape(said)):
        handshake._give_up(flink.model_copy(update={"cluster": rest.address}), "mine")
    assert rest.cancelled == ["/jobs/a"]


def test_the_first_job_names_no_version_for_which_workers_would_refuse_it() -> None:
    capabilities = {}
    for kind in (beam.Pipeline, handshake._AnyVersion):
        pipeline = kind(argv=[RUNNER])
        _ = pipeline | beam.Create([1])
        told = pipeline.to_runner_api(default_environment=EmbeddedPythonEnvironment.default())
        capabilities[kind] = [one for each in told.components.environments.values() for one in each.capabilities]
    versions = [one for one in capabilities[beam.Pipeline] if one.startswith(SDK_VERSION_CAPABILITY_PREFIX)]
    assert len(versions) == 1
    assert sorted([*capabilities[handshake._AnyVersion], *versions]) == sorted(capabilities[beam.Pipeline])
