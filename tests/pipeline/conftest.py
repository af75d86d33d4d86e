"""What tests of pages share."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from pipeline.demo.chromium import NoBrowserError, Page, browser


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Page]:
    """A page of a fresh browser."""
    try:
        with browser(tmp_path) as page:
            yield page
    except NoBrowserError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def made_up() -> ModuleType:
    """benchmarks/made_up_runs.py, which no package holds."""
    path = Path(__file__).resolve().parents[2] / "benchmarks/made_up_runs.py"
    spec = importlib.util.spec_from_file_location("made_up_runs", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module
