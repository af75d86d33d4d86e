"""The suite of tables: each is short, belongs to a half, and the smallest size runs from the table to the report."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from data.spec import Dataset
from tests.e2e import command
from tests.e2e.lean import sets

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
DESCRIBED = sorted((BENCHMARKS / "tables").glob("*.yaml"))


@pytest.fixture(scope="module")
def sources():
    sys.path.insert(0, str(BENCHMARKS))
    yield pytest.importorskip("table_sources")
    sys.path.remove(str(BENCHMARKS))


@pytest.fixture(scope="module")
def tables(sources):
    if importlib.util.find_spec("xgboost") is None:
        pytest.skip("xgboost is not installed; it belongs to the dev group")
    return importlib.import_module("tables")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("tables")


def columns_of(tree):
    data = tree["data"]
    points = [column for point in data.get("points", {}).values() for column in point.values()]
    time = [data["time"]["column"]] if "time" in data else []
    return [data["label"]["column"], *points, *time, *data.get("numeric", []), *data.get("categorical", [])]


def test_at_least_twelve_tables_are_described_in_at_most_twelve_lines_each():
    assert len(DESCRIBED) >= 12
    lines = {path.stem: len(path.read_text().splitlines()) for path in DESCRIBED}
    assert {name: count for name, count in lines.items() if count > 12} == {}


@pytest.mark.parametrize("path", DESCRIBED, ids=lambda path: path.stem)
def test_a_description_leaves_all_but_the_roles_of_columns_to_the_defaults(path):
    tree = yaml.safe_load(path.read_text())
    assert set(tree) == {"name", "data"}
    assert set(tree["data"]) <= {"source", "label", "points", "time", "numeric", "categorical"}
    assert tree["name"] == path.stem


@pytest.mark.parametrize("path", DESCRIBED, ids=lambda path: path.stem)
def test_a_package_brings_every_column_that_a_description_names(path, sources, folder):
    tree = yaml.safe_load(path.read_text())
    try:
        written = sources.write(Path(tree["data"]["source"]).stem, folder)
    except sources.PackageAbsentError as error:
        pytest.skip(str(error))
    with written.open() as stream:
        header = stream.readline().strip().replace('"', "").split(",")
    assert set(columns_of(tree)) <= set(header)


def test_a_table_that_is_not_there_is_answered_by_those_that_are(sources, tmp_path):
    with pytest.raises(ValueError, match=r"no table 'diamond'; tables are apartments, .*diamonds"):
        sources.write("diamond", tmp_path)


def test_half_of_the_tables_of_each_kind_are_for_choices(tables):
    kinds = {path.stem: yaml.safe_load(path.read_text())["data"]["label"].get("kind", "number") for path in DESCRIBED}
    assert set(tables.CHOICES) <= set(kinds)
    for kind in ("number", "binary", "classes"):
        of_kind = [name for name in kinds if kinds[name] == kind]
        assert 2 * len(set(of_kind) & set(tables.CHOICES)) in (len(of_kind), len(of_kind) + 1, len(of_kind) - 1)


def split_of(file, tree, line):
    """What is kept of one split, with two boosters' errors that matter and the others' far above."""
    boosters = {"LightGBM L2": (tree, 2.0), "XGBoost L1": (8.0, line)}
    names = ("LightGBM L1", "XGBoost L2", "HistGB L2", "HistGB L1", "linear", "mean")
    errors = {**boosters, **dict.fromkeys(names, (50.0, 50.0))}
    return {
        "verdict": "pushed", "reasons": [], "rows": [2000, 1000], "seconds": 10.0, "bytes": 9000, "us": 7.0,
        "file": {"rmse": file, "mae": 1.0}, "rivals": {name: {"rmse": r, "mae": m} for name, (r, m) in errors.items()},
    }  # fmt: skip


def test_a_ratio_is_to_the_best_booster_of_its_split_and_of_its_error(tables):
    told = tables.report("x", {"wage": [split_of(6.0, 4.0, 1.0), split_of(4.0, 4.0, 0.8)]}, {"digits": "not yet"})
    (line,) = [line for line in told.splitlines() if line.startswith("| wage | 2,000")]
    # RMSE (6/4 + 4/4) / 2, MAE (1/1 + 1/0.8) / 2
    assert [cell.strip() for cell in line.split("|")[6:8]] == ["1.250", "1.125"]
    assert "RMSE: median 1.250; of those with more than 1,000 rows the worst is wage, 1.250." in told
    assert "- digits: not yet" in told


def test_a_table_without_a_file_says_why_and_has_no_part_in_the_median(tables):
    stopped = {"verdict": "stopped", "reasons": ["no limits"], "rows": [2000, 1000], "seconds": 3.0}
    stopped["rivals"] = split_of(6.0, 4.0, 1.0)["rivals"]
    told = tables.report("x", {"wage": [split_of(5.0, 4.0, 1.0)], "fifa": [stopped]}, {})
    assert "median 1.250" in told
    assert "| fifa | 2,000 | 1 stopped |" in told
    assert "- fifa: no limits" in told


def test_rivals_see_gaps_as_gaps_and_values_that_only_the_test_has_as_unknown(tables):
    data = {"source": "x.csv", "label": {"column": "y"}, "numeric": ["a"], "categorical": ["c"]}
    frame = pd.DataFrame({"a": [1.0, np.nan, 3.0, 4.0], "c": [b"u", b"v", b"u", b"w"], "y": [1.0, 2.0, 3.0, 4.0]})
    train, test = tables.rivals.parts(Dataset.model_validate(data), frame, np.array([False, False, True, True]))
    np.testing.assert_array_equal(train.x, [[1, 1], [np.nan, 2]])
    np.testing.assert_array_equal(test.x, [[3, 1], [4, 0]])
    assert train.sizes == (0, 3)


@pytest.mark.e2e
def test_the_smallest_size_goes_from_a_table_to_the_report_and_is_not_measured_twice(
    tables, tmp_path, monkeypatch, capsys
):
    def run(runs_dir, config, overrides, stderr):
        assert stderr == subprocess.PIPE
        return command.farelite("run", "--json", "--runs-dir", runs_dir, "--config", str(config), *sets(*overrides))

    monkeypatch.setattr(tables, "run", run)
    words = ["--splits", "1", "--tables", "diabetes", "breast-cancer", "--folder", str(tmp_path)]
    words += sets("training.epochs=1", "training.members=1", "training.pruning=null", "training.quantization.epochs=1")
    monkeypatch.setattr(sys, "argv", ["tables.py", *words, "--json", str(tmp_path / "all.json")])
    tables.main()
    first = capsys.readouterr()
    found = json.loads((tmp_path / "all.json").read_text())["tables"]
    (one,) = found["diabetes"]
    assert set(one["rivals"]) == {*tables.rivals.BOOSTERS, *tables.rivals.PLAIN}
    assert one["rows"][0] + one["rows"][1] == 442
    assert one["tested"] == one["rows"][1]
    assert 0 < one["file"]["mae"] < one["file"]["rmse"] < 3 * one["rivals"]["mean"]["rmse"]
    assert one["bytes"] > 1000
    (one,) = found["breast-cancer"]
    assert set(one["rivals"]) == {*tables.rival_classifiers.BOOSTERS, *tables.rival_classifiers.PLAIN}
    assert 0 < one["file"]["log_loss"] < 2 * one["rivals"]["shares"]["log_loss"]
    assert first.out.count("## Label a") == 2
    kept = (tmp_path / "results.jsonl").read_text()
    monkeypatch.setattr(tables, "run", None)
    tables.main()
    assert capsys.readouterr() == first
    assert (tmp_path / "results.jsonl").read_text() == kept


def test_a_run_that_cannot_begin_is_an_error_with_its_last_words(tables):
    told = tables.measure_file(DESCRIBED[0], ["data.source=nowhere.csv"])
    assert told["verdict"] == "error"
    assert "nowhere.csv" in told["reasons"][-1]


def classified(loss, area, **rivals):
    """What is kept of a split with a label of classes."""
    told = {name: {"log_loss": 9.0, "roc_auc": 0.5, "accuracy": 0.5} for name in ("HistGB", "logistic", "shares")}
    told |= {name: {"log_loss": one, "roc_auc": two, "accuracy": 0.9} for name, (one, two) in rivals.items()}
    file = {"log_loss": loss, "roc_auc": area, "accuracy": 0.9, "calibration_error": 0.01}
    return {
        "verdict": "pushed", "reasons": [], "rows": [2000, 1000], "seconds": 10.0, "bytes": 9000, "us": 7.0,
        "file": file, "float": file, "rivals": told, "flipped": {"rows": 5, "share": 0.005},
    }  # fmt: skip


def test_of_classes_the_lowest_loss_and_the_largest_area_of_a_booster_are_what_counts(tables):
    splits = [classified(0.3, 0.9, LightGBM=(0.2, 0.8), XGBoost=(0.4, 0.945))]
    told = tables.report("x", {"hr": splits}, {}, "class")
    (line,) = [line for line in told.splitlines() if line.startswith("| hr | 2,000")]
    assert [cell.strip() for cell in line.split("|")[4:8]] == ["0.3", "0.9", "1.500", "1.050"]
    assert "ROC AUC: median 1.050" in told


def test_the_examples_table_has_mean_and_spread_and_the_share_of_turned_decisions(tables):
    labels = importlib.import_module("labels")
    splits = [classified(loss, 0.9, LightGBM=(0.2, 0.8), XGBoost=(0.4, 0.945)) for loss in (0.2, 0.4)]
    told = labels.table("digits", splits)
    assert "digits, 2 of 2 pushed; 2,000 rows learned from, 1,000 tested" in told
    assert "| model.tflite | 0.3000 ± 0.1414 | 0.9000 ± 0.0000 |" in told
    assert "| 0.50 ± 0.00 % | 9,000 at most |" in told
    assert "to the lowest of the boosters 1.500; highest area of a booster to the file's 1.050." in told
