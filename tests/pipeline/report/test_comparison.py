"""The page on two runs: the command's own tables, pictures of both, and words beside the colours."""

import json
import re
from pathlib import Path

import pytest

from pipeline.cli import main
from pipeline.lineage.comparison import compare
from pipeline.lineage.sides import Side, side
from pipeline.report.comparison import render

HOSTILE = '<script>alert("x")</script>'
CONFIG = {"data": {"label": {"column": "fare", "unit": "usd"}}, "training": {"seed": 0}}


def of(name, rmse, **changes):
    errors = {"rmse": rmse, "mae": 1.5, "bias": 0.1}
    told = {
        "run": f"run-{name}",
        "version": "",
        "verdict": "refused",
        "code_revision": "c",
        "fingerprint": "f",
        "config": CONFIG,
        "figures": {"metrics": {"file": errors, "float": errors}, "bytes": 1000, "latency_us": {"p50": 8.0}},
        "slices": {HOSTILE: {"candidate": {"rmse": rmse}, "rows": 900, "small": False}},
        "reasons": [f"too large {HOSTILE}"],
        "features": ["km", name],
        "history": {"float": {"loss": [3.0, 2.0], "val_loss": [3.0, rmse]}},
        "counts": {"read": 10, "accepted": 9, "rejected": 1, "splits": {"train": 9}},
    }
    return Side(name=name, **{**told, **changes})


def test_every_section_has_its_tables_and_pictures():
    html = render(compare(of("one", 4.0), of("two", 3.0)), "fares")
    assert "Not part of this comparison" not in html
    assert re.findall(r'<section id="(\w+)"', html) == [
        "two",
        "measured",
        "settings",
        "features",
        "data",
        "training",
        "slices",
    ]
    assert html.count("<figure") == 3
    assert "too large" in html
    assert "All settings are the same." in html


def test_which_side_is_better_stands_in_words_and_in_colour():
    html = render(compare(of("one", 4.0), of("two", 3.0)), "fares")
    assert '<th scope="row">RMSE of the file (usd)</th><td>4.000</td><td>3.000</td><td>-25.0%</td>' in html
    assert '<td><span class="good">better</span></td>' in html
    assert '<td><span class="bad">worse</span></td>' in render(compare(of("two", 3.0), of("one", 4.0)), "fares")


def test_a_side_with_nothing_to_show_is_said_so():
    bare = of("two", 3.0, figures={}, slices={}, features=[], history={}, counts={}, verdict="crashed", reasons=[])
    html = render(compare(bare, bare), "fares")
    assert html.count("Not part of this comparison") == 5
    assert "Crashed" in html


def test_names_with_html_in_them_are_shown_and_never_obeyed():
    html = render(compare(of(HOSTILE, 4.0), of("two", 3.0)), HOSTILE)
    assert html.count("<script>") == 1
    assert HOSTILE not in html


def test_curves_of_losses_of_different_kinds_are_not_held_against_each_other():
    other = {**CONFIG, "training": {"seed": 0, "loss": {"kind": "huber"}}}
    assert "say nothing" in render(compare(of("one", 4.0), of("two", 3.0, config=other)), "fares")
    assert "say nothing" not in render(compare(of("one", 4.0), of("two", 3.0)), "fares")


def test_the_command_writes_the_page_of_the_artifacts_of_both_runs(finished, tmp_path, capsys):
    path = tmp_path / "both.html"
    newest, pushed = finished.run, side(finished.paths, finished.run)
    assert pushed.features[:2] == ["north_km", "east_km"]
    assert pushed.counts["rejected"] == 30
    assert list(pushed.history) == ["float", "pruning", "kept_components"]
    assert len(pushed.slices) == 3
    with pytest.raises(SystemExit) as ending:
        main(["compare", newest, newest, "--runs-dir", str(finished.paths.root.parent), "--html", str(path)])
    assert ending.value.code == 0
    assert Path(capsys.readouterr().out.strip()) == path
    assert "rows rejected" in path.read_text()
    with pytest.raises(SystemExit):
        main(["compare", newest, newest, "--runs-dir", str(finished.paths.root.parent), "--html", str(path), "--json"])
    told = capsys.readouterr()
    assert json.loads(told.out)["before"]["name"] == newest
    assert Path(told.err.strip()) == path
