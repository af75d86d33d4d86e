"""Fingerprints of our code: of what a step runs, so that the cache notices its change, and of whole packages."""

from __future__ import annotations

import ast
import functools
import hashlib
import importlib.util
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

OURS = ("components", "data", "pipeline", "transforms")


def code_hash(*packages: str) -> str:
    """Twelve hex digits of the source files and templates of modules and packages, by dotted name."""
    return _digest(path for name in sorted(packages) for path in _sources(name))


def step_hash(entry: str) -> str:
    """Twelve hex digits of all our files that a step's entry, a class or function by dotted name, needs to run."""
    return _digest(path for name in sorted(import_closure(entry)) for path in (_file(name), *_read(name)[1]) if path)


def import_closure(entry: str) -> set[str]:
    """Our modules that the entry's module imports, wherever in the source it does, and those that they import.

    What only a type checker imports is left out.

    Raises:
        ModuleNotFoundError: there is no such entry.
    """
    module = entry
    while not _file(module):
        module = module.rpartition(".")[0]
        if not module:
            raise ModuleNotFoundError(f"{entry!r} is in none of the packages {', '.join(OURS)}")
    found: set[str] = set()
    waiting = {module}
    while waiting:
        name = waiting.pop()
        found.add(name)
        waiting |= _read(name)[0] - found
    return found


@functools.cache  # what changes on disk while a process runs is not what it runs
def _read(name: str) -> tuple[frozenset[str], tuple[Path, ...]]:
    """Our modules that one imports, packages above it included; and files beside it that its source names."""
    path = _file(name)
    assert path is not None  # its callers have looked
    imported, named = {name}, set()
    for node in _nodes(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            imported |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            package = name.split(".") if path.name == "__init__.py" else name.split(".")[:-1]
            above = package[: len(package) - node.level + 1] if node.level else []
            origin = ".".join([*above, *([node.module] if node.module else [])])
            imported |= {origin, *(f"{origin}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            named |= set(_data_files(path.parent, node.value))
    parts = [one.split(".") for one in imported]
    above_too = {".".join(one[: end + 1]) for one in parts for end in range(len(one))}
    return frozenset(one for one in above_too - {name} if _file(one)), tuple(sorted(named))


def _nodes(tree: ast.AST) -> Iterator[ast.AST]:
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            waiting += node.orelse
        else:
            waiting += ast.iter_child_nodes(node)


def _data_files(folder: Path, text: str) -> list[Path]:
    """What a string of the source names among the files beside it, and below a folder that is no package."""
    if not re.fullmatch(r"[\w-][\w.-]{0,99}", text):
        return []
    path = folder / text
    if path.is_dir() and not (path / "__init__.py").exists():
        return [one for one in path.rglob("*") if one.is_file() and one.suffix != ".pyc"]
    return [path] if path.is_file() and path.suffix != ".py" else []


@functools.cache
def _file(name: str) -> Path | None:
    """The source of one of our modules; None for any other name."""
    top, *below = name.split(".")
    spec = importlib.util.find_spec(top) if top in OURS else None
    if spec is None or spec.origin is None:
        return None
    base = Path(spec.origin).parent.joinpath(*below)
    return next((path for path in (base / "__init__.py", base.with_suffix(".py")) if path.is_file()), None)


def _digest(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def _sources(name: str) -> list[Path]:
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"no module {name!r} to take a fingerprint of")
    if spec.submodule_search_locations:
        return sorted(path for pattern in ("*.py", "*.j2") for path in Path(spec.origin).parent.rglob(pattern))
    return [Path(spec.origin)]
