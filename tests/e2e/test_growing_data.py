"""Unattended runs on data that grow by the day: warm start, the champion's rule, and a rollback that stays."""

from __future__ import annotations

import csv
import json
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from components.registry.store import Store
from pipeline.lineage.connection import open_metadata
from pipeline.lineage.questions import Lineage
from pipeline.paths import RunPaths
from pipeline.runners.schedule.ledger import Ledger
from pipeline.settings.metadata import Metadata
from tests.e2e import command, copied

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]
FIRST = date(2016, 1, 1)
ROWS = 900
CONFIG = """
name: daily
data:
  source: "{YYYY}-{MM}-{DD}.csv"
  label: {column: fare, range: {low: 1, high: 200}}
  points:
    pickup: {latitude: from_lat, longitude: from_lon}
    dropoff: {latitude: to_lat, longitude: to_lon}
  time: {column: at, format: "%Y-%m-%d %H:%M:%S", time_zone: UTC}
features: {distances: [haversine_km], time_parts: [hour], reducer: {kind: none}}
training: {units: [16], epochs: 10, batch_size: 32, learning_rate: 0.01, pruning: null, quantization: {epochs: 1},
           warm_start: true}
gate: {max_ratio: 2.0, max_linear_ratio: null}   # these fares are linear in the distance
push: {min_sparsity: 0, max_increase: {rmse: 1, mae: 1}, max_difference: 99, max_p99_difference: 99,
       max_mean_difference: 99}
schedule:
  cron: "0 3 * * *"
  until_lag_h: 24                  # the run at three in the morning reads up to the day before
  port: null
  retries: {attempts: 3, delay_s: 0}
"""


def write_day(folder: Path, day: date) -> None:
    """Trips whose fare is 3 and 2 a kilometre, with noise."""
    chance = np.random.default_rng(day.toordinal())
    points = chance.uniform([41.8, -87.7, 41.8, -87.7], [41.95, -87.6, 41.95, -87.6], size=(ROWS, 4))
    north, east = 111.2 * (points[:, 2] - points[:, 0]), 82.8 * (points[:, 3] - points[:, 1])
    fares = 3 + 2 * np.hypot(north, east) + chance.normal(0, 0.5, ROWS)
    with (folder / f"{day.isoformat()}.csv").open("w", newline="") as stream:
        table = csv.writer(stream)
        table.writerow(["from_lat", "from_lon", "to_lat", "to_lon", "at", "fare"])
        for row, (place, fare) in enumerate(zip(points, fares, strict=True)):
            at = datetime(day.year, day.month, day.day) + timedelta(seconds=90 * row)
            table.writerow([*(f"{one:.6f}" for one in place), at, f"{max(fare, 3.0):.2f}"])


def farelite(folder: Path, *words: str) -> tuple[int, Any, str]:
    done = command.script(Path(copied.__file__), *words, cwd=folder)
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, json.loads(done.stdout or "null") if "--json" in words else done.stdout, done.stderr


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Two days are made up for, the second a day after the first; then a rollback, and the second again."""
    folder = tmp_path_factory.mktemp("daily")
    (folder / "my.yaml").write_text(CONFIG)
    for number in (0, 1, 3):  # the third day never comes
        write_day(folder, FIRST + timedelta(days=number))
    mine = ["--config", "my.yaml"]
    told: dict[str, Any] = {"folder": folder, "store": Store(folder / "runs" / "daily" / "models")}
    told["queued"] = farelite(folder, "schedule", "backfill", "2016-01-02T00:00", "2016-01-05T12:00", *mine)
    told["code"], told["slots"], told["said"] = farelite(folder, "schedule", "once", "--due", *mine, "--json")
    told["manifests"] = {version: told["store"].manifest(version) for version in told["store"].versions()}
    farelite(folder, "rollback")
    second = ["run", *mine, "--set", "data.spans.until=2016-01-02", "--json"]
    told["withdrawn"] = farelite(folder, *second)
    told["behind"] = farelite(folder, *second, "--set", "gate.max_ratio=0.1")
    return told


def outputs_of(story: dict[str, Any], run_id: str, step: str) -> dict[str, Any]:
    store = open_metadata(Metadata(), RunPaths(story["folder"] / "runs" / "daily"))
    return Lineage(store).node_runs(run_id)[step].outputs


def history_of(story: dict[str, Any], run_id: str) -> dict[str, Any]:
    (run,) = outputs_of(story, run_id, "Trainer")["model_run"]
    told: dict[str, Any] = json.loads((Path(run.uri) / "history.json").read_text())
    return told


def test_each_due_time_of_the_past_reads_up_to_its_own_day(story: dict[str, Any]) -> None:
    assert story["queued"][2] == "queued 4 of 4 due times\n"
    first, second, *_ = story["slots"]
    for slot, spans in ((first, ["2016-01-01"]), (second, ["2016-01-01", "2016-01-02"])):
        (examples,) = outputs_of(story, slot["result"]["run_id"], "TripExampleGen")["examples"]
        assert json.loads(examples.properties["spans"]) == spans
    assert [slot["outcome"] for slot in story["slots"]] == ["pushed", "pushed", "failed", "failed"]


def test_a_day_that_is_not_there_is_tried_again_and_then_named(story: dict[str, Any]) -> None:
    absent, behind = story["slots"][2:]
    assert "data.spans.until is '2016-01-03', which is no span of" in absent["reason"]
    assert "no file for span 2016-01-03, between 2016-01-01 and 2016-01-04" in behind["reason"]
    assert [slot["attempts"] for slot in story["slots"]] == [1, 1, 3, 3]
    assert story["code"] == 1


def test_a_run_on_a_new_day_starts_from_the_live_models_float_weights(story: dict[str, Any]) -> None:
    first, second = (history_of(story, slot["result"]["run_id"]) for slot in story["slots"][:2])
    assert "warm_start" not in first
    taken, total = second["warm_start"]
    assert 0 < taken <= total
    # What begins where the first ended begins well below where that began, mean of its first epoch.
    assert second["float"]["loss"][0] < 0.8 * first["float"]["loss"][0]


def test_it_is_pushed_by_the_champions_rule_on_the_new_rows(story: dict[str, Any]) -> None:
    first, second = story["manifests"]["000001"], story["manifests"]["000002"]
    assert (first["champion"], second["champion"]) == (None, "000001")
    assert second["metrics"]["rows"] > first["metrics"]["rows"]
    champion = second["gate"]["champion"]
    assert champion["rmse"] > 0
    assert second["gate"]["candidate"]["rmse"] <= 2.0 * champion["rmse"]


def test_a_version_that_was_withdrawn_is_not_pushed_again(story: dict[str, Any]) -> None:
    code, result, _ = story["withdrawn"]
    assert (code, result["verdict"]) == (3, "refused")
    assert "these very bytes" in result["reasons"][0]
    assert "were withdrawn by a rollback" in result["reasons"][0]
    assert story["store"].current() == "000001"


def test_what_stays_behind_the_champion_is_refused_with_both_errors(story: dict[str, Any]) -> None:
    code, result, _ = story["behind"]
    assert (code, result["verdict"]) == (3, "refused")
    assert "gate.max_ratio" in result["reasons"][0]
    assert story["store"].versions() == ["000001", "000002"]


def test_the_ledger_holds_each_due_time_once_with_its_outcome(story: dict[str, Any]) -> None:
    ledger = Ledger(story["folder"] / "runs" / "daily" / "schedule.db", 0)
    slots = ledger.slots()
    ledger.close()
    days = [datetime.fromtimestamp(slot.due, timezone.utc).date() for slot in slots]
    assert days == [FIRST + timedelta(days=number) for number in (1, 2, 3, 4)]
    assert {slot.state for slot in slots} == {"done"}
