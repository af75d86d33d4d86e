"""What a worker tells of itself. It travels to workers as text, so it needs nothing but Python, of any version."""

import importlib
import importlib.metadata
import json
import os
import platform
import socket
import sys
from pathlib import Path


def greet(folder: str, token: str, packages: tuple[str, ...], code_of: tuple[str, ...], hash_of: str) -> None:
    """Writes `hello-HOST-PID.json` into the folder.

    Args:
        folder: of the artifact root, as the submitting side named it.
        token: what the file `token` in it must hold.
        packages: distributions whose versions are told.
        code_of: packages of ours whose code is told.
        hash_of: dotted name of the function that does so.

    Raises:
        RuntimeError: the folder is not there, or is another of that name.
    """
    host, pid = socket.gethostname(), os.getpid()
    place = Path(folder)
    try:
        seen = (place / "token").read_text()
    except OSError as error:
        seen = str(error)
    if seen != token:
        raise RuntimeError(f"FARELITE-ROOT the worker on {host}, process {pid}, does not see {folder}: {seen}")
    versions: dict[str, str | None] = {}
    for name in packages:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            versions[name] = None
    try:
        module, _, function = hash_of.rpartition(".")
        code = getattr(importlib.import_module(module), function)(*code_of)
    except ImportError as error:
        code = f"none ({error})"
    told = {
        "host": host,
        "pid": pid,
        "python": platform.python_version(),
        "executable": sys.executable,
        "versions": versions,
        "code": code,
    }
    aside = place / f".hello-{host}-{pid}-{os.urandom(4).hex()}"
    aside.write_text(json.dumps(told))
    aside.replace(place / f"hello-{host}-{pid}.json")
