"""Proves the store's promise: kills, full disks and races never leave `current` on anything but a sound version.

    make prove-store [ARGS="--kills 200 --seed 0"]

Three trials, each with its counts; ends with code 1 if one finds anything wrong:

- kills: a pusher is killed with -9 at a random moment of a push, again and again;
- full disk: a push on a file system with room for so many pages, or so many files, from none up to enough;
- race: several pushers, rollbacks and prunings at once, under the eyes of a reader.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from components.registry.retention import discard_old
from components.registry.store import Store, StoreError, sha256

PAGE_BYTES = 4096
MANY = 100_000
KEEP = 10


def main() -> None:
    """Runs the trials, prints their counts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=200, help="how often a pusher is killed")
    parser.add_argument("--pushes", type=int, default=60, help="of each pusher in the race")
    parser.add_argument("--stride", type=int, default=1, help="in the steps of free pages and files")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--act", choices=["push", "race", "fill"], help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--name", default="", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.act == "push":
        push_for_ever(options.folder, options.name)
    elif options.act == "race":
        push_and_meddle(options.folder, options.name, options.pushes, options.seed)
    elif options.act == "fill":
        print(json.dumps(fill(options.folder, options.stride)))
    else:
        with tempfile.TemporaryDirectory() as folder:
            source(Path(folder))
            wrong = kills(Path(folder), options.kills, options.seed)
            wrong += full_disk(Path(folder), options.stride)
            wrong += race(Path(folder), options.pushes, options.seed)
        for one in wrong[:20]:
            print(f"WRONG: {one}")
        sys.exit(1 if wrong else 0)


def source(folder: Path) -> None:
    """Twelve files that stand for the SavedModel, so that a push has many moments."""
    (folder / "source").mkdir()
    for number in range(12):
        (folder / "source" / str(number)).write_bytes(bytes([number]) * 6000)


def one_push(folder: Path, text: str) -> str:
    """Publishes a model of its own; the store and the source lie in `folder`."""
    return Store(folder / "models").publish(text.encode() * 500, {"text": text}, [], folder / "source")


def push_for_ever(folder: Path, name: str) -> None:
    """What is killed: pushes, and tells each version that it was given."""
    print("ready", flush=True)
    number = 0
    while True:
        print(one_push(folder, f"{name} {number}"), flush=True)
        number += 1


def child(*arguments: str) -> subprocess.Popen[str]:
    """This script again, in a process of its own."""
    return subprocess.Popen([sys.executable, __file__, *arguments], stdout=subprocess.PIPE, text=True)


def unsound(store: Store, versions: list[str]) -> list[str]:
    """What is wrong with versions and with what `current` names."""
    live = store.current()
    if live is None:
        return ["no version is live"]
    if store.digest(live) != sha256((store.folder(live) / "model.tflite").read_bytes()):
        return [f"current names {live}, whose sha256 does not verify"]
    return [problem for version in {*versions, live} for problem in store.problems(version)]


def kills(folder: Path, count: int, seed: int) -> list[str]:
    """Kills; whatever was told to be pushed must stay, and the last of it must be live, or one after it."""
    store, chance = Store(folder / "models"), random.Random(seed)
    began = time.monotonic()
    told = [one_push(folder, "first")]
    usual_s = time.monotonic() - began
    wrong: list[str] = []
    fell: Counter[str] = Counter()
    for number in range(count):
        with child("--act", "push", "--folder", str(folder), "--name", f"kill {number}") as process:
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(chance.uniform(0, 4 * usual_s))
            process.send_signal(signal.SIGKILL)
            new = process.stdout.read().split()
        wrong += [f"{version} was given out twice" for version in set(new) & set(told)]
        told += [version for version in new if len(version) == 6]
        there = store.versions()
        fell[_where(store, there)] += 1
        wrong += [f"{version} was pushed and is gone" for version in told if version not in there]
        wrong += unsound(store, there[-5:])
        live = store.current()
        if live is None or live < told[-1]:
            wrong.append(f"{told[-1]} was pushed, and live is {live}")
    wrong += unsound(store, store.versions())
    partial = len(store.versions()) - len({*told} & {*store.versions()})
    print(f"kills: {count} of a push, -9 at a random moment (seed {seed})")
    print(f"  fell: {', '.join(f'{where} {number}' for where, number in sorted(fell.items()))}")
    print(f"  {len(told)} pushes told as done, all there; {partial} complete without having been told")
    print(f"  {len(store.versions())} versions visible, all sound; wrong: {len(wrong)}")
    shutil.rmtree(store.root)
    return wrong


def _where(store: Store, versions: list[str]) -> str:
    names = [path.name for path in store.root.iterdir()]
    if any(name.startswith(".new-") for name in names):
        return "while writing aside"
    if versions and store.current() != versions[-1]:
        return "between rename and pointer"
    return "while replacing a small file" if any(len(name) > 32 for name in names) else "between two pushes"


def full_disk(folder: Path, stride: int) -> list[str]:
    """The next trial, on a tmpfs in a mount namespace of its own; told as skipped where that is not allowed."""
    command = [sys.executable, __file__, "--act", "fill", "--folder", str(folder / "full"), "--stride", str(stride)]
    (folder / "full").mkdir()
    if shutil.which("unshare") is None:
        print("full disk: SKIPPED, no mount namespaces on this system")
        return []
    done = subprocess.run(["unshare", "--map-root-user", "--mount", *command], capture_output=True, text=True)
    if done.returncode == 1 and "unshare" in done.stderr:
        print(f"full disk: SKIPPED, no mount namespace here ({done.stderr.strip()})")
        return []
    if done.returncode:
        return [f"full disk: {done.stderr}"]
    told = json.loads(done.stdout)
    for kind, counts in told["counts"].items():
        print(f"full disk: {counts['failed']} pushes with too few free {kind}, then {counts['passed']} with enough")
    print(
        f"  each failure said so and left the live version; the next push with room went through; wrong: "
        f"{len(told['wrong'])}"
    )
    return list(told["wrong"])


def fill(mount: Path, stride: int) -> dict[str, object]:
    """Pushes with 0, 1, 2, ... free pages until one goes through; then the same with free files."""
    wrong: list[str] = []
    counts = {}
    for kind in ("pages", "files"):
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size=64m,nr_inodes={MANY}", "farelite", str(mount)], check=True)
        source(mount)
        store = Store(mount / "models")
        one_push(mount, "first")
        failed = passed = free = 0
        while not passed:
            live = store.current()
            _leave(mount, kind, free)
            try:
                one_push(mount, f"{kind} {free}")
                passed += 1
            except StoreError as error:
                failed += 1
                wrong += [] if "No space left on device" in str(error) else [f"said {error}"]
                # The folder may have got its name before the pointer found no room; then it is whole.
                wrong += [] if store.current() == live else [f"{kind} {free}: live was {live}, is {store.current()}"]
            wrong += unsound(store, store.versions())
            wrong += [f"{kind} {free}: {path.name} is left" for path in store.root.iterdir() if ".new-" in path.name]
            _leave(mount, kind, None)
            after = one_push(mount, f"after {kind} {free}")
            if store.current() != after:
                wrong.append(f"{kind} {free}: the push after it is not live")
            discard_old(store, 2)
            free += stride
        counts[kind] = {"failed": failed, "passed": passed}
        subprocess.run(["umount", str(mount)], check=True)
    return {"counts": counts, "wrong": wrong}


def _leave(mount: Path, kind: str, free: int | None) -> None:
    """Leaves so many pages or files free; None frees all."""
    filler = mount / "filler"
    filler.unlink(missing_ok=True)
    room = os.statvfs(mount)
    if kind == "files":
        limit = MANY if free is None else room.f_files - room.f_ffree + free
        subprocess.run(["mount", "-o", f"remount,nr_inodes={limit}", str(mount)], check=True)
    elif free is not None:
        with filler.open("wb") as stream:
            os.posix_fallocate(stream.fileno(), 0, max(1, (room.f_bfree - free) * PAGE_BYTES))


def push_and_meddle(folder: Path, name: str, pushes: int, seed: int) -> None:
    """One of the race: pushes, goes back now and then, prunes."""
    store, chance = Store(folder / "models"), random.Random(f"{seed} {name}")
    for number in range(pushes):
        print(one_push(folder, f"{name} {number}"), flush=True)
        if chance.random() < 0.2:
            try:
                store.rollback()
            except StoreError as error:  # the others may have left nowhere to go
                if "no version before" not in str(error):
                    raise
        if chance.random() < 0.3:
            discard_old(store, KEEP)


def race(folder: Path, pushes: int, seed: int) -> list[str]:
    """Three at once, and a reader that takes what is live and checks it, all the time."""
    store = Store(folder / "models")
    one_push(folder, "first")
    common = ["--act", "race", "--folder", str(folder), "--pushes", str(pushes), "--seed", str(seed)]
    pushers = [child(*common, "--name", f"racer {number}") for number in range(3)]
    wrong: list[str] = []
    reads = 0
    while any(process.poll() is None for process in pushers):
        wrong += unsound(store, [])
        reads += 1
    versions = [version for process in pushers for version in process.communicate()[0].split()]
    wrong += [f"a racer ended with {process.returncode}" for process in pushers if process.returncode]
    wrong += [] if len(set(versions)) == len(versions) == 3 * pushes else ["a version was given out twice, or lost"]
    wrong += unsound(store, store.versions())
    print(f"race: 3 pushers, {len(versions)} pushes, {len(set(versions))} versions, with rollbacks and prunings")
    print(f"  {reads} reads of what is live meanwhile; {len(store.versions())} versions kept; wrong: {len(wrong)}")
    return wrong


if __name__ == "__main__":
    main()
