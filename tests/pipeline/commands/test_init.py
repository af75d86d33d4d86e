"""The command that describes a table for the first time, and its kin without a configuration."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.cli import main
from pipeline.config import load

ROWS = [
    f"{i},{50 + i * 7 % 90},{'Bern' if i % 3 else 'Chur'},{100 + i * 7 % 90 * 3 + i * 31 % 101}" for i in range(1, 301)
]


@pytest.fixture
def here(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "houses.csv").write_text("\n".join(["id,size,town,price", *ROWS]) + "\n")

    def run(*arguments):
        with pytest.raises(SystemExit) as ending:
            main(list(arguments))
        said = capsys.readouterr()
        return ending.value.code, said.out, said.err

    return run


def test_init_writes_a_configuration_and_the_next_command(here):
    code, out, said = here("init", "houses.csv", "--yes")
    assert (code, out) == (0, "farelite run --config houses.yaml\n")
    assert "wrote houses.yaml: price (a number) from 2 of 4 columns, 300 rows" in said
    assert "left out: id" in said
    config = load(Path("houses.yaml"))
    assert (config.data.numeric, config.data.categorical) == (("size",), ("town",))
    assert config.data.label.column == "price"


def test_a_split_by_time_is_offered_where_a_column_tells_the_time(here):
    rows = [f"2024-{1 + i // 28 % 12:02d}-{1 + i % 28:02d},{50 + i * 7 % 90},{i * 31 % 101}" for i in range(300)]
    Path("days.csv").write_text("\n".join(["date,size,price", *rows]) + "\n")
    _, _, said = here("init", "days.csv", "--label", "price")
    assert "test rows are drawn from all times of date; to judge by the newest" in said
    text = Path("days.yaml").read_text()
    assert load(Path("days.yaml")).data.split.by == "hash"
    Path("days.yaml").write_text(text.replace("  # split:", "  split:"))
    assert load(Path("days.yaml")).data.split.by == "time"
    here("init", "houses.csv", "--label", "price")
    assert "split" not in Path("houses.yaml").read_text(), "no column tells a time"


def test_init_writes_over_nothing(here):
    here("init", "houses.csv", "--label", "price")
    code, _, said = here("init", "houses.csv", "--label", "price")
    assert code == 2
    assert "houses.yaml is there already; give another place by --output" in said


def test_the_source_counts_from_where_the_file_lies(here):
    Path("sub").mkdir()
    here("init", "houses.csv", "--yes", "--output", "sub/h.yaml", "--pipeline", "homes")
    config = load(Path("sub/h.yaml"))
    assert config.name == "homes"
    assert Path(config.data.source).resolve() == Path("houses.csv").resolve()


def test_without_a_terminal_it_says_what_it_needs(here, monkeypatch):
    with Path(os.devnull).open() as nothing:
        monkeypatch.setattr(sys, "stdin", nothing)
        code, _, said = here("init", "houses.csv")
    assert code == 2
    assert "give --label COLUMN, or --yes for price, the likeliest" in said


def test_on_a_terminal_it_asks_what_to_predict(here, tmp_path):
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "pipeline", "init", "houses.csv"]
    process = subprocess.Popen(command, cwd=tmp_path, stdin=theirs, stdout=subprocess.PIPE, stderr=theirs)
    os.write(ours, b"siize\nsize\n")
    out, _ = process.communicate(timeout=60)
    said = os.read(ours, 1 << 16).decode()
    os.close(ours)
    os.close(theirs)
    assert process.returncode == 0
    assert "Which column is to be predicted?" in said
    assert "Please select one of the available options" in said
    assert load(tmp_path / "houses.yaml").data.label.column == "size"
    assert out == b"farelite run --config houses.yaml\n"


def test_the_time_zone_can_be_given_and_must_be_one(here):
    Path("t.csv").write_text("at,y\n" + "".join(f"2020-01-{1 + i % 28:02d},{i % 13}.5\n" for i in range(200)))
    here("init", "t.csv", "--label", "y", "--time-zone", "Europe/Berlin")
    time = load(Path("t.yaml")).data.time
    assert (time.format, time.time_zone, time.source_time_zone) == ("%Y-%m-%d", "Europe/Berlin", "wall-clock")
    code, _, said = here("init", "t.csv", "--label", "y", "--time-zone", "Berlin", "--output", "u.yaml")
    assert code == 2
    assert "data.time.time_zone: 'Berlin' is no IANA time zone" in said
    assert not Path("u.yaml").exists()
    assert (
        "no column of the table was taken for the time" in here("init", "houses.csv", "--yes", "--time-zone", "UTC")[2]
    )


def test_init_tells_other_programs_what_it_chose(here):
    _, out, _ = here("init", "houses.csv", "--yes", "--json")
    told = json.loads(out)
    assert told["next"] == "farelite run --config houses.yaml"
    assert told["data"]["label"] == {"column": "price", "kind": "number"}
    assert told["left_out"] == {"id": "the number of the row"}


def test_describe_needs_no_configuration(here):
    code, out, _ = here("data", "describe", "houses.csv")
    assert code == 0
    assert "300 rows in 1 file = 300 accepted + 0 rejected" in out
    assert "left out: id: the number of the row" in out
    told = json.loads(here("data", "describe", "houses.csv", "--label", "size", "--json")[1])
    assert [one["name"] for one in told["columns"]] == ["price", "town", "size"]
    assert "give a TABLE or --config, not both" in here("data", "describe", "houses.csv", "--config", "x.yaml")[2]
    assert "--label is for a TABLE" in here("data", "describe", "--label", "size")[2]
