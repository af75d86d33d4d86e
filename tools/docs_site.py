"""MkDocs' hooks for `make docs`: the site's files are those of the checkout, under the same paths.

So README, CONTRIBUTING and docs keep the links that work in a checkout. Another file that they link gets a page that
shows it: a notebook by its cells, anything else as it is.
"""

import re
from pathlib import Path

from docs_links import LINK, documents, prose, target, without_code
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files, InclusionLevel
from mkdocs.structure.pages import Page
from mkdocs.utils import get_relative_url

ROOT = Path(__file__).resolve().parents[1]
PICTURES = {".png", ".svg"}
MERMAID, DRAWER = ROOT / ".tools/docs/mermaid.min.js", "assets/mermaid.min.js"
OUTSIDE = re.compile(r"<(?:script|link|img|iframe|source)\b[^>]*\b(?:src|href)=\"?(?:https?:)?//[^\s\">]+")


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Puts the files in place of a pattern in the navigation."""
    config.nav = [expanded(entry) for entry in config.nav or []]
    return config


def expanded(entry: object) -> object:
    """An entry of the navigation; one whose value is a pattern becomes the files it stands for, README first."""
    if isinstance(entry, dict):
        return {title: expanded(value) for title, value in entry.items()}
    if isinstance(entry, list):
        return [expanded(one) for one in entry]
    if isinstance(entry, str) and "*" in entry:
        found = sorted(str(path.relative_to(ROOT)) for path in ROOT.glob(entry))
        return sorted(found, key=lambda path: not path.endswith("README.md"))
    return entry


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """The documents, the pictures of `docs`, and a page for each other file that they link."""
    for file in [one for one in files if one.src_dir == config.docs_dir]:
        files.remove(file)
    written = [path for path in documents(ROOT) if path.endswith(".md") and path.startswith(("docs/", *TOP))]
    drawn = [str(path.relative_to(ROOT)) for path in (ROOT / "docs").rglob("*") if path.suffix in PICTURES]
    for path in [*written, *drawn]:
        files.append(File.generated(config, path, abs_src_path=str(ROOT / path)))
    if MERMAID.exists():
        files.append(File.generated(config, DRAWER, abs_src_path=str(MERMAID)))
    for path in sorted({shown for document in written for shown in shown_files(document)}):
        text = prose(ROOT / path)
        notebook = path.endswith(".ipynb")
        page = text if notebook else f"# {path}\n\n`````{Path(path).suffix[1:]}\n{text}`````\n"
        inclusion = InclusionLevel.UNDEFINED if notebook else InclusionLevel.NOT_IN_NAV
        files.append(File.generated(config, f"{path}.md", content=page, inclusion=inclusion))
    return files


TOP = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")


def shown_files(document: str) -> set[str]:
    """The files that a document links and that are no pages or pictures themselves."""
    led = {target(document, link) for link in LINK.findall(without_code(prose(ROOT / document)))}
    return {path for path in led if path and (ROOT / path).is_file() and Path(path).suffix not in {".md", *PICTURES}}


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Turns links to such files to their pages."""
    uri = page.file.src_uri
    document = uri if (ROOT / uri).is_file() else uri.removesuffix(".md")
    shown = shown_files(document) if (ROOT / document).suffix in {".md", ".ipynb"} else set()
    return LINK.sub(lambda link: link[0] + ".md" * (target(document, link[0]) in shown), markdown)


def on_post_page(output: str, page: Page, config: MkDocsConfig) -> str:
    """Draws Mermaid's pictures by the site's own copy, and refuses a page that asks another machine for anything."""
    if '<pre class="mermaid">' in output and MERMAID.exists():
        output = output.replace("</head>", f'<script src="{get_relative_url(DRAWER, page.url)}"></script></head>')
    else:  # Material would fetch the drawer from a server
        output = output.replace('<pre class="mermaid">', "<pre>")
    if outside := OUTSIDE.search(output):
        raise PluginError(f"{page.file.src_uri} takes something from another machine: {outside[0]}")
    return output
