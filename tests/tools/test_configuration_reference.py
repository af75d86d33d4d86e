"""docs/reference/configuration.md is what the settings classes say."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest
from pydantic import BaseModel

from data.settings import Settings
from pipeline.config import Config

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def script(monkeypatch) -> ModuleType:
    spec = importlib.util.spec_from_file_location("configuration_reference", ROOT / "tools/configuration_reference.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # Where dataclasses look up the types that are written as text.
    monkeypatch.setitem(sys.modules, spec.name, module)
    spec.loader.exec_module(module)
    return module


def test_the_committed_page_is_what_make_reference_writes(script):
    page = (ROOT / "docs/reference/configuration.md").read_text()
    assert page == script.reference(), "run `make reference` and commit docs/reference/configuration.md"


def test_keys_of_every_depth_have_a_row_under_the_name_of_the_file(script):
    rows = {row.key for row in script.walk(Config, "", None)}
    for key in ("name", "schema", "data.label.range.low", "training.pruning.final_sparsity", "push.max_bytes"):
        assert key in rows


def test_a_key_without_a_description_is_refused(script):
    class Silent(BaseModel):
        key: int = 1

    Silent.__doc__ = None
    with pytest.raises(ValueError, match=r"Silent\.key has no description"):
        list(script.walk(Silent, "", None))


def test_type_bounds_and_default_are_written_out(script):
    class Part(Settings):
        """A part.

        Attributes:
            share: of the whole; None
                stands for all.
        """

        share: float | None = 0.5

    (row,) = script.walk(Part, "part.", None)
    assert row == script.Row("part.share", "number or null", "`0.5`", "Of the whole; null stands for all.")
