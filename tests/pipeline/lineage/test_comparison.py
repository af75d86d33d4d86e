import json
import math
from pathlib import Path

import pytest

from pipeline.cli import main
from pipeline.lineage.comparison import PUSHER, Figure, Side, compare, side
from pipeline.lineage.connection import open_metadata, recall
from pipeline.lineage.errors import LineageError
from pipeline.lineage.questions import Lineage

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
    assert found.slices == [Figure("job 1", 2.0, 1.0)]
    assert (found.slice_metric, found.same_rows) == ("rmse", True)


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
            Lineage(open_metadata(recall(runs.paths), runs.paths)).node_runs(run)[PUSHER].outputs["pushed_model"]
        )
        Path(artifact.uri).mkdir(parents=True, exist_ok=True)
        slices = [{"name": "hour 5", "candidate": {"rmse": 2.0 + number}}]
        (Path(artifact.uri) / "slices.json").write_text(json.dumps({"slices": slices}))
    found = compare(side(runs.paths, pushed), side(runs.paths, refused))
    assert found.slices == [Figure("hour 5", 2.0, 3.0)]
    assert (found.after["verdict"], found.after["version"]) == ("refused", "")
    assert side(runs.paths, crashed).figures == {}
    with pytest.raises(SystemExit) as ending:
        main(["compare", pushed, refused, "--runs-dir", str(runs.paths.root.parent)])
    said = capsys.readouterr().out
    assert ending.value.code == 0
    assert "their test rows are not the same" in said
    assert "hour 5" in said
    assert "+50.0%" in said


def test_a_version_is_compared_by_what_its_manifest_tells(runs, bare_version, capsys):
    version, digest = runs.pushed[0]
    metrics = {"metrics": {"file": {"rmse": 1.25}}, "bytes": 700}
    bare_version(runs.paths, version, digest, b"x", runs.runs[0], **metrics)
    with pytest.raises(SystemExit):
        main(["compare", "1", "latest", "--runs-dir", str(runs.paths.root.parent), "--json"])
    told = json.loads(capsys.readouterr().out)
    assert told["before"]["name"] == "000001"
    assert told["figures"][0] == {"name": "file rmse", "before": 1.25, "after": 1.25, "change": 0.0}


def test_what_is_neither_run_nor_version_is_told(runs):
    with pytest.raises(LineageError, match=r"no run or version 'x' in .*; `farelite runs` and `farelite vers"):
        side(runs.paths, "x")
