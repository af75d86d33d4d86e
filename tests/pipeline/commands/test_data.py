"""The commands that look at data before any run."""

import json

import pytest

from pipeline.cli import main
from tests.e2e import command


def farelite(*arguments):
    done = command.farelite(*arguments)
    return done.returncode, done.stdout, done.stderr


@pytest.fixture
def here(capsys):
    """The same in this process, for many commands in a row: the libraries that statistics need load once."""

    def run(*arguments):
        with pytest.raises(SystemExit) as ending:
            main(list(arguments))
        said = capsys.readouterr()
        return ending.value.code, said.out, said.err

    return run


@pytest.fixture
def city(tmp_path):
    """A configuration over a small table, with no schema yet."""
    rows = [f"{41 + i % 7 / 10},{-87 - i % 5 / 10},{'Blue' if i % 3 else 'Red'},{5 + i % 40}" for i in range(300)]
    (tmp_path / "trips.csv").write_text("lat,lon,company,fare\n" + "\n".join([*rows, "0,0,Blue,5", "41,-87,Red,"]))
    config = tmp_path / "city.yaml"
    config.write_text(
        """
name: city
data:
  source: trips.csv
  label: {column: fare, range: {low: 1, high: 100}}
  points: {pickup: {latitude: lat, longitude: lon}}
  categorical: [company]
"""
    )
    return config


def test_describe_shows_rows_rejects_and_columns(city):
    code, said, _ = farelite("data", "describe", "--config", str(city))
    assert code == 0
    assert "302 rows in 1 file = 300 accepted + 2 rejected (0.7%)" in said
    assert "pickup: 0/0 is no place" in said
    assert "latitude of pickup" in said
    assert "Blue 200, Red 100" in said


def test_describe_gives_the_same_as_json(city):
    code, said, _ = farelite("data", "describe", "--config", str(city), "--json")
    found = json.loads(said)
    assert (code, found["accepted"], found["rejected"]) == (0, 300, 2)
    assert {one["name"] for one in found["columns"]} == {"lat", "lon", "company", "fare"}


def test_describe_of_a_missing_source_is_answered_in_one_line(city):
    code, _, said = farelite("data", "describe", "--config", str(city), "--set", "data.source=gone-*.csv")
    assert code == 2
    assert said.startswith("error: data.source: the pattern matches no file: ")


def test_a_schema_is_proposed_compared_and_accepted(city, here):
    schema = city.parent / "city.pbtxt"
    assert here("schema", "diff", "--config", str(city))[::2] == (
        2,
        "error: the configuration names no schema; `farelite schema infer` proposes one\n",
    )
    code, _, said = here("schema", "infer", "--config", str(city), "--output", str(schema))
    assert (code, said) == (0, f"wrote {schema}: 4 columns; review it, then say `schema: city.pbtxt`\n")
    assert here("schema", "infer", "--config", str(city), "--output", str(schema))[0] == 2
    city.write_text(city.read_text() + "schema: city.pbtxt\n")
    assert here("schema", "diff", "--config", str(city))[:2] == (0, f"the data fit {schema}\n")

    trips = city.parent / "trips.csv"
    trips.write_text(trips.read_text().replace("Red", "Green"))
    code, said, _ = here("schema", "diff", "--config", str(city))
    assert code == 2
    assert "company: Unexpected string values: Examples contain values missing from the schema: Green" in said
    assert here("schema", "accept", "--config", str(city))[0] == 0
    assert here("schema", "diff", "--config", str(city))[0] == 0
    code, _, said = here("schema", "accept", "--config", str(city))
    assert (code, said) == (0, f"the data fit {schema}; nothing has changed\n")
