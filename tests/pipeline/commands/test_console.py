"""What the card at the end of a run says of its figures."""

import io
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from components.task import task_of
from pipeline.commands.console import _errors, card
from pipeline.runners.events import Result

ERRORS = {"rmse": 3.5, "mae": 1.5, "bias": -0.25}


def shown(rows: int, there: float) -> str:
    metrics: dict[str, Any] = {"rows": rows, "file": ERRORS, "float": ERRORS}
    metrics["baselines"] = {"linear": ERRORS, "mean": ERRORS}
    stream = io.StringIO()
    console = Console(file=stream, width=100)
    console.print(_errors(task_of({}), {"metrics": metrics, "evaluation": {"candidate": {"rows": there}}}, "usd"))
    return stream.getvalue()


@pytest.mark.parametrize(
    ("there", "text"), [(4868.0, "error on 4,868 test rows"), (9000.0, "error on 4,868 of 9,000 test rows")]
)
def test_how_many_of_the_evaluation_rows_the_file_was_run_on_is_said(there: float, text: str) -> None:
    assert text in shown(4868, there)
    assert "3.500" in shown(4868, there)


def test_the_card_of_a_refused_model_has_figures_warnings_and_the_rule_it_was_held_against() -> None:
    figures: dict[str, Any] = {
        "metrics": {"rows": 40, "file": ERRORS, "float": ERRORS, "baselines": {"linear": ERRORS, "mean": ERRORS}},
        "evaluation": {"candidate": {"rows": 40}, "rule": "of the Evaluator"},
        "gate": {"rule": "the mean; no version is live", "slices": {"judged": 2, "small": 1}},
        "bytes": 9000,
        "gzip_bytes": 4000,
        "sparsity": {"dense_kernels": 0.8, "weights": 10},
        "quantization": {"dense_kernels": "int8"},
        "latency_us": {"p50": 8.0, "p95": 9.0},
        "arena_bytes": 500,
        "difference_to_saved_model": {"mean": 0.001, "p99": 0.01, "max": 0.1},
    }
    result = Result("refused", "", "aside", ["model.tflite: RMSE"], figures, 1.0, "run", warnings=["few rows"])
    stream = io.StringIO()
    Console(file=stream, width=120).print(card(result, "usd", Path("log")))
    drawn = stream.getvalue()
    for text in ("- model.tflite: RMSE", "warning: few rows", "3.500", "9,000 bytes", "kept aside: aside"):
        assert text in drawn
    assert "gate: the mean; no version is live; 2 slices, 1 too small to judge" in drawn
    assert "at least 500 bytes of memory" in drawn  # by the tensors alone: nothing ran it on a microcontroller
    figures["targets"] = {"micro": {"arena_bytes": 13_360}}
    Console(file=stream, width=120).print(card(result, "usd", Path("log")))
    assert ", 13,360 bytes of memory" in stream.getvalue()
