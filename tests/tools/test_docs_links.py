"""Links of README, CONTRIBUTING, docs and notebook, without building the site."""

from __future__ import annotations

import importlib.util
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SPEC = importlib.util.spec_from_file_location("docs_links", ROOT / "tools/docs_links.py")
assert SPEC is not None
assert SPEC.loader is not None
links = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(links)


def test_every_link_of_this_repository_leads_somewhere() -> None:
    assert len(links.documents(ROOT)) > 50
    assert list(links.broken(ROOT)) == []


def test_every_page_has_its_place_in_the_site() -> None:
    places = (ROOT / "mkdocs.yml").read_text()
    pages = [path for path in links.documents(ROOT) if path.startswith("docs/") and "/decisions/" not in path]
    assert [path for path in pages if f" {path}" not in places] == []


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/a.md").write_text("# A title, `code` and more\n\n## Twice\n\n## Twice\n")
    return tmp_path


@pytest.mark.parametrize(
    "link",
    [
        "docs/a.md",
        "docs/../docs/a.md#a-title-code-and-more",
        "docs/a.md#twice",
        "docs/a.md#twice-1",
        "#here",
        "https://example.org/#x",
        "docs/",
    ],
)
def test_a_link_to_what_is_there_passes(repository: Path, link: str) -> None:
    (repository / "README.md").write_text(f"# Here\n\n[word]({link})\n")
    assert list(links.broken(repository)) == []


@pytest.mark.parametrize(
    ("link", "said"),
    [
        ("docs/b.md", "docs/b.md leads to docs/b.md, which is not there"),
        ("../README.md", "../README.md leads to ../README.md, which is not there"),
        ("/docs/a.md", "/docs/a.md leads to /docs/a.md, which is not there"),
        ("#there", "README.md has no heading for #there"),
        ("docs/a.md#twice-2", "docs/a.md has no heading for #twice-2"),
    ],
)
def test_a_link_to_nothing_is_named_with_its_place(repository: Path, link: str, said: str) -> None:
    (repository / "README.md").write_text(f"# Here\n\n[a picture: ![x]({link})](docs/a.md)\n")
    assert list(links.broken(repository)) == [f"README.md: {said}"]


def test_what_only_looks_like_a_link_in_code_is_none(repository: Path) -> None:
    (repository / "README.md").write_text("# Here\n\n`rows[0](x)`\n\n```sh\n# [no](heading.md)\n```\n")
    assert list(links.broken(repository)) == []


def test_a_notebook_is_read_by_its_cells(repository: Path) -> None:
    cells = '[{"cell_type": "markdown", "source": ["[word](b.md)"]}, {"cell_type": "code", "source": ["a[0](b)"]}]'
    (repository / "docs/n.ipynb").write_text(f'{{"cells": {cells}}}')
    assert list(links.broken(repository)) == ["docs/n.ipynb: b.md leads to docs/b.md, which is not there"]
