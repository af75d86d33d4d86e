"""The command line as a process: exit codes, and messages fit to read."""

from __future__ import annotations

import csv
import errno
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import typer

from components.registry.store import Store
from pipeline.cli import _guarded, app
from pipeline.lock import run_lock
from tests.e2e import command

Publish = Callable[..., str]

CONFIG = """
name: tiny
data:
  source: trips.csv
  label: {column: fare}
  numeric: [distance, seats]
"""
TRIPS = "fare,distance,seats\n3,1,4\n"
HEADER = "pickup_lat,pickup_lon,dropoff_lat,dropoff_lon,start,passengers,company"
GOOD = "41.9,-87.6,41.95,-87.7,2014-05-13 17:00,2,Blue"


@pytest.fixture
def farelite(tmp_path: Path) -> Callable[..., tuple[int, str, str]]:
    """Runs the command in the test's folder; gives exit code, standard output and standard error."""

    def run(*arguments: str) -> tuple[int, str, str]:
        done = command.farelite(*arguments, cwd=tmp_path)
        assert "Traceback" not in done.stderr, done.stderr
        # Signs of life depend on how busy the machine is.
        return done.returncode, done.stdout, re.sub(r"(?m)^(reading|predicting|running) .*  \d+ s.*\n", "", done.stderr)

    return run


Farelite = Callable[..., tuple[int, str, str]]


@pytest.fixture
def store(tmp_path: Path, publish_tiny: Publish) -> Store:
    """Two versions in the default runs folder."""
    store = Store(tmp_path / "runs" / "tiny" / "models")
    publish_tiny(store, b"1")
    publish_tiny(store, b"2")
    return store


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "my.yaml").write_text(CONFIG)
    return tmp_path / "my.yaml"


@pytest.mark.parametrize("command", ["run", "versions", "verify", "rollback", "predict", "doctor"])
def test_every_command_explains_itself(farelite: Farelite, command: str) -> None:
    code, said, _ = farelite(command, "--help")
    assert code == 0
    assert "Usage" in said


def test_without_arguments_it_teaches_the_first_hour(farelite: Farelite) -> None:
    code, said, message = farelite()
    assert (code, message) == (0, "")
    places = [said.index(f"  farelite {command}") for command in ("init", "run", "verify", "predict", "versions")]
    assert places == sorted(places)


def test_it_tells_its_version_and_that_of_what_it_runs_on(farelite: Farelite) -> None:
    code, said, _ = farelite("--version")
    assert code == 0
    assert re.fullmatch(r"farelite [\d.]+ \(tfx [\d.]+, tensorflow [\d.]+, Python [\d.]+\)\n", said)


def test_a_group_alone_shows_its_commands_and_no_error(farelite: Farelite) -> None:
    code, said, message = farelite("data")
    assert code == 2
    assert "describe" in said + message
    assert "error" not in message


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["run", "--config", "absent.yaml"], "no configuration file absent.yaml"),
        (["run", "--set", "training.sead=1"], "training.sead: no such key. Did you mean seed?"),
        (["run", "--confg", "x"], "--confg"),
        (["fly"], "fly"),
        (["predict"], "predict what? give a TABLE, such as `farelite predict rows.csv`"),
        (["verify", "--versin", "2"], "`farelite verify --help` lists its options"),
        (["data", "describ"], "`farelite data --help` lists commands and options"),
        (["kubeflow", "submit", "--foo"], "`farelite kubeflow submit --help` lists its options"),
        (["predict", "a.csv", "--input", "b.csv"], "a.csv and --input b.csv name two different things; give one"),
        (["verify"], "it holds no pipeline"),
        (["rollback", "--runs-dir", "nowhere"], "nowhere: it holds no pipeline; `farelite run` makes one"),
    ],
)
def test_bad_input_is_exit_code_2_and_one_message(farelite: Farelite, arguments: list[str], said: str) -> None:
    code, out, message = farelite(*arguments)
    assert (code, out) == (2, "")
    assert message.startswith("error: ")
    assert said in message


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "data.source: no such file"),
        ("", "is empty"),
        (
            "fare,distance,wheels\n3,1,4\n",
            "lacks the column seats that the configuration describes. It has: fare",
        ),
    ],
)
def test_data_that_cannot_be_used_is_exit_code_2(
    farelite: Farelite, config: Path, content: str | None, said: str
) -> None:
    if content is not None:
        (config.parent / "trips.csv").write_text(content)
    code, _, message = farelite("run", "--config", "my.yaml")
    assert code == 2
    assert said in message


def test_a_runs_folder_that_is_a_file_is_exit_code_2(farelite: Farelite, config: Path) -> None:
    (config.parent / "trips.csv").write_text(TRIPS)
    (config.parent / "runs").write_text("in the way")
    code, _, message = farelite("run", "--config", "my.yaml")
    assert code == 2
    assert "choose another --runs-dir" in message


def test_a_folder_in_use_says_by_whom(farelite: Farelite, config: Path) -> None:
    (config.parent / "trips.csv").write_text(TRIPS)
    folder = config.parent / "runs" / "tiny"
    folder.mkdir(parents=True)
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys; from pathlib import Path; from pipeline.lock import run_lock\n"
            "with run_lock(Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()",
            str(folder / ".lock"),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None
    holder.stdout.readline()
    code, _, message = farelite("run", "--config", "my.yaml")
    assert code == 2
    assert f"process {holder.pid} on " in message
    assert "--wait SECONDS" in message
    holder.kill()
    holder.communicate()
    with run_lock(folder / ".lock"):
        pass  # the kernel let go of what the killed process held


def test_versions_are_listed_with_their_marks(farelite: Farelite, store: Store) -> None:
    store.rollback()
    code, said, _ = farelite("versions", "--json")
    assert code == 0
    first, second = json.loads(said)
    assert (first["version"], first["live"], first["withdrawn"]) == ("000001", True, False)
    assert (second["version"], second["live"], second["withdrawn"]) == ("000002", False, True)
    assert (first["rmse"], first["mae"], first["pushed"]) == (3.5, 1.5, "2026-01-02T03:04:05+00:00")
    code, said, _ = farelite("versions")
    assert code == 0
    assert "withdrawn" in said
    assert first["sha256"][:12] in said


def test_several_pipelines_in_one_folder_need_a_name_or_a_configuration(
    farelite: Farelite, store: Store, config: Path
) -> None:
    (store.root.parents[1] / "other" / "models").mkdir(parents=True)
    code, _, message = farelite("versions")
    assert code == 2
    assert "give --pipeline: pipelines there: other, tiny" in message
    assert farelite("versions", "--pipeline", "tiny")[0] == 0
    assert farelite("versions", "--pipeline", "absent")[0] == 2
    assert farelite("versions", "--config", config.name)[0] == 0
    code, _, message = farelite("predict", "rows.csv", "--config", "absent.yaml")
    assert (code, message.startswith("error: no configuration file absent.yaml")) == (2, True)


def test_every_command_on_a_pipeline_takes_its_configuration() -> None:
    group = typer.main.get_command(app)
    assert isinstance(group, typer.core.TyperGroup)
    options = {name: {word for one in command.params for word in one.opts} for name, command in group.commands.items()}
    assert [name for name, words in options.items() if "--runs-dir" in words and "--config" not in words] == []


def test_verify_tells_sound_from_damaged(farelite: Farelite, store: Store) -> None:
    code, said, message = farelite("verify")
    assert (code, message) == (0, "")
    assert said.startswith("000002 is sound")
    path = store.folder("000001") / "model.tflite"
    path.write_bytes(path.read_bytes()[:100])
    (store.folder("000001") / "test_vectors.json").unlink()
    code, said, _ = farelite("verify", "000001")
    assert code == 3
    assert said.count("\n- ") == 2
    code, said, _ = farelite("verify", "000001", "--json")
    assert (code, len(json.loads(said)["problems"])) == (3, 2)
    assert farelite("verify", "000009")[0] == 2


def test_versions_need_no_zeros_and_are_named_alike(farelite: Farelite, store: Store, tmp_path: Path) -> None:
    for words in (["1"], ["000001"], ["--version", "1"]):
        code, said, _ = farelite("verify", *words)
        assert (code, said[:15]) == (0, "000001 is sound")
    (tmp_path / "trips.csv").write_text(f"{HEADER}\n{GOOD}\n")
    assert farelite("predict", "trips.csv", "--version", "1")[0] == 0
    assert farelite("rollback", "--version", "1")[1] == "left 000002; live now: 000001\n"
    assert farelite("verify", "9")[2].startswith("error: no version 000009 in ")
    assert "1 and --version 2 name two different things; give one" in farelite("verify", "1", "--version", "2")[2]


def test_rollback_says_what_it_left_and_what_is_live(farelite: Farelite, store: Store) -> None:
    assert farelite("rollback")[:2] == (0, "left 000002; live now: 000001\n")
    code, _, message = farelite("rollback")
    assert code == 2
    assert "no version before 000001" in message
    assert farelite("rollback", "000001")[:2] == (0, "000001 was live already\n")
    code, said, _ = farelite("rollback", "000002", "--json")
    assert (code, json.loads(said)) == (0, {"left": "000001", "live": "000002"})


def test_rollback_to_a_damaged_version_is_exit_code_3(farelite: Farelite, store: Store) -> None:
    (store.folder("000001") / "model.json").write_bytes(b"\xff")
    code, _, message = farelite("rollback")
    assert code == 3
    assert "000001 is not sound" in message
    assert store.current() == "000002"


@pytest.mark.parametrize("command", [["versions"], ["verify"], ["predict", "--input", "trips.csv"]])
def test_a_damaged_pointer_is_exit_code_3_and_names_the_remedy(
    farelite: Farelite, store: Store, command: list[str]
) -> None:
    (store.root / "current").write_bytes(b"\xff\x00")
    code, _, message = farelite(*command)
    assert code == 3
    assert "`farelite rollback VERSION`" in message


def test_predict_writes_rows_to_standard_output_and_counts_to_standard_error(
    farelite: Farelite, store: Store, tmp_path: Path
) -> None:
    (tmp_path / "trips.csv").write_text(f"{HEADER}\n{GOOD}\n{GOOD[:10]}\n{GOOD.replace('Blue', 'Red')}\n")
    code, out, message = farelite("predict", "--input", "trips.csv")
    assert code == 0
    assert [row[-1] for row in csv.reader(out.splitlines())] == [
        "flags",
        "",
        "2 fields, expected 7",
        "company: unknown category",
    ]
    assert message == "3 rows: 1 without a prediction, 1 flagged\n"
    code, out, _ = farelite("predict", "--input", "trips.csv", "--output", "priced.csv", "--version", "000001")
    assert (code, out) == (0, "")
    assert len((tmp_path / "priced.csv").read_text().splitlines()) == 4


def test_predict_names_the_columns_that_are_missing(farelite: Farelite, store: Store, tmp_path: Path) -> None:
    (tmp_path / "trips.csv").write_text("pickup_lat,company,wheels\n1,Blue,4\n")
    code, out, message = farelite("predict", "--input", "trips.csv")
    assert (code, out) == (2, "")
    assert "lacks the columns pickup_lon, dropoff_lat, dropoff_lon, start, passengers" in message
    assert "It has: pickup_lat, company, wheels" in message


def test_a_full_disk_behind_standard_output_is_exit_code_2_and_one_message(store: Store, tmp_path: Path) -> None:
    (tmp_path / "trips.csv").write_text(f"{HEADER}\n{GOOD}\n")
    command = [sys.executable, "-c", "from pipeline.cli import main; main()", "predict", "--input", "trips.csv"]
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(command, cwd=tmp_path, stdout=full, stderr=subprocess.PIPE, check=False)
    assert (done.returncode, done.stderr) == (2, b"error: standard output: No space left on device\n")


@pytest.mark.parametrize(
    ("reason", "words"), [(errno.ENOSPC, "is full"), (errno.EROFS, "is read-only"), (errno.EACCES, "bars this user")]
)
def test_any_place_that_cannot_be_written_is_exit_code_2(
    reason: int, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def command() -> None:
        raise OSError(reason, os.strerror(reason), "there/file")

    assert _guarded(command) == 2
    said = capsys.readouterr().err
    assert said.startswith("error: the file system of ")
    assert words in said


def test_a_message_that_quotes_the_data_does_not_steer_the_terminal(farelite: Farelite, config: Path) -> None:
    (config.parent / "trips.csv").write_bytes(b"fare\x1b[31m,dist\x07,seats\n3,1,4\n")
    code, _, message = farelite("data", "describe", "--config", str(config))
    assert code == 2
    assert r"It has: fare\x1b[31m, dist\x07, seats" in message


def test_predict_into_a_pipe_that_closes_early_ends_quietly(store: Store, tmp_path: Path) -> None:
    (tmp_path / "trips.csv").write_text(f"{HEADER}\n" + f"{GOOD}\n" * 30_000)
    command = [sys.executable, "-c", "from pipeline.cli import main; main()", "predict", "--input", "trips.csv"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        said = process.stderr.read().decode()
        assert process.wait() == 0
        assert all(line.startswith("predicting trips.csv  ") for line in said.splitlines())


def test_predict_starts_in_under_two_seconds(store: Store, tmp_path: Path) -> None:
    """Of the processor's time: other tests may run beside this one. TensorFlow alone would take longer to import."""
    (tmp_path / "trips.csv").write_text(f"{HEADER}\n" + f"{GOOD}\n" * 100)
    taken = []
    for _ in range(3):
        start = os.times()
        words = [command.FARELITE, "predict", "--input", "trips.csv", "--output", "priced.csv"]
        subprocess.run(words, cwd=tmp_path, capture_output=True, check=True)
        end = os.times()
        taken.append(end.children_user + end.children_system - start.children_user - start.children_system)
    assert 0 < min(taken) < 2
