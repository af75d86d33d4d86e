"""What each input costs: parameters of the network, and learned constants in front of it."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from components.trainer.network import Widths
from transforms.features import BLOCK, Plan, id_key


@dataclass(frozen=True)
class Cost:
    """Of one input.

    Attributes:
        name: of a feature, component, bucket, cross or category.
        kind: `feature`, `component`, `bucket`, `cross` or `category`.
        width: columns that it adds to the network's input.
        parameters: that the network has because of it: first layer, skip and embedding.
        constants: that the Transform step has learned for it and the file holds.
    """

    name: str
    kind: str
    width: int
    parameters: int
    constants: int


def costs(plan: Plan, widths: Widths, kept: Sequence[int], units: Sequence[int]) -> list[Cost]:
    """One entry an input.

    With a reducer the network sees components: a feature then costs its scaling and its row of the projection, and a
    component the parameters. Without one, a feature in use costs both itself. A number that bends costs its functions
    and boundaries besides.

    Args:
        plan: of the features.
        widths: of the network's inputs.
        kept: columns of the block in use.
        units: widths of the hidden layers.
    """
    reduced = plan.features.reducer.kind != "none"
    per_column = units[0] + 1
    row = _projection_row(plan, len(kept))
    bent = {column: (one.edges.shape[1], one.width) for one in widths.bent.values() for column in one.columns}
    found = []
    for place, name in enumerate(plan.block_names()):
        edges, functions = bent.get(place, (0, 0))
        own = int(not reduced and place in kept)
        parameters = own * per_column + functions * (edges + units[0])
        found.append(Cost(name, "feature", own + functions, parameters, 2 + row + edges))
    if reduced:
        found += [Cost(f"component {one + 1}", "component", 1, per_column, 0) for one in range(len(kept))]
    for name, bucket in plan.features.buckets.items():
        steps = bucket.size - 1
        seen = steps if bucket.wide else 0
        found.append(Cost(name, "bucket", seen, seen * per_column, steps))
    for name in [*plan.model_crosses(), *plan.dataset.categorical]:
        size, width = widths.ids[id_key(name)]
        kind = "category" if name in plan.dataset.categorical else "cross"
        found.append(Cost(name, kind, width, size * width + width * units[0], 0))
    return found


def _projection_row(plan: Plan, kept: int) -> int:
    """Numbers of the reducer's matrices that belong to one feature."""
    kind = plan.features.reducer.kind
    return 0 if kind == "none" else 2 * kept if kind == "nmf" else kept


def rest(units: Sequence[int]) -> int:
    """Parameters of the network that belong to no input: biases of the first layer, and all layers behind it."""
    behind = [*units, 1]
    return units[0] + sum((before + 1) * after for before, after in itertools.pairwise(behind))


def saved(found: Sequence[Cost], widths: Widths, features: int, units: Sequence[int]) -> int:
    """Parameters of the network that the reducer saves against feeding it every feature."""
    return (features - widths.dense[BLOCK]) * (units[0] + 1) if any(one.kind == "component" for one in found) else 0
