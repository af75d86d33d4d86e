"""What tests of pages share."""

from __future__ import annotations

import importlib.util
import json
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

CHROMIUM = next((path for path in map(shutil.which, ("chromium", "chromium-browser", "google-chrome")) if path), None)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A browser of this machine, driven by Playwright."""
    playwright = pytest.importorskip("playwright.sync_api", reason="no Playwright here; `make setup` brings it")
    if CHROMIUM is None:
        pytest.skip("no Chromium here; `apt-get install chromium` brings one")
    with playwright.sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=CHROMIUM, chromium_sandbox=False)
        yield started
        started.close()


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """A page of its own, without anything that another has kept.

    Its `requested` are the addresses asked for so far; its `complaints` what the browser blocked, could not get, or did
    not catch. What a script writes to the console itself comes with arguments, and is none.
    """
    context = browser.new_context()
    page = context.new_page()
    page.requested, page.complaints = [], []
    page.on("request", lambda request: page.requested.append(request.url))
    page.on(
        "console", lambda said: page.complaints.append(said.text) if said.type == "error" and not said.args else None
    )
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    yield page
    context.close()


AXE = Path(__file__).resolve().parents[1] / "axe/node_modules/axe-core/axe.min.js"


@pytest.fixture
def violations() -> Callable[[Any], list[str]]:
    """What axe-core finds wrong on a page: rule, and where."""
    if not AXE.exists():
        pytest.skip("no axe-core here; `npm ci` in tests/axe brings it")

    def found(page: Any) -> list[str]:
        page.evaluate(f"{AXE.read_text()}; true")
        told = json.loads(
            page.evaluate("axe.run(document, {resultTypes: ['violations']}).then(r => JSON.stringify(r.violations))")
        )
        return [f"{one['id']}: {node['html'][:120]}" for one in told for node in one["nodes"]]

    return found


@pytest.fixture(params=[(1280, False), (1280, True), (390, False), (390, True)], ids=str)
def look(request: pytest.FixtureRequest) -> Callable[[Any], None]:
    """Makes a page as wide as a desk's or a phone's, light or dark."""
    width, dark = request.param

    def looking(page: Any) -> None:
        page.emulate_media(color_scheme="dark" if dark else "light")
        page.set_viewport_size({"width": width, "height": 900})

    return looking


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
