"""What a reducer in front of the network costs and saves: the same network, split and budget, with it and without, in
pairs by seed.

    make bench-dimensions                                       PCA at 95, 99 and 99.99 % of variance, four seeds
    make bench-dimensions ARGS="--config my-city.yaml --seeds 8 --shares 0.9 0.99"

What is trained is kept in the runs folder; after a stop the same command goes on.
"""

import statistics
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from common import parser

from pipeline.config import load
from pipeline.paths import RunPaths
from pipeline.studies.ablation import Ablation
from pipeline.studies.stages import Stage
from pipeline.terminal import markdown
from transforms.features import Features
from transforms.settings import Reducer

NONE = "no reducer"


def main() -> None:
    """Prints Markdown on standard output, progress on standard error."""
    wanted = parser(__doc__, "--config", "--set")
    wanted.add_argument("--runs-dir", type=Path, default=Path("runs"))
    wanted.add_argument("--seeds", type=int, default=4, help="each changes which rows are held out")
    wanted.add_argument("--shares", type=float, nargs="+", default=[0.95, 0.99, 0.9999], help="of variance, for PCA")
    options = wanted.parse_args()
    config = load(options.config, options.set)
    paths = RunPaths(options.runs_dir / f"{config.name}-dimensions")
    paths.make()
    ladder = [Stage(NONE, "", reduced(config.features, "none", 1.0))]
    ladder += [Stage(f"PCA at {one:.2%}", "", reduced(config.features, "pca", one)) for one in options.shares]
    study = Ablation(config, range(options.seeds), "split", False, paths.root, ladder)
    cells = study.cells()

    def done(stage: Stage, seed: int, kept: bool) -> None:
        place = cells.index((stage, seed)) + 1
        print(f"{place} of {len(cells)}: {stage.name}, seed {seed}{': kept' if kept else ''}", file=sys.stderr)

    print(table(study.run(done)["stages"]))


def reduced(features: Features, kind: Any, components: float) -> Features:
    """The features with another reducer."""
    return features.model_copy(update={"reducer": Reducer(kind=kind, components=components)})


def table(stages: Sequence[dict[str, Any]]) -> str:
    """One line a reducer; changes are against none, seed by seed."""
    first, rows = stages[0], []
    for one in stages:
        block = one["inputs"]["mean"] - first["inputs"]["mean"]
        saved = 1 - one["parameters"]["mean"] / first["parameters"]["mean"]
        cells = [
            one["name"],
            f"{block:+.1f} columns" if one is not first else "all features",
            spread(one["file.rmse"]),
            change(one["file.rmse"], first["file.rmse"]) if one is not first else "",
            spread(one["network.rmse"]),
            spread(one["file.mae"]),
            change(one["file.mae"], first["file.mae"]) if one is not first else "",
            f"{one['parameters']['mean']:,.0f}" + (f" ({saved:.1%} saved)" if one is not first else ""),
        ]
        rows.append(cells)
    head = ("in front of the network", "block", "RMSE of the file", "change by seed", "float", "MAE", "change")
    return markdown([*head, "parameters"], rows)


def spread(figure: dict[str, Any]) -> str:
    """Mean and standard deviation over seeds."""
    return f"{figure['mean']:.3f} ± {figure['spread']:.3f}"


def change(figure: dict[str, Any], before: dict[str, Any]) -> str:
    """Mean of the changes by seed, with the least and the most."""
    changes = [after / first - 1 for after, first in zip(figure["values"], before["values"], strict=True)]
    return f"{statistics.mean(changes):+.2%} ({min(changes):+.2%} to {max(changes):+.2%})"


if __name__ == "__main__":
    main()
