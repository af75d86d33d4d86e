"""The same questions to real PostgreSQL and MySQL servers, started here on the loopback interface."""

from __future__ import annotations

import getpass
import json
import os
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline.config import ConfigError, load
from pipeline.lineage.answer import ask
from pipeline.lineage.connection import open_metadata, recall, remember
from pipeline.lineage.errors import MetadataError
from pipeline.lineage.journal import runs_of
from pipeline.paths import RunPaths
from pipeline.settings.metadata import Metadata
from tests.e2e.command import farelite

PASSWORD = secrets.token_hex(8)
SYSTEM_TABLES = [
    Path("/usr/share/mysql") / name for name in ("mysql_system_tables.sql", "mysql_system_tables_data.sql")
]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(words: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """A port is open before the server takes entries; its log says when it does."""
    for _ in range(600):
        if words in log.read_text():
            return
        assert process.poll() is None, log.read_text()
        time.sleep(0.1)
    raise AssertionError(f"never {words!r}: {log.read_text()}")


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """For a server that runs as another user, whom pytest's own folders keep out."""
    path = Path(tempfile.mkdtemp(prefix="farelite-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope="module")
def postgresql(folder: Path) -> Iterator[Metadata]:
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not programs:
        pytest.skip("no PostgreSQL server here; `apt-get install postgresql` brings one")
    home = folder / "postgresql"
    home.mkdir()
    password = home / "password"
    password.write_text(PASSWORD)
    # The server refuses to run as root.
    user = "postgres" if getpass.getuser() == "root" else None
    if user:
        shutil.chown(home, user)
        shutil.chown(password, user)
    data = str(home / "data")
    make = [str(programs[-1]), "-D", data, "-U", "farelite", "-A", "scram-sha-256", f"--pwfile={password}", "--no-sync"]
    subprocess.run(make, user=user, cwd=home, check=True, capture_output=True)
    port, log = free_port(), home / "log"
    serve = [str(programs[-1].with_name("postgres")), "-D", data, "-p", str(port), "-h", "127.0.0.1", "-k", str(home)]
    serve += ["-c", "fsync=off"]
    with log.open("wb") as stream:
        process = subprocess.Popen(serve, user=user, cwd=home, stdout=stream, stderr=stream)
        try:
            wait_for("ready to accept connections", process, log)
            yield Metadata(kind="postgresql", port=port, database="farelite_runs")
        finally:
            process.terminate()
            process.wait(60)


@pytest.fixture(scope="module")
def mysql(folder: Path) -> Iterator[Metadata]:
    program = shutil.which("mariadbd", path=f"{os.environ['PATH']}:/usr/sbin")
    if not program or not SYSTEM_TABLES[0].exists():
        pytest.skip("no MySQL server here; `apt-get install mariadb-server-core` brings one")
    home = folder / "mysql"
    home.mkdir()
    user = f"--user={getpass.getuser()}"
    (home / "data").mkdir()
    # What mariadb-install-db does; that one needs a program of the client's package.
    tables = "\n".join(path.read_text() for path in SYSTEM_TABLES)
    make = [program, "--no-defaults", f"--datadir={home / 'data'}", user, "--bootstrap"]
    told = f"create database mysql;\nuse mysql;\nset @auth_root_socket=null;\n{tables}"
    subprocess.run(make, cwd=home, check=True, capture_output=True, input=told, text=True)
    begin = home / "begin.sql"
    begin.write_text(
        f"CREATE USER farelite@'127.0.0.1' IDENTIFIED BY '{PASSWORD}';\nGRANT ALL ON *.* TO farelite@'127.0.0.1';\n"
    )
    port, log = free_port(), home / "log"
    serve = [program, "--no-defaults", f"--datadir={home / 'data'}", user, f"--socket={home / 'socket'}"]
    serve += ["--skip-name-resolve", "--bind-address=127.0.0.1", f"--port={port}", f"--init-file={begin}"]
    with log.open("wb") as stream:
        process = subprocess.Popen(serve, cwd=home, stdout=stream, stderr=stream)
        try:
            wait_for("ready for connections", process, log)
            yield Metadata(kind="mysql", port=port, database="farelite_runs")
        finally:
            process.terminate()
            process.wait(60)


@pytest.fixture(params=["postgresql", "mysql"])
def server(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Any:
    metadata = request.getfixturevalue(request.param)
    monkeypatch.setenv(metadata.password_variable, PASSWORD)
    return metadata


def test_lineage_and_history_come_from_the_server(server, tmp_path, made_up):
    paths = RunPaths(tmp_path / "runs" / "made-up")
    fresh = server.model_copy(update={"database": "asked"})
    story = made_up.MadeUpRuns(paths, metadata=fresh)
    remember(fresh, paths)
    story.add(3, "pushed")
    story.add(1, "crashed")
    answer = ask("000002", tmp_path / "runs", None)
    assert (answer.asked, answer.sha256, answer.run) == ("metadata", story.pushed[1][1], story.runs[1])
    assert len(answer.chain.steps) == 11
    assert [one.verdict for one in runs_of(paths, 9)] == ["crashed", "pushed", "pushed", "pushed"]
    assert not paths.database.exists()


def test_a_run_is_recorded_on_the_server_by_the_pipelines_own_launcher(server, tmp_path):
    """Every row is rejected, so the run stops after three steps: the launcher has worked, nothing was trained."""
    (tmp_path / "trips.csv").write_text("fare,miles\n" + "ten dollars,3\n" * 50)
    (tmp_path / "fares.yaml").write_text(
        "name: fares\ndata: {source: trips.csv, label: {column: fare}, numeric: [miles]}\n"
        f"metadata: {{kind: {server.kind}, port: {server.port}, database: launched}}\n"
    )
    done = farelite("run", "--config", "fares.yaml", "--json", cwd=tmp_path)
    assert done.returncode == 2, done.stderr
    told = json.loads(done.stdout)
    assert told["verdict"] == "stopped"
    paths = RunPaths(tmp_path / "runs" / "fares")
    assert not paths.database.exists()
    (record,) = runs_of(paths, 5)
    assert (record.id, record.verdict, record.last_step) == (told["run_id"], "stopped", "RowsGate")
    assert record.reasons == told["reasons"]


def test_the_note_of_which_store_is_used_holds_no_password(server, tmp_path):
    paths = RunPaths(tmp_path / "pipeline")
    paths.make()
    remember(server, paths)
    assert recall(paths) == server
    assert PASSWORD not in (paths.root / "metadata.json").read_text()


def test_a_wrong_password_says_where_and_which_variable(server, tmp_path, monkeypatch):
    monkeypatch.setenv(server.password_variable, "wrong")
    where = rf"no entry to the metadata store {server.kind} 127.0.0.1:{server.port}/farelite_runs as farelite"
    with pytest.raises(MetadataError, match=rf"{where}: .*in the variable FARELITE_METADATA_PASSWORD\?"):
        open_metadata(server, RunPaths(tmp_path))


@pytest.mark.parametrize("kind", ["postgresql", "mysql"])
def test_a_server_that_does_not_answer_says_so(kind, tmp_path):
    port = free_port()
    with pytest.raises(MetadataError, match=rf"{kind} 127.0.0.1:{port}/farelite as farelite: .* Is the server up"):
        open_metadata(Metadata(kind=kind, port=port), RunPaths(tmp_path))


def test_a_kind_of_store_that_does_not_exist_is_a_mistake_in_the_configuration():
    with pytest.raises(ConfigError, match=r"metadata.kind: Input should be 'sqlite', 'mysql' or 'postgresql'"):
        load(overrides=["metadata.kind=oracle"])
