"""`farelite kubeflow compile`: what no step on the cluster can find out stands in the specification."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline.cli import main
from pipeline.config import load

IMAGE = "registry.example/farelite@sha256:" + "ab" * 32
ROWS = "".join(f"{place},{'yes' if place % 3 else 'no'}\n" for place in range(300))


def compiled(folder: Path, label: str, monkeypatch: pytest.MonkeyPatch) -> tuple[Any, Path]:
    (folder / "c.yaml").write_text(f"name: t\ndata: {{source: t.csv, label: {label}, numeric: [a]}}\n")
    output = folder / "pipeline.yaml"
    told = ["kubeflow", "compile", "--config", str(folder / "c.yaml"), "--image", IMAGE, "--output", str(output)]
    monkeypatch.setattr("sys.argv", ["farelite", *told])
    with pytest.raises(SystemExit) as ended:
        main()
    return ended.value.code, output


def labels(output: Path) -> list[dict[str, Any]]:
    tasks = next(yaml.safe_load_all(output.read_text()))["root"]["dag"]["tasks"]
    told = [
        json.loads(task["inputs"]["parameters"]["dataset"]["runtimeValue"]["constant"])["label"]
        for task in tasks.values()
        if "dataset" in task["inputs"].get("parameters", {})
    ]
    assert len(told) == 3  # TripExampleGen and the two gates
    return told


def test_the_kind_and_classes_of_a_label_are_settled_before_the_cluster(tmp_path, monkeypatch, capsys) -> None:
    (tmp_path / "t.csv").write_text("a,y\n" + ROWS)
    code, output = compiled(tmp_path, "{column: y, kind: binary}", monkeypatch)
    assert not code, capsys.readouterr().err
    assert {(one["kind"], tuple(one["classes"])) for one in labels(output)} == {("binary", ("no", "yes"))}
    assert "label y: no and yes" in capsys.readouterr().err
    pusher = next(yaml.safe_load_all(output.read_text()))["root"]["dag"]["tasks"]["TFLitePusher"]
    told = json.loads(pusher["inputs"]["parameters"]["provenance"]["runtimeValue"]["constant"])
    assert told["config_hash"] == load(tmp_path / "c.yaml").hash()  # as of a run here


def test_a_label_that_could_be_two_things_is_asked_for(tmp_path, monkeypatch, capsys) -> None:
    (tmp_path / "t.csv").write_text("a,y\n" + ROWS)
    assert compiled(tmp_path, "{column: y}", monkeypatch)[0] == 2
    assert "Is it yes or no?" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("label", "asked"),
    [("{column: y}", "data.label.kind is not set"), ("{column: y, kind: classes}", "classes: [no, yes]")],
)
def test_a_table_that_only_the_cluster_sees_has_its_label_told(tmp_path, monkeypatch, capsys, label, asked) -> None:
    code, output = compiled(tmp_path, label, monkeypatch)
    assert code == 2
    assert not output.exists()
    said = " ".join(capsys.readouterr().err.split())
    assert asked in said
    assert "t.csv" in said


def test_a_label_that_is_told_needs_no_table(tmp_path, monkeypatch, capsys) -> None:
    code, output = compiled(tmp_path, "{column: y, kind: number}", monkeypatch)
    assert not code, capsys.readouterr().err
    assert {one["kind"] for one in labels(output)} == {"number"}
