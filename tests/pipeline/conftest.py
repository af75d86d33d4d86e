"""What tests of pages share."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

CHROMIUM = next((path for path in map(shutil.which, ("chromium", "chromium-browser", "google-chrome")) if path), None)


@pytest.fixture
def page() -> Iterator[Any]:
    """A page of a fresh browser of this machine, driven by Playwright.

    Its `requested` are the addresses asked for so far; its `complaints` what the browser blocked, could not get, or did
    not catch. What a script writes to the console itself comes with arguments, and is none.
    """
    playwright = pytest.importorskip("playwright.sync_api", reason="no Playwright here; `make setup` brings it")
    if CHROMIUM is None:
        pytest.skip("no Chromium here; `apt-get install chromium` brings one")
    with playwright.sync_playwright() as driver:
        page = driver.chromium.launch(executable_path=CHROMIUM, chromium_sandbox=False).new_page()
        page.requested, page.complaints = [], []
        page.on("request", lambda request: page.requested.append(request.url))
        page.on(
            "console",
            lambda said: page.complaints.append(said.text) if said.type == "error" and not said.args else None,
        )
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        yield page
        page.context.browser.close()


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
