"""What the card at the end of a run says of its figures."""

import io
from typing import Any

import pytest
from rich.console import Console

from pipeline.console import _errors

ERRORS = {"rmse": 3.5, "mae": 1.5, "bias": -0.25}


def shown(rows: int, there: float) -> str:
    metrics: dict[str, Any] = {"rows": rows, "file": ERRORS, "float": ERRORS}
    metrics["baselines"] = {"linear": ERRORS, "mean": ERRORS}
    stream = io.StringIO()
    console = Console(file=stream, width=100)
    console.print(_errors({"metrics": metrics, "evaluation": {"candidate": {"rows": there}}}, "usd"))
    return stream.getvalue()


@pytest.mark.parametrize(
    ("there", "text"), [(4868.0, "error on 4,868 evaluation rows"), (9000.0, "error on 4,868 of 9,000 evaluation rows")]
)
def test_how_many_of_the_evaluation_rows_the_file_was_run_on_is_said(there: float, text: str) -> None:
    assert text in shown(4868, there)
    assert "3.500" in shown(4868, there)
