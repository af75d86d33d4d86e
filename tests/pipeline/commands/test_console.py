"""What the card at the end of a run says of its figures."""

import io
import re
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


@pytest.fixture
def figures() -> dict[str, Any]:
    """What the pusher records of a file."""
    return {
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


def test_the_card_of_a_refused_model_has_figures_warnings_and_the_rule_it_was_held_against(
    figures: dict[str, Any],
) -> None:
    result = Result("refused", "", "aside", ["model.tflite: RMSE"], figures, 1.0, "run", warnings=["few rows"])
    stream = io.StringIO()
    Console(file=stream, width=120).print(card(result, "usd", Path("log")))
    drawn = stream.getvalue()
    assert "LightGBM" not in drawn, "a run of an older farelite has no trees to tell of"
    for text in ("- model.tflite: RMSE", "warning: few rows", "3.500", "9,000 bytes", "kept aside: aside"):
        assert text in drawn
    assert "gate: the mean; no version is live; 2 slices, 1 too small to judge" in drawn
    assert "at least 500 bytes of memory" in drawn  # by the tensors alone: nothing ran it on a microcontroller
    figures["targets"] = {"micro": {"arena_bytes": 13_360}}
    Console(file=stream, width=120).print(card(result, "usd", Path("log")))
    assert ", 13,360 bytes of memory" in stream.getvalue()


def test_the_card_tells_boosted_trees_beside_the_file_and_how_they_were_made(figures: dict[str, Any]) -> None:
    figures["metrics"]["baselines"]["teacher"] = {**ERRORS, "rmse": 3.25}
    trees = {"name": "teacher", "trees": 600, "leaves": 31, "learning_rate": 0.03, "rows": 9012, "bytes": 1_700_000}
    stream = io.StringIO()
    result = Result("pushed", "000001", "there", [], {**figures, "boosted_trees": trees}, 1.0, "run")
    Console(file=stream, width=250).print(card(result, "usd", Path("log")))
    assert re.search(r"the teacher, boosted trees +3\.250", stream.getvalue())
    assert (
        "are the network's teacher: 600 of up to 31 leaves at rate 0.03, from 9,012 training rows, 1,700,000 bytes "
        "beside 9,000 of model.tflite."
    ) in stream.getvalue()
