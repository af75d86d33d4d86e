"""Tables that nobody tuned for: the file by default beside boosted trees, on the same rows, over hash splits.

    make bench-tables                                             every table, five splits: hours
    make bench-tables ARGS="--splits 1 --tables diabetes wage"    the smallest size, two of them

Each table is described in benchmarks/tables/ by a few lines that leave everything to the defaults. Defaults may be
chosen by looking at the tables of CHOICES; the others only tell whether the choices hold. What is measured is kept in
`--results` by table, split and code, and is not measured again. Boosters also learn from the rows that the pipeline
keeps for early stopping; a ratio is the file's error to the lowest of any booster on that split.
"""

import hashlib
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import rival_classifiers
import rivals
import table_sources
import yaml
from common import earlier, keep, parser, run

from components.code_hash import code_hash
from data.loading import load as load_rows
from data.splits import SPLITS
from pipeline.config import load
from pipeline.provenance import PACKAGES
from pipeline.settled import settled
from pipeline.terminal import markdown

DESCRIBED = Path(__file__).parent / "tables"
CHOICES = (
    "bikeshare", "chicago", "default", "diabetes", "diamonds", "digits", "fifa", "flights", "flights-late", "german",
    "wage",
)  # fmt: skip
"""The half whose validation rows defaults may be chosen by."""

KINDS: dict[str, tuple[tuple[str, str], Any]] = {
    "number": (("rmse", "mae"), rivals),
    "class": (("log_loss", "roc_auc"), rival_classifiers),
}
"""By kind of label, what is compared and with whom."""
TITLES = {"rmse": "RMSE", "mae": "MAE", "log_loss": "log loss", "roc_auc": "ROC AUC"}
MANY_ROWS = 1000
"""A table with fewer training rows may miss the aim: a booster's own error differs as much from seed to seed."""


def main() -> None:
    """Prints Markdown on standard output."""
    known = sorted(path.stem for path in DESCRIBED.glob("*.yaml"))
    wanted = parser(__doc__, "--splits", "--first", "--set", "--json")
    wanted.add_argument("--tables", nargs="+", choices=known, default=known, metavar="NAME", help=", ".join(known))
    wanted.add_argument("--folder", type=Path, default=Path("runs/bench-tables"), help="of the tables as CSV")
    wanted.add_argument("--results", type=Path, help="JSON lines; FOLDER/results.jsonl unless given")
    told = wanted.parse_args()
    kept = told.results or told.folder / "results.jsonl"
    kept.parent.mkdir(parents=True, exist_ok=True)
    found: dict[str, Any] = {}
    notes: dict[str, Any] = {}
    for name in told.tables:
        try:
            source = table_sources.write(Path(described(name)["source"]).stem, told.folder)
        except table_sources.PackageAbsentError as error:
            notes[name] = str(error)
            continue
        for split in range(told.first, told.first + told.splits):
            sets = [*told.set, f"data.source={source.resolve()}", f"data.split.seed={split}"]
            found.setdefault(name, []).append(one_split(name, split, sets, kept))
            print(f"{name}, split {split}: {found[name][-1]['verdict']}", file=sys.stderr)
    if told.json:
        told.json.write_text(json.dumps({"tables": found, "notes": notes}, indent=1))
    for kind in KINDS:
        for title, chosen in (("for choices", True), ("not looked at for any choice", False)):
            names = [name for name in told.tables if (name in CHOICES) is chosen and kind_of(name) == kind]
            half = [{name: of[name] for name in names if name in of} for of in (found, notes)]
            if names:
                print(report(f"Label a {kind}, tables {title}", *half, kind))


def kind_of(table: str) -> str:
    """Of its label."""
    return "number" if described(table)["label"].get("kind", "number") == "number" else "class"


def described(table: str) -> dict[str, Any]:
    """What the configuration says of its data."""
    return dict(yaml.safe_load((DESCRIBED / f"{table}.yaml").read_text())["data"])


def one_split(name: str, split: int, sets: list[str], kept: Path) -> dict[str, Any]:
    """The file's figures and the rivals', measured or as they were kept."""
    read = (rivals.__file__, KINDS[kind_of(name)][1].__file__, table_sources.__file__, DESCRIBED / f"{name}.yaml")
    own = b"".join(Path(one).read_bytes() for one in read)
    data = f"{code_hash('data')}-{hashlib.sha256(own).hexdigest()[:12]}"
    keys = {
        "rivals": {"table": name, "split": split, "code": data},
        "file": {"table": name, "split": split, "code": f"{code_hash(*PACKAGES)}-{data}", "set": sets},
    }
    measures = {"rivals": measure_rivals, "file": measure_file}
    one: dict[str, Any] = {"split": split}
    for what, key in keys.items():
        key["what"] = what
        known = [old for old in earlier(kept) if all(old.get(part) == value for part, value in key.items())]
        if not known:
            known = [{**key, **measures[what](DESCRIBED / f"{name}.yaml", sets)}]
            keep(kept, known[0])
        one |= {part: value for part, value in known[-1].items() if part not in key}
    if one["verdict"] in ("pushed", "refused") and one.get("tested", one["rows"][1]) != one["rows"][1]:
        raise SystemExit(f"{name}: the file was tested on {one['tested']:,} rows, the rivals on {one['rows'][1]:,}")
    return one


def measure_rivals(description: Path, sets: list[str]) -> dict[str, Any]:
    """Errors of each rival on the rows that the pipeline tests the file on."""
    data = settled(load(description, sets))[0].data
    loaded = load_rows(data)
    table = loaded.table.to_pandas()
    train, test = rivals.parts(data, table, loaded.split == len(SPLITS) - 1)
    if data.label.is_number:
        measured = rivals.measure(train, test)
    else:
        measured = rival_classifiers.measure(train, test, data.label.classes or ())
    return {"rows": [len(train.label), len(test.label)], "rivals": measured}


def measure_file(description: Path, sets: list[str]) -> dict[str, Any]:
    """One run as a user would start it; where no file came of it, why."""
    with tempfile.TemporaryDirectory() as runs:
        start = time.perf_counter()
        done = run(runs, description, sets, subprocess.PIPE)
        seconds = time.perf_counter() - start
    if not done.stdout.strip():
        return {"verdict": "error", "reasons": done.stderr.strip().splitlines()[-3:], "seconds": seconds}
    told = json.loads(done.stdout)
    one = {"verdict": told["verdict"], "reasons": told.get("reasons", []), "seconds": seconds}
    figures = told.get("metrics") or {}
    if "metrics" in figures:
        errors = figures["metrics"]
        one |= {"file": errors["file"], "float": errors["float"], "tested": errors["rows"]}
        one |= {"bytes": figures["bytes"], "us": figures["latency_us"]["p50"]}
        one |= {"flipped": figures.get("flipped_decisions")}
    return one


def ratio(one: dict[str, Any], error: str) -> float:
    """The file's error to the lowest of the boosters; of an area, the largest of the boosters to the file's."""
    kind = next(kind for kind, (errors, _) in KINDS.items() if error in errors)
    others = [one["rivals"][name][error] for name in KINDS[kind][1].BOOSTERS]
    return max(others) / one["file"][error] if error == "roc_auc" else one["file"][error] / min(others)


def report(title: str, found: dict[str, Any], notes: dict[str, Any], kind: str = "number") -> str:
    """The file's table, the rivals' table, and what keeps other tables out of them."""
    errors, _ = KINDS[kind]
    head = ["table", "rows learned from", "verdicts", *(TITLES[error] for error in errors),
            *(f"{TITLES[error]} to best booster" for error in errors), "bytes", "us a call", "seconds"]  # fmt: skip
    lines = []
    ratios: dict[str, dict[str, float]] = {}
    for name, splits in found.items():
        verdicts = [one["verdict"] for one in splits]
        told = ", ".join(f"{verdicts.count(verdict)} {verdict}" for verdict in sorted(set(verdicts)))
        cells = [name, f"{splits[0]['rows'][0]:,}", told]
        measured = [one for one in splits if "file" in one]
        if measured:
            ratios[name] = {error: statistics.mean(ratio(one, error) for one in measured) for error in errors}
            cells += [f"{statistics.mean(one['file'][error] for one in measured):.5g}" for error in errors]
            cells += [f"{value:.3f}" for value in ratios[name].values()]
            cells += [f"{statistics.mean(one[key] for one in measured):,.0f}" for key in ("bytes", "us")]
        else:
            cells += [""] * 6
        lines.append([*cells, f"{statistics.mean(one['seconds'] for one in splits):.0f}"])
    parts = [f"\n## {title}\n", markdown(head, lines), "", *summary(found, ratios, errors)]
    parts += ["", rivals_table(found, kind)] if found else []
    reasons = {name: reason for name, splits in found.items() for one in splits for reason in one["reasons"][:1]}
    return "\n".join([*parts, "", *(f"- {name}: {note}" for name, note in {**reasons, **notes}.items())])


def summary(
    found: dict[str, list[dict[str, Any]]], ratios: dict[str, dict[str, float]], errors: tuple[str, str]
) -> list[str]:
    """Median over tables, and the worst of those with many rows."""
    lines = []
    for error in errors if ratios else ():
        large = {name: of[error] for name, of in ratios.items() if found[name][0]["rows"][0] > MANY_ROWS}
        worst = max(large, key=lambda name: large[name], default=None)
        told = f"; of those with more than {MANY_ROWS:,} rows the worst is {worst}, {large[worst]:.3f}" if worst else ""
        lines.append(f"{TITLES[error]}: median {statistics.median(of[error] for of in ratios.values()):.3f}{told}.")
    return lines


def rivals_table(found: dict[str, list[dict[str, Any]]], kind: str) -> str:
    """Errors of every rival, means over the splits."""
    errors, those = KINDS[kind]
    names = [*those.BOOSTERS, *those.PLAIN]
    lines = []
    for table, splits in found.items():
        means = [[statistics.mean(one["rivals"][n][e] for one in splits) for e in errors] for n in names]
        lines.append([table, *(f"{one:.5g}, {other:.5g}" for one, other in means)])
    return markdown([", ".join(TITLES[one] for one in errors), *names], lines)


if __name__ == "__main__":
    main()
