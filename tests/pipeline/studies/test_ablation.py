import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.cli import main
from pipeline.config import Config, load
from pipeline.studies.ablation import Ablation
from pipeline.studies.ablation_view import show_ablation
from pipeline.studies.stages import stages

HEADER = "from_lat,from_lon,to_lat,to_lon,at,riders,fare"
TREE = {
    "name": "small",
    "data": {
        "source": "trips.csv",
        "label": {"column": "fare"},
        "points": {
            "pickup": {"latitude": "from_lat", "longitude": "from_lon"},
            "dropoff": {"latitude": "to_lat", "longitude": "to_lon"},
        },
        "time": {"column": "at"},
        "numeric": ["riders"],
    },
    "features": {
        "distances": ["haversine_km"],
        "time_parts": ["hour"],
        "scaling_of": {"from_lon": {"centre": -78, "spread": 8}, "haversine_km": "robust"},
        "buckets": {"far": {"feature": "haversine_km", "quantiles": 4}},
        "crosses": {"when": {"of": ["hour", "far"], "embedding": 3}, "inner": {"of": ["hour"], "embedding": 0}},
        "reducer": {"kind": "pca", "components": 3},
    },
    "training": {"units": [8], "epochs": 2, "piecewise": None, "pruning": {"epochs": 1}, "quantization": {"epochs": 1}},
}
LADDER = ["raw", "scaling", "time", "distance", "buckets", "crosses", "embeddings", "reducer"]


@pytest.fixture
def config_file(tmp_path: Path) -> Path:
    """A city of 400 trips whose fare is its distance."""
    rng = np.random.default_rng(0)
    places = rng.normal([41.9, -87.6, 41.9, -87.6], 0.05, size=(400, 4))
    far = 111 * np.hypot(places[:, 2] - places[:, 0], 0.74 * (places[:, 3] - places[:, 1]))
    rows = [
        f"{','.join(f'{x:.5f}' for x in place)},{rng.integers(1.3e9, 1.5e9)},{rng.integers(1, 5)},{3 + 2 * km:.2f}"
        for place, km in zip(places, far, strict=True)
    ]
    (tmp_path / "trips.csv").write_text("\n".join([HEADER, *rows]))
    path = tmp_path / "small.yaml"
    path.write_text(json.dumps(TREE))
    return path


def test_the_ladder_begins_with_raw_columns_and_ends_with_the_configuration() -> None:
    config = Config.model_validate(TREE)
    ladder = stages(config)
    assert [stage.name for stage in ladder] == LADDER
    raw = ladder[0].config(config).plan()
    assert raw.block_names() == ["from_lat", "from_lon", "to_lat", "to_lon", "years", "riders"]
    assert {raw.scaling_of(name) for name in raw.block_names()} == {"none"}
    assert raw.features.reducer.kind == "none"
    assert ladder[-1].features == config.features


def test_a_scaling_of_one_number_waits_for_its_number_and_a_cross_for_its_embedding() -> None:
    ladder = {stage.name: stage.features for stage in stages(Config.model_validate(TREE))}
    assert list(ladder["scaling"].scaling_of) == ["from_lon"]
    assert list(ladder["distance"].scaling_of) == ["from_lon", "haversine_km"]
    widths = {name: cross.embedding for name, cross in ladder["crosses"].crosses.items()}
    assert widths == {"when": 1, "inner": 0}
    assert ladder["embeddings"].crosses["when"].embedding == 3


def test_groups_that_the_configuration_does_not_use_are_left_out() -> None:
    features = {**TREE["features"], "buckets": {}, "crosses": {}, "reducer": {"kind": "none"}}
    config = Config.model_validate({**TREE, "features": features})
    assert [stage.name for stage in stages(config)] == ["raw", "scaling", "time", "distance"]


def test_a_linear_ablation_shows_what_distance_is_worth_and_trains_nothing_twice(
    config_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["ablate", "--config", str(config_file), "--runs-dir", str(tmp_path / "runs"), "--linear", "--json"]
    # Four groups are enough here.
    command += ["--set", "features.buckets={}", "--set", "features.crosses={}", "--set", "features.reducer.kind=none"]
    with pytest.raises(SystemExit) as ending:
        main([*command, "--seeds", "1"])
    assert ending.value.code == 0
    table = json.loads(capsys.readouterr().out)
    errors = {stage["name"]: stage["linear.rmse"]["mean"] for stage in table["stages"]}
    assert list(errors) == ["raw", "scaling", "time", "distance"]
    assert errors["distance"] < errors["time"] / 10
    assert json.loads((tmp_path / "runs" / "small" / "ablation.json").read_text()) == table
    kept = {path: path.stat().st_mtime_ns for path in (tmp_path / "runs" / "small" / "ablation").iterdir()}
    assert len(kept) == 4
    lost = next(iter(kept))
    lost.unlink()
    with pytest.raises(SystemExit):
        main([*command, "--seeds", "1"])
    assert json.loads(capsys.readouterr().out) == table
    assert {path for path, time in kept.items() if path.stat().st_mtime_ns != time} == {lost}


def test_trainings_on_the_same_rows_and_features_follow_each_other() -> None:
    config = Config.model_validate(TREE)
    ladder = stages(config)[:2]

    def order(vary: Any) -> list[tuple[str, int]]:
        study = Ablation(config, [0, 1], vary, True, Path(), ladder)
        return [(stage.name, seed) for stage, seed in study.cells()]

    assert order("training") == [("raw", 0), ("raw", 1), ("scaling", 0), ("scaling", 1)]
    assert order("split") == [("raw", 0), ("scaling", 0), ("raw", 1), ("scaling", 1)]


def test_a_linear_model_has_no_rung_for_embeddings() -> None:
    config = Config.model_validate(TREE)
    rungs = {linear: Ablation(config, [0], "training", linear, Path()).rungs() for linear in (False, True)}
    assert [one.name for one in rungs[False]] == LADDER
    assert [one.name for one in rungs[True]] == [name for name in LADDER if name != "embeddings"]


def test_the_table_can_be_had_as_markdown(capsys: pytest.CaptureFixture[str]) -> None:
    figure = {"mean": 3.5, "spread": 0.25, "values": [3.25, 3.75]}
    size = {"mean": 7834.0, "spread": 0.0, "values": [7834, 7834]}
    rungs = [{"name": name, "file.rmse": figure, "parameters": size} for name in ("raw", "scaling")]
    show_ablation({"unit": "usd", "seeds": [0, 1], "vary": "split", "stages": rungs}, markdown=True)
    assert capsys.readouterr().out.splitlines() == [
        "| features (2 splits) | RMSE of the file (usd) | parameters |",
        "|---|---|---|",
        "| raw | 3.500 ± 0.250 | 7,834 |",
        "| + scaling | 3.500 ± 0.250 | 7,834 |",
    ]


def test_the_network_the_file_and_the_linear_model_are_measured_on_the_same_rows(
    config_file: Path, tmp_path: Path
) -> None:
    config = load(config_file)
    study = Ablation(config, [0], "training", False, tmp_path, stages(config)[-1:])
    told = []
    table = study.run(lambda stage, seed, kept: told.append((stage.name, seed, kept)))
    assert told == [("reducer", 0, False)]
    (row,) = table["stages"]
    # Front: 3 + 3 skip weights, 96 ids of width 3; core: 9 inputs to 8 units, to 1.
    assert row["inputs"]["mean"] == 3 + 3 + 3
    assert row["parameters"]["mean"] == (3 + 3) + 96 * 3 + (9 * 8 + 8) + (8 + 1)
    assert 3000 < row["bytes"]["mean"] < 30_000
    assert row["file.rmse"]["mean"] == pytest.approx(row["network.rmse"]["mean"], rel=0.5)


def test_a_constant_column_is_left_out_in_front_of_the_reducer(config_file: Path, tmp_path: Path) -> None:
    header, *lines = (tmp_path / "trips.csv").read_text().splitlines()
    same = [",".join([*line.split(",")[:5], "2", line.split(",")[6]]) for line in lines]
    (tmp_path / "trips.csv").write_text("\n".join([header, *same]))
    config = load(config_file)
    study = Ablation(config, [0], "training", True, tmp_path, stages(config)[-1:])
    (row,) = study.run(lambda *_: None)["stages"]
    assert row["name"] == "reducer"
