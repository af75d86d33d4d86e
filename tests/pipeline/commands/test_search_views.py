"""A study's tables for the terminal and for a README."""

from __future__ import annotations

import io
from typing import Any

from rich.console import Console

from components.task import task_of
from pipeline.commands.search_views import markdown, study_table

CLASSES: dict[str, Any] = {"kind": "classes", "classes": ["0", "1", "2"]}


def _results(**of_variant: Any) -> dict[str, Any]:
    task = task_of(CLASSES)
    interval = {"value": 0.01, "low": 0.0, "high": 0.02}
    one = {
        "name": "qat",
        "status": "ok",
        "selected": False,
        "pareto": False,
        "obstacles": [],
        "test": dict.fromkeys(task.brief, 0.5),
        "difference": dict.fromkeys(task.brief, interval),
        "bytes": 1234,
        "gzip_bytes": 1000,
        "sparsity": 0.75,
        "latency_us": {"p50": 7.0, "p95": 9.0},
        "arena_bytes": 540,
        **of_variant,
    }
    failed = {"name": "clustered", "status": "failed", "reason": "too few weights"}
    rows = {"test": 561, "validation": 80}
    return {"output": CLASSES, "variants": [one, failed], "rows": rows, "selected": None, "why": "no variant"}


def _columns(results: dict[str, Any]) -> list[dict[str, str]]:
    head, _, *lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in markdown(results).splitlines()]
    return [dict(zip(head, cells, strict=True)) for cells in lines]


def test_of_classes_both_tables_tell_how_many_decisions_turned() -> None:
    results = _results(flipped=0.0249)
    assert _columns(results)[0]["turned"] == "2.49%"
    assert _columns(results)[0] | {"bytes": "1,234", "zeros": "75.0%", "arena": "540"} == _columns(results)[0]
    drawn = io.StringIO()
    Console(width=200, file=drawn).print(study_table(results, "here"))
    assert "turned" in drawn.getvalue()
    assert "2.49%" in drawn.getvalue()


def test_where_nothing_is_decided_no_column_tells_of_it() -> None:
    (first, failed) = _columns(_results())
    assert "turned" not in first
    assert first["bytes"] == "1,234"
    assert failed["variant"] == "clustered"
