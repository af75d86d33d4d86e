"""Proves that `farelite verify` accepts no changed version and crashes on none.

    make prove-fuzz [ARGS="--count 10000 --seed 0 --runs-dir runs"]

Each trial copies a pushed version, changes its `model.tflite`, its `model.json` or both by seeded mutations (and
now and then another of its files), and runs the command `verify`. The command must end with code 3. Trials run in
batches, each in a process of its own, so that a crash of the interpreter is seen and counted.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from components.registry.soundness import MANIFEST, MODEL
from pipeline.cli import main as farelite
from pipeline.commands.options import REFUSED, open_store

BATCH = 500


def main() -> None:
    """Runs the batches, prints the counts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--runs-dir", type=Path, default=Path("runs"))
    parser.add_argument("--pipeline", default=None)
    parser.add_argument("--first", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--version-dir", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.first is not None:
        trials = range(options.first, options.first + options.count)
        print(json.dumps(batch(options.version_dir, trials, options.seed)))
        return
    store = open_store(options.runs_dir, options.pipeline)
    wrong, kinds = run_batches(store.folder(store.resolve(None)), options.count, options.seed)
    print(
        f"{options.count:,} mutated versions (seed {options.seed}); `verify` accepted {len(wrong['accepted'])}, "
        f"failed to answer on {len(wrong['failed'])}, crashed on {len(wrong['crashed'])}"
    )
    print(f"  {', '.join(f'{kind} {number:,}' for kind, number in sorted(kinds.items()))}")
    for outcome, trials in wrong.items():
        for trial in trials[:20]:
            print(f"WRONG: {outcome}: {trial}")
    sys.exit(1 if any(wrong.values()) else 0)


def run_batches(version: Path, count: int, seed: int) -> tuple[dict[str, list[str]], Counter[str]]:
    """What went wrong, by outcome, and how often each kind of mutation was made."""
    wrong: dict[str, list[str]] = {"accepted": [], "failed": [], "crashed": []}
    kinds: Counter[str] = Counter()
    for first in range(0, count, BATCH):
        command = [sys.executable, __file__, "--first", str(first), "--count", str(min(BATCH, count - first))]
        command += ["--seed", str(seed), "--version-dir", str(version)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            wrong["crashed"].append(f"batch from {first}, code {done.returncode}: {done.stderr[-2000:]}")
            continue
        told = json.loads(done.stdout)
        kinds.update(told.pop("kinds"))
        for outcome, trials in told.items():
            wrong[outcome] += trials
    return wrong, kinds


def batch(version: Path, trials: range, seed: int) -> dict[str, Any]:
    """The trials of one process."""
    told: dict[str, Any] = {"accepted": [], "failed": []}
    kinds: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        models = Path(folder, "runs", "fuzz", "models")
        place = models / version.name
        shutil.copytree(version, place)
        (models / "current").write_text(version.name)
        if verify(Path(folder, "runs")) != 0:
            raise SystemExit(f"{version} does not verify unchanged")
        for trial in trials:
            chance = random.Random(f"{seed} {trial}")
            changed = mutate(place, chance)
            kinds.update(changed)
            code = verify(Path(folder, "runs"))
            if code != REFUSED:
                told["accepted" if code == 0 else "failed"].append(f"trial {trial}: {', '.join(changed)}: code {code}")
            shutil.rmtree(place)
            shutil.copytree(version, place)
    return {**told, "kinds": kinds}


def verify(runs: Path) -> int:
    """The command's exit code; what it says is not of interest here."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        try:
            farelite(["verify", "--runs-dir", str(runs)])
        except SystemExit as ending:
            return int(ending.code or 0)
    raise AssertionError("the command line did not end by SystemExit")


def mutate(folder: Path, chance: random.Random) -> list[str]:
    """Changes one or more files of a version, and says how."""
    files = chance.choice([[MODEL], [MANIFEST], [MODEL, MANIFEST], [MODEL, MANIFEST], [_any_file(folder, chance)]])
    made = []
    for name in files:
        path = folder / name
        before = path.read_bytes()
        kind, change = chance.choice(sorted(_CHANGES.items()))
        if name == MANIFEST and chance.random() < 0.5:
            kind, change = "json", _other_json
        after = change(before, chance)
        while after == before:
            after = _flip(before + b"\0", chance)
        path.write_bytes(after)
        made.append(f"{kind} in {name if name in (MODEL, MANIFEST) else 'another file'}")
    return made


def _any_file(folder: Path, chance: random.Random) -> str:
    return str(chance.choice(sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_file())))


def _flip(data: bytes, chance: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(chance.choice([1, 1, 1, 8, 64])):
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def _insert(data: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(data) + 1)
    return data[:at] + chance.choice([b" ", b"\n", b"\0", b"0", chance.randbytes(40)]) + data[at:]


def _delete(data: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(data))
    return data[:at] + data[at + chance.choice([1, 2, 100]) :]


def _truncate(data: bytes, chance: random.Random) -> bytes:
    return data[: chance.randrange(len(data))]


def _swap(data: bytes, chance: random.Random) -> bytes:
    one, two = sorted(chance.sample(range(len(data)), 2))
    return data[:one] + data[two:] + data[one:two]


def _overwrite(data: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(data))
    junk = chance.choice([b"\0", b"\xff", b"9"]) * chance.choice([1, 4, 400])
    return data[:at] + junk + data[at + len(junk) :]


_CHANGES: dict[str, Callable[[bytes, random.Random], bytes]] = {
    "flip": _flip,
    "insert": _insert,
    "delete": _delete,
    "truncate": _truncate,
    "swap": _swap,
    "overwrite": _overwrite,
}
_ODD = [None, True, 0, -1, 1e308, float("nan"), "", "000001", "../../etc", [], {}, [[]], {"a": 1}, "\ud800", 10**400]


def _other_json(data: bytes, chance: random.Random) -> bytes:
    """The manifest with a value replaced, taken out, added or moved; or the same one written in another way."""
    manifest = json.loads(data)
    way = chance.choice(["replace", "replace", "remove", "add", "order", "indent"])
    if way == "order":
        first = chance.choice(list(manifest))
        return json.dumps({first: manifest[first], **manifest}, indent=1).encode()
    if way == "indent":
        return json.dumps(manifest, indent=chance.choice([None, 0, 2])).encode()
    inner = manifest
    while True:
        keys = list(inner) if isinstance(inner, dict) else list(range(len(inner)))
        key = chance.choice(keys)
        if not (isinstance(inner[key], dict | list) and inner[key]) or chance.random() < 0.3:
            break
        inner = inner[key]
    if way == "remove":
        del inner[key]
    elif way == "add" and isinstance(inner, dict):
        inner[f"{key} "] = chance.choice(_ODD)
    else:
        inner[key] = chance.choice(_ODD)
    return json.dumps(manifest, indent=1).encode()


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    main()
