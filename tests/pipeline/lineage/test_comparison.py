import json
import math
from pathlib import Path

import pytest

from pipeline.cli import main
from pipeline.commands.options import run_asked
from pipeline.lineage.comparison import Figure, compare
from pipeline.lineage.comparison_tables import show_comparison, tables
from pipeline.lineage.connection import open_metadata, recall
from pipeline.lineage.errors import LineageError
from pipeline.lineage.questions import Lineage
from pipeline.lineage.sides import PUSHED, Side, side

CONFIG = {"data": {"label": {"column": "fare"}, "split": {"seed": 0}}, "training": {"seed": 0, "units": [8, 8]}}


def of(**changes):
    told = {"name": "a", "run": "r1", "version": "", "verdict": "pushed", "code_revision": "c", "fingerprint": "f"}
    return Side(**{**told, "config": CONFIG, "figures": {}, "slices": {}, **changes})


def test_settings_figures_and_slices_stand_side_by_side():
    other = {**CONFIG, "training": {"seed": 1, "units": [8, 8], "dropout": 0.1}}
    figures = {"metrics": {"file": {"rmse": 4.0}, "float": {"rmse": None}}, "bytes": 1000, "latency_us": {"p50": 8.0}}
    more = {"metrics": {"file": {"rmse": 3.0}, "float": {"rmse": 3.5}}, "bytes": 1500}
    found = compare(
        of(figures=figures, slices={"job 1": {"candidate": {"rmse": 2.0}}}),
        of(config=other, figures=more, slices={"job 1": {"candidate": {"rmse": 1.0}}, "job 2": {"candidate": {}}}),
    )
    assert [(one.what, one.before, one.after) for one in found.settings] == [
        ("training.seed", 0, 1),
        ("training.dropout", None, 0.1),
    ]
    assert [(one.name, one.before, one.after) for one in found.figures] == [
        ("file rmse", 4.0, 3.0),
        ("float rmse", None, 3.5),
        ("bytes", 1000, 1500),
        ("latency p50 (us)", 8.0, None),
    ]
    assert [one.change for one in found.figures] == [-0.25, None, 0.5, None]
    assert [(one.name, one.before, one.after) for one in found.slices] == [("job 1", 2.0, 1.0)]
    assert (found.slice_metric, found.same_rows) == ("rmse", True)


@pytest.mark.parametrize(
    ("better", "before", "after", "verdict", "change"),
    [
        ("lower", 4.0, 3.0, "better", "-25.0%"),
        ("lower", 3.0, 4.0, "worse", "+33.3%"),
        ("higher", 0.5, 0.75, "better", "+50.0%"),
        ("higher", 0.75, 0.5, "worse", "-33.3%"),
        ("ideal", -0.4, 0.2, "better", "+0.600"),
        ("ideal", 0.01, -0.4, "worse", "-0.410"),
        ("ideal", -0.2, 0.2, "same", "+0.400"),
        ("lower", 3.00001, 3.00002, "same", ""),
        ("lower", 3.0, None, "", ""),
        ("lower", 3.0, math.nan, "", ""),
        ("", 3.0, 4.0, "", "+33.3%"),
    ],
)
def test_the_direction_of_a_metric_says_which_side_is_better(better, before, after, verdict, change):
    figure = Figure("x", before, after, better=better)
    assert (figure.verdict, figure.change_text) == (verdict, change)


def test_each_metric_of_a_label_that_is_a_class_has_its_own_direction():
    config = {"data": {"label": {"column": "payment", "kind": "classes"}}}
    figures = [{"metrics": {"file": {"accuracy": one, "log_loss": other}}} for one, other in ((0.8, 0.5), (0.9, 0.6))]
    found = compare(of(config=config, figures=figures[0]), of(config=config, figures=figures[1]))
    assert [(one.name, one.verdict, one.unit) for one in found.figures] == [
        ("file accuracy", "better", ""),
        ("file log_loss", "worse", ""),
    ]


def test_a_metric_that_this_farelite_does_not_know_is_shown_without_a_verdict():
    figures = {"metrics": {"file": {"made_up": 1.0}}}
    (figure,) = compare(of(figures=figures), of(figures={"metrics": {"file": {"made_up": 2.0}}})).figures
    assert (figure.heading, figure.change_text, figure.verdict) == ("made_up of the file", "+100.0%", "")


def test_units_stand_beside_what_has_some():
    config = {"data": {"label": {"column": "fare", "unit": "usd"}}}
    figures = {
        "metrics": {"file": {"rmse": 4.0, "calibration": 1.0}},
        "bytes": 1000,
        "latency_us": {"p95": 8.0},
        "sparsity": {"dense_kernels": 0.75},
    }
    found = compare(of(config=config, figures=figures), of(config=config, figures=figures))
    assert [one.heading for one in found.figures] == [
        "RMSE of the file (usd)",
        "calibration of the file",
        "size of the file (bytes)",
        "time of a call, 95th percentile (us)",
        "zeros in dense kernels",
    ]
    assert found.figures[-1].texts == ("75.0%", "75.0%")


def test_slices_that_moved_most_come_first_and_small_ones_last():
    def judged(**errors):
        return {
            name: {"candidate": {"rmse": error}, "rows": 9, "small": name == "tiny"} for name, error in errors.items()
        }

    found = compare(
        of(slices=judged(tiny=1.0, still=2.0, up=2.0, down=2.0)),
        of(slices=judged(tiny=9.0, still=2.0, up=2.2, down=1.0)),
    )
    assert [one.name for one in found.slices] == ["down", "up", "still", "tiny"]
    made = tables(found)
    assert made["slices"].rows[0] == ["down", "2.000", "1.000", "-50.0%", "better", "9"]
    assert made["slices"].verdicts == {0: "better", 1: "worse"}
    assert [row[0] for row in made["small"].rows] == ["tiny"]


def test_rows_and_features_are_set_against_each_other():
    counts = [{"read": 10, "accepted": 9, "rejected": 1, "splits": {"train": read}} for read in (8, 7)]
    found = compare(of(counts=counts[0], features=["a", "b"]), of(counts=counts[1], features=["c", "b"]))
    assert [(one.name, one.before, one.after) for one in found.counts] == [
        ("rows read", 10, 10),
        ("rows accepted", 9, 9),
        ("rows rejected", 1, 1),
        ("rows in train", 8, 7),
    ]
    assert found.features == {"before": ["a"], "after": ["c"], "both": ["b"]}
    assert tables(found)["features"].rows == [("a", "yes", "no"), ("c", "no", "yes")]
    assert compare(of(), of(features=["a"])).features == {}


def test_losses_are_those_on_validation_rows_by_phase():
    history = {"float": {"loss": [3.0, 2.0], "val_loss": [2.5, 2.1]}, "pruning": {"loss": [1.0]}, "kept_components": 2}
    found = compare(of(history=history), of())
    assert found.losses == {"before": {"float": [2.5, 2.1], "pruning": [1.0]}}


def test_an_empty_group_of_settings_is_no_difference_from_none():
    found = compare(of(config={**CONFIG, "gate": {"limits": {}}}), of(config={**CONFIG, "gate": {"limits": None}}))
    assert found.settings == []


@pytest.mark.parametrize(
    "changes", [{"fingerprint": "other"}, {"config": {**CONFIG, "data": {**CONFIG["data"], "split": {"seed": 1}}}}]
)
def test_other_data_or_another_split_make_other_test_rows(changes):
    assert not compare(of(), of(**changes)).same_rows


def test_the_change_from_nothing_is_none():
    assert Figure("bias", 0, 1).change is None
    assert Figure("bias", 0.0, 1).change is None
    assert math.isclose(Figure("bias", -0.5, -0.25).change, -0.5)


def test_runs_that_were_refused_or_crashed_can_be_compared_too(runs, capsys):
    pushed, refused, crashed = runs.runs[0], runs.runs[9], runs.runs[10]
    for number, run in enumerate((pushed, refused)):
        (artifact,) = (
            Lineage(open_metadata(recall(runs.paths), runs.paths)).node_runs(run)["TFLitePusher"].outputs[PUSHED]
        )
        Path(artifact.uri).mkdir(parents=True, exist_ok=True)
        slices = [{"name": "hour 5", "candidate": {"rmse": 2.0 + number}}]
        (Path(artifact.uri) / "slices.json").write_text(json.dumps({"slices": slices}))
    found = compare(side(runs.paths, pushed), side(runs.paths, refused))
    assert [(one.name, one.before, one.after) for one in found.slices] == [("hour 5", 2.0, 3.0)]
    assert (found.after["verdict"], found.after["version"]) == ("refused", "")
    assert side(runs.paths, crashed).figures == {}
    with pytest.raises(SystemExit) as ending:
        main(["compare", pushed, refused, "--runs-dir", str(runs.paths.root.parent)])
    said = capsys.readouterr().out
    assert ending.value.code == 0
    assert "Their test rows are not the same" in said
    assert "worse" in said
    assert "hour 5" in said
    assert "+50.0%" in said


def test_a_long_reason_does_not_push_what_stands_behind_it_out_of_sight(capsys):
    reason = "model.tflite: " + "the error is beyond every limit and " * 9
    show_comparison(compare(of(verdict="refused", reasons=[reason]), of(name="b", run="r2", figures={"bytes": 9})))
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) < 120
    told = "".join(one for one in lines if "limit" in one or "error" in one)
    assert told.count("beyond") == 9


def test_a_version_is_compared_by_what_its_manifest_tells(runs, bare_version, capsys):
    version, digest = runs.pushed[0]
    metrics = {"metrics": {"file": {"rmse": 1.25}}, "bytes": 700}
    bare_version(runs.paths, version, digest, b"x", runs.runs[0], **metrics)
    with pytest.raises(SystemExit):
        main(["compare", "1", "latest", "--runs-dir", str(runs.paths.root.parent), "--json"])
    told = json.loads(capsys.readouterr().out)
    assert told["before"]["name"] == "000001"
    named = [run_asked(runs.paths, one) for one in ("1", "latest", runs.runs[3], None)]
    assert named == [runs.runs[0], runs.runs[0], runs.runs[3], None], "as the report names one"
    figure = {key: told["figures"][0][key] for key in ("name", "before", "after", "change", "verdict")}
    assert figure == {"name": "file rmse", "before": 1.25, "after": 1.25, "change": 0.0, "verdict": "same"}


def test_what_is_neither_run_nor_version_is_told(runs):
    with pytest.raises(LineageError, match=r"no run or version 'x' in .*; `farelite runs` and `farelite vers"):
        side(runs.paths, "x")
