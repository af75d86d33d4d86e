"""The shipped examples whose label is no number, over hash splits, beside boosted trees and logistic regression on the
same rows and inputs; prints the README's table.

    make bench-labels                                           three examples, five splits: about 20 minutes
    make bench-labels ARGS="--configs digits --splits 1"        the smallest size
"""

import json
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import rival_classifiers
import tables
from common import parser

from pipeline.terminal import markdown

CONFIGS = Path(__file__).parents[1] / "pipeline" / "configs"
NAMES = ("tips", "digits", "payment")
SHOWN = ("log_loss", "roc_auc", "accuracy")


def main() -> None:
    """Prints Markdown on standard output."""
    wanted = parser(__doc__, "--splits", "--first", "--set", "--json")
    wanted.add_argument("--configs", nargs="+", default=NAMES, choices=NAMES, metavar="NAME", help=", ".join(NAMES))
    told = wanted.parse_args()
    found = {name: measured(name, range(told.first, told.first + told.splits), told.set) for name in told.configs}
    if told.json:
        told.json.write_text(json.dumps(found, indent=1))
    print("\n\n".join(table(name, splits) for name, splits in found.items()))


def measured(name: str, splits: Sequence[int], overrides: Sequence[str]) -> list[dict[str, Any]]:
    """The file's figures and the rivals' of each split."""
    config, found = CONFIGS / f"{name}.yaml", []
    for split in splits:
        sets = [*overrides, f"data.split.seed={split}"]
        found.append({**tables.measure_rivals(config, sets), **tables.measure_file(config, sets)})
        print(f"{name}, split {split}: {found[-1]['verdict']}", file=sys.stderr)
        if "file" not in found[-1]:
            raise SystemExit(f"{name}, split {split}: no file was measured: {'; '.join(found[-1]['reasons'])}")
    return found


def table(name: str, splits: Sequence[dict[str, Any]]) -> str:
    """One line a model, each figure as mean and standard deviation over the splits."""
    verdicts = [one["verdict"] for one in splits]
    pushed = f"{verdicts.count('pushed')} of {len(splits)} pushed"
    about = f"{name}, {pushed}; {splits[0]['rows'][0]:,} rows learned from, {splits[0]['rows'][1]:,} tested"
    head = ("model", "log loss", "ROC AUC", "accuracy", "calibration error", "decisions turned", "bytes")
    lines = []
    for title, key in (("model.tflite", "file"), ("float model", "float")):
        cells = [spread([one[key][metric] for one in splits]) for metric in (*SHOWN, "calibration_error")]
        turned = spread([100 * one["flipped"]["share"] for one in splits], 2) + " %" if key == "file" else ""
        size = f"{max(one['bytes'] for one in splits):,} at most" if key == "file" else ""
        lines.append([title, *cells, turned, size])
    for rival in (*rival_classifiers.BOOSTERS, *rival_classifiers.PLAIN):
        cells = [spread([one["rivals"][rival][metric] for one in splits]) for metric in SHOWN]
        lines.append([rival, *cells, "", "", ""])
    ratios = {error: statistics.mean(tables.ratio(one, error) for one in splits) for error in ("log_loss", "roc_auc")}
    told = f"log loss of the file to the lowest of the boosters {ratios['log_loss']:.3f}"
    area = f"highest area of a booster to the file's {ratios['roc_auc']:.3f}"
    return f"{about}\n\n{markdown(head, lines)}\n\n{told}; {area}."


def spread(values: Sequence[float], places: int = 4) -> str:
    """Mean and standard deviation."""
    if len(values) == 1:
        return f"{values[0]:.{places}f}"
    return f"{statistics.mean(values):.{places}f} ± {statistics.stdev(values):.{places}f}"


if __name__ == "__main__":
    main()
