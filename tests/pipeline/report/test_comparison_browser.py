"""The page on two runs in a real browser: quiet, readable in light, dark, on a phone and in print."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.lineage import journal
from pipeline.lineage.comparison import compare
from pipeline.lineage.sides import side
from pipeline.report.comparison import write_comparison


@pytest.fixture
def opened(page, finished, tmp_path) -> Any:
    """The page on the pushed run and on one that crashed, and has less to show."""
    (crashed,) = [one for one in journal.runs_of(finished.paths, 9) if one.verdict == "crashed"]
    before, after = (side(finished.paths, run) for run in (finished.run, crashed.id))
    page.goto(f"file://{write_comparison(compare(before, after), 'fares', tmp_path / 'both.html')}")
    return page


def test_the_page_is_quiet_and_asks_for_nothing(opened):
    assert opened.complaints == []
    assert len(opened.requested) == 1


def test_the_accessibility_checker_finds_nothing(opened, look, violations):
    look(opened)
    opened.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert violations(opened) == []


@pytest.mark.parametrize("width", [390, 320, 1280])
def test_nothing_sticks_out_at_the_side(opened, width):
    opened.set_viewport_size({"width": width, "height": 900})
    assert opened.evaluate("document.documentElement.scrollWidth") <= width


def test_it_prints_without_its_controls(opened):
    opened.emulate_media(media="print")
    assert opened.locator(".filter:visible, nav:visible, .tip:visible").count() == 0
    assert opened.pdf()
