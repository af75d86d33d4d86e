"""The export fits the OpenLineage specification (the files in testdata are the specification's own)."""

import json
import uuid
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from referencing import Registry, Resource

from pipeline.lineage.answer import ask
from pipeline.lineage.openlineage import event_lines

SPEC = {
    path.stem: json.loads(path.read_text())
    for path in (Path(__file__).resolve().parents[2] / "testdata/openlineage").glob("*.json")
}


def validator(url: str) -> Any:
    """For what a `schemaURL` points to, such as `.../OpenLineage.json#/$defs/RunEvent`."""
    import jsonschema  # takes two seconds to import, which workers without these tests are spared

    checker = jsonschema.FormatChecker()
    # The two formats that jsonschema checks only with further packages.
    checker.checks("uuid", raises=ValueError)(lambda text: bool(uuid.UUID(text)))
    checker.checks("date-time", raises=ValueError)(lambda text: bool(datetime.fromisoformat(text)))
    registry: Registry[Any] = Registry().with_resources(
        [(schema["$id"], Resource.from_contents(schema)) for schema in SPEC.values()]
    )
    assert url.split("#")[0] in {schema["$id"] for schema in SPEC.values()}, url
    return jsonschema.Draft202012Validator({"$ref": url}, registry=registry, format_checker=checker)


def facets(value: Any) -> list[dict[str, Any]]:
    """Everything that says which schema it has as a facet, at any depth."""
    below = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
    own = [value] if isinstance(value, dict) and "_schemaURL" in value else []
    return own + [one for part in below for one in facets(part)]


@pytest.fixture
def events(runs) -> list[dict[str, Any]]:
    return [json.loads(line) for line in event_lines(ask("000003", runs.paths.root.parent, None))]


def test_every_event_and_every_facet_fits_the_specification(events):
    assert len(events) == 22
    for event in events:
        validator(event["schemaURL"]).validate(event)
        assert facets(event)
        for facet in facets(event):
            validator(facet["_schemaURL"]).validate(facet)


def test_the_check_would_notice_a_wrong_event(events):
    broken = {**events[0], "run": {**events[0]["run"], "runId": "not a uuid"}}
    (error,) = validator(events[0]["schemaURL"]).iter_errors(broken)
    assert "is not a 'uuid'" in error.message


def test_each_step_starts_and_completes_once_under_one_run_id(events):
    by_run: dict[str, list[str]] = {}
    for event in events:
        by_run.setdefault(event["run"]["runId"], []).append(event["eventType"])
    assert len(by_run) == 11
    assert set(map(tuple, by_run.values())) == {("START", "COMPLETE")}


def test_what_one_step_made_is_what_the_next_one_reads(events):
    made = {one["name"] for event in events for one in event.get("outputs", [])}
    read = {one["name"] for event in events for one in event.get("inputs", [])}
    assert read - made == {"/trips.csv"}
    assert "made-up/models/000003/model.tflite" in made


def test_an_export_says_the_same_when_made_again(runs):
    answer = ask("000003", runs.paths.root.parent, None)
    assert list(event_lines(answer)) == list(event_lines(answer))
