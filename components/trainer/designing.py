"""From choices and learned features to the design of a network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import components.keras2  # noqa: F401  isort: skip  must come before TensorFlow
import numpy as np

from components.compression_settings import Conversion
from components.settings import Training
from components.tables import FloatArray, Table
from components.task.encoding import Encoding
from components.task.learning import Learning
from components.trainer import choices, network, sizes
from components.trainer.design import Design
from transforms import categories, learned, piecewise
from transforms.features import BLOCK, NUMBERS, Plan, embedding_width, id_key


def designed(
    training: Training,
    learning: Learning,
    plan: Plan,
    known: Mapping[str, Any],
    train: Table,
    vocabularies: Mapping[str, int],
    front: int,
    budget: int,
    conversion: Conversion | None,
) -> tuple[Design, dict[str, Any]]:
    """The network to build, and what was chosen for it, for the record.

    Args:
        training: choices, `auto` among them.
        learning: of the label.
        plan: features settled for the dataset.
        known: what the Transform step learned, see `transforms.learned`.
        train: rows to learn from.
        vocabularies: number of values by categorical column.
        front: bytes of a file of the features alone.
        budget: bytes that the file may have.
        conversion: see `sizes.held`.
    """
    numbers = _bending(plan, known)
    places = {name: known["features"].index(name) for name in numbers}
    ids = id_sizes(plan, vocabularies)
    dense = {name: int(one.shape[1]) for name, one in train.inputs.items() if name not in {NUMBERS, *ids}}
    encoding = learning.encoding(train.label, training.label_scale)
    facts = choices.Facts(
        rows=len(train),
        quantiles=numbers,
        weights=lambda: _telling(learning, train, numbers, list(places.values())),
        ends=sizes.Ends(front, sum(dense.values()), ids, learning.width, sizes.DECODE[_kind(encoding)]),
        budget=budget,
        conversion=conversion,
    )
    chosen = choices.settle(training, facts)
    bent = {
        group: network.Bent([places[name] for name in names], _edges(numbers, names, bins), chosen.width)
        for group, (names, bins) in chosen.bent.items()
    }
    widths = network.Widths(dense, ids, bent, train.numbers.shape[1], learning.width)
    return Design(chosen.training, widths, network.span_scale(train.inputs[BLOCK]), encoding, learning), {
        "training": chosen.training.model_dump(mode="json"),
        "bent": {group: {"numbers": list(names), "bins": bins} for group, (names, bins) in chosen.bent.items()},
        "estimated_bytes": chosen.estimated_bytes,
        "bytes_of": dict(chosen.bytes_of),
        "left_out": learned.unused(known),
    }


def _kind(encoding: Encoding) -> str:
    scale = encoding.described()
    return "logits" if scale is None else "log" if scale.log else "linear"


def _bending(plan: Plan, known: Mapping[str, Any]) -> dict[str, FloatArray]:
    """Quantiles of the numbers that vary and have room, by name."""
    names = [name for name in plan.bending() if name not in learned.without_room(known)]
    found = {name: np.array(known["columns"][name]["quantiles"], np.float32) for name in names}
    return {name: one for name, one in found.items() if len(piecewise.boundaries(one, 2)) > 1}


def _edges(numbers: Mapping[str, FloatArray], names: Sequence[str], bins: int) -> FloatArray:
    return piecewise.table([piecewise.boundaries(numbers[name], bins) for name in names])


def _telling(
    learning: Learning, train: Table, numbers: Mapping[str, FloatArray], places: list[int]
) -> dict[str, float]:
    """How much each number tells of the label, or on average of each class."""
    targets = learning.targets(train.label).reshape(len(train), -1).T
    found = [choices.telling(train.numbers[:, places], one, list(numbers.values())) for one in targets]
    return dict(zip(numbers, np.mean(found, axis=0).tolist(), strict=True))


def id_sizes(plan: Plan, vocabularies: Mapping[str, int]) -> dict[str, tuple[int, int]]:
    """Number of ids and embedding width of crosses and categories, by input."""
    ids = {
        id_key(name): (plan.cross_size(name), embedding_width(plan.cross_size(name), cross.embedding))
        for name, cross in plan.model_crosses().items()
    }
    coding = plan.features.categories
    for name in plan.dataset.categorical:
        size = vocabularies[name] + 1 + categories.buckets(coding, vocabularies[name])
        ids[id_key(name)] = (size, embedding_width(size, coding.embedding))
    return ids
