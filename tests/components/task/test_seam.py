"""What is predicted stands in one folder: nowhere else is a metric, a loss or a currency named."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
NAMES = re.compile(r"(?i)(?<![a-z])(rmse|mae|mse|huber|calibration|miscalibration|usd|dollars?)(?![a-z])")
"""Whole words, with what stands between underscores."""
BIAS = re.compile(r"""["']bias["']|\.bias\b|\bbias of the (?:file|model|predictions)\b""")
SOURCES = {".py", ".js", ".j2", ".html", ".kt", ".swift", ".cc", ".h", ".sh", ".pbtxt", ".json"}
EXCEPTIONS = {
    "pipeline/settings/renamed.py": "old names of keys, which nobody else may answer",
}


def sources() -> list[Path]:
    folders = ("components", "data", "kubeflow", "pipeline", "tools", "transforms")
    every = (path for folder in folders for path in (ROOT / folder).rglob("*") if path.suffix in SOURCES)
    return sorted(path for path in every if ROOT / "components" / "task" not in path.parents)


def found(text: str) -> list[str]:
    return [match[0] for pattern in (NAMES, BIAS) for match in pattern.finditer(text)]


@pytest.mark.parametrize(
    "text", ["max_rmse_ratio", "the MAE of", "in US dollars", '{"bias": 1}', "unit: usd", "Huber(1)"]
)
def test_the_search_finds_what_it_is_for(text: str) -> None:
    assert found(text)


@pytest.mark.parametrize("text", ["bias_initializer=bias", "names", "amae", "use_bias=False", "rides"])
def test_the_search_lets_other_words_be(text: str) -> None:
    assert not found(text)


def test_no_file_outside_of_the_task_names_a_metric_a_loss_or_a_currency() -> None:
    files = sources()
    assert len(files) > 200
    named = {str(path.relative_to(ROOT)): words for path in files if (words := found(path.read_text()))}
    assert {name: words for name, words in named.items() if name not in EXCEPTIONS} == {}
    assert set(named) == set(EXCEPTIONS), "an exception that is no longer needed goes"
