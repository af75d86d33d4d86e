"""Links of the documentation: where each leads, and which lead nowhere."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

LINK = re.compile(r"(?<=\]\()[^)\s]+(?=[)\s])")
FENCE = re.compile(r"^( *)(```+|~~~+).*?^\1\2", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"(`+)(?!`).+?(?<!`)\1(?!`)", re.DOTALL)


def documents(root: Path) -> list[str]:
    """Paths, from the root, of what is written for readers: Markdown and notebooks that are tracked or new."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md", "*.ipynb"]
    told = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout
    return sorted({path for path in told.splitlines() if (root / path).exists()})


def prose(path: Path) -> str:
    """The text of a document as Markdown; of a notebook its cells, the code between fences."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".ipynb":
        return text
    cells = [(cell["cell_type"], "".join(cell["source"])) for cell in json.loads(text)["cells"]]
    return "\n\n".join(source if kind == "markdown" else f"```python\n{source}\n```" for kind, source in cells) + "\n"


def without_code(text: str) -> str:
    """Markdown without fenced blocks and code spans, whose brackets are no links."""
    return CODE.sub("", FENCE.sub("", text))


def anchors(text: str) -> set[str]:
    """Anchors of a document's headings, as GitHub makes them: lower case, words joined, `-1` for the second alike."""
    found: dict[str, int] = {}
    for heading in re.findall(r"^#+ +(.+?) *#*$", FENCE.sub("", text), re.MULTILINE):
        shown = re.sub(r"\[(.*?)\]\(.*?\)", r"\1", heading).lower()
        slug = re.sub(r"[^\w\- ]", "", shown).strip().replace(" ", "-")
        found[f"{slug}-{found[slug]}" if slug in found else slug] = 0
        found[slug] = found.get(slug, 0) + 1
    return set(found)


def target(document: str, link: str) -> str | None:
    """Path, from the root, of the file a relative link of a document leads to; None for an address elsewhere."""
    if re.match(r"[a-z][a-z+.-]*:", link):
        return None
    path = unquote(link.partition("#")[0])
    parts: list[str] = [] if path.startswith("/") or not path else list(PurePosixPath(document).parent.parts)
    for part in PurePosixPath(path or document).parts:
        if part == ".." and parts:
            parts.pop()
        else:
            parts.append(part)
    return str(PurePosixPath(*parts))


def broken(root: Path) -> Iterator[str]:
    """Each relative link that leads to no file, or to no heading of one: where it stands, and what is missing."""
    listed = documents(root)
    for document in listed:
        text = prose(root / document)
        for link in LINK.findall(without_code(text)):
            path = target(document, link)
            if path is None:
                continue
            anchor = link.partition("#")[2]
            if path.startswith(("/", "..")) or not (root / path).exists():
                yield f"{document}: {link} leads to {path}, which is not there"
            elif anchor and anchor not in (anchors(prose(root / path)) if path in listed else set()):
                yield f"{document}: {path} has no heading for #{anchor}"
