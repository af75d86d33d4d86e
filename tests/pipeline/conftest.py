"""What tests of pages share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

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
