"""The schema of `model.json` lies in the tree as the vocabulary gives it."""

from __future__ import annotations

from pathlib import Path

from components.registry import store
from tools.manifest_schema import schema


def test_the_committed_schema_is_the_generated_one() -> None:
    committed = (Path(store.__file__).parent / "model.schema.json").read_text()
    assert committed == schema(), "write it anew by `make reference`"
