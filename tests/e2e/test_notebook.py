"""The notebook of the docs does what it says."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

nbclient = pytest.importorskip(
    "nbclient", reason="comes with Jupyter, which TFX 1.16 brings along and TFX 1.21 may not"
)
nbformat = pytest.importorskip("nbformat")

NOTEBOOK = Path(__file__).parents[2] / "docs" / "first-table.ipynb"

pytestmark = pytest.mark.e2e


def test_the_notebook_comes_from_a_table_to_predictions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(NOTEBOOK.parents[1]), os.environ.get("PYTHONPATH", "")]))
    book = nbformat.read(NOTEBOOK, as_version=4)
    assert all(not cell.get("outputs") for cell in book.cells), "outputs are made, not kept"
    nbclient.NotebookClient(book, timeout=500, resources={"metadata": {"path": str(tmp_path)}}).execute()
    texts = [
        output["data"]["text/plain"]
        for cell in book.cells
        for output in cell.get("outputs", [])
        if output["output_type"] == "execute_result"
    ]
    assert any(text.startswith("('pushed',") for text in texts), texts
    assert "flags=['', 'bmi: outside" in texts[-1]
