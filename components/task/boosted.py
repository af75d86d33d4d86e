"""Gradient-boosted trees (LightGBM): the teacher of a network, and the rival that it is measured beside."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import components.keras2  # noqa: F401  isort: skip  must come before TensorFlow
import lightgbm
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from components.files import BOOSTED_FILE
from components.interface_file import EXTRA
from components.settings import Distillation
from components.tables import FloatArray, Table
from data.vocabulary import BoostedTrees
from transforms.features import NUMBERS

if TYPE_CHECKING:
    from components.task.learning import Learning

T = TypeVar("T")
U = TypeVar("U")

RIVAL_ROWS = 50_000
"""At most so many rows, spread evenly over the training rows: a rival must not take longer than the network."""

_FEW_ROWS = 5_000
"""Up to so many are predicted in one thread."""

TREE_INPUTS = "tree_inputs"
"""Signature of the reference model: what the trees see of rows, in place of predictions."""

Parts: TypeAlias = "tuple[tuple[float, lightgbm.Booster], ...]"
"""Weight and trees of each part; the weights sum to 1."""


@dataclass(frozen=True)
class Boosted:
    """Trees whose weighted sum is a prediction.

    Attributes:
        name: `teacher` or `booster`.
        parts: see `Parts`.
        categories: names of the inputs that are ids of categorical columns.
        rows: training rows that the trees have learned from.
        choices: of the trees.
    """

    name: str
    parts: Parts
    categories: tuple[str, ...]
    rows: int
    choices: Distillation

    def predict(self, x: npt.NDArray[Any]) -> FloatArray:
        """float32 `[rows]`, or `[rows, classes]`, of the columns of `tree_inputs`; NaN goes its own way in a tree."""
        halves = side_by_side(self._predict, np.array_split(x, 2) if len(x) > _FEW_ROWS else [x])
        return np.concatenate(halves)

    def _predict(self, x: npt.NDArray[Any]) -> FloatArray:
        return np.asarray(sum(share * np.asarray(one.predict(x)) for share, one in self.parts), np.float32)

    def __call__(self, rows: Table) -> FloatArray:
        """Labels as the teacher gives them."""
        return self.predict(np.concatenate(tree_inputs(rows.inputs, self.categories), axis=1))

    @cached_property
    def _texts(self) -> list[str]:
        return [one.model_to_string() for _, one in self.parts]

    def told(self) -> BoostedTrees:
        """For the manifest."""
        return BoostedTrees(
            name=self.name,
            trees=sum(one.num_trees() for _, one in self.parts),
            learning_rate=self.choices.learning_rate,
            leaves=self.choices.leaves,
            rows=self.rows,
            bytes=sum(map(len, self._texts)),
        )

    def save(self, reference: str) -> None:
        """Writes them beside the SavedModel of the plain models."""
        shares = [share for share, _ in self.parts]
        told = {"name": self.name, "categories": self.categories, "rows": self.rows}
        text = json.dumps({**told, "choices": self.choices.model_dump(), "shares": shares, "trees": self._texts})
        (Path(reference) / EXTRA).mkdir(parents=True, exist_ok=True)
        _file(reference).write_bytes(gzip.compress(text.encode(), mtime=0))

    @classmethod
    def load(cls, reference: str) -> Boosted:
        """What `save` has written."""
        told = json.loads(gzip.decompress(_file(reference).read_bytes()))
        trees = [lightgbm.Booster(model_str=text) for text in told.pop("trees")]
        parts = tuple(zip(told.pop("shares"), trees, strict=True))
        choices = Distillation.model_validate(told.pop("choices"))
        return cls(parts=parts, choices=choices, categories=tuple(told.pop("categories")), **told)


def _file(reference: str) -> Path:
    return Path(reference) / EXTRA / BOOSTED_FILE


def grown_teacher(
    learning: Learning, table: Table, categories: Sequence[str], choices: Distillation, seed: int
) -> Boosted:
    """From all training rows, as configured."""
    parts = learning.trees(table, categories, choices, seed)
    return Boosted("teacher", parts, tuple(categories), len(table), choices)


def grown_rival(learning: Learning, table: Table, categories: Sequence[str], seed: int) -> Boosted:
    """What a network without a teacher is measured beside: cheap, and by one rule for all tables."""
    if len(table) > RIVAL_ROWS:
        spread = np.linspace(0, len(table) - 1, RIVAL_ROWS).astype(int)
        table = Table({name: column[spread] for name, column in table.inputs.items()}, table.label[spread])
    choices = _rival_choices(learning.width)
    return Boosted("booster", learning.trees(table, categories, choices, seed), tuple(categories), len(table), choices)


def _rival_choices(outputs: int) -> Distillation:
    """Half a second on 10,000 rows for a number or yes and no, at most two for any number of classes.

    A number's are half of the median, half of the mean, so that neither MAE nor RMSE is favoured. Where many classes
    leave few rounds to each, the rounds go further.
    """
    trees = max(300, min(100 * outputs, 1500))
    rate = min(0.3, max(0.05, 5 * outputs / trees))
    return Distillation(trees=trees, median_share=0.5, learning_rate=rate)


def tree_inputs(inputs: Mapping[str, T], categories: Sequence[str]) -> list[T]:
    """What the trees see, to be put side by side: numbers, then ids, of arrays and tensors alike."""
    return [inputs[NUMBERS], *(inputs[name] for name in categories)]


def as_tree_inputs(boosted: Boosted) -> Callable[[dict[str, tf.Tensor]], tf.Tensor]:
    """A network's inputs to the trees', float32 `[batch, n]`."""

    def call(inputs: dict[str, tf.Tensor]) -> tf.Tensor:
        return tf.concat([tf.cast(one, tf.float32) for one in tree_inputs(inputs, boosted.categories)], axis=1)

    return call


def side_by_side(work: Callable[[T], U], given: Sequence[T]) -> list[U]:
    """What `work` comes to on each, in threads: LightGBM's own code holds no lock of Python's.

    Each piece of work is still done in one thread, so that its sums come in one order.
    """
    with ThreadPoolExecutor(len(given)) as pool:
        return list(pool.map(work, given))


def grow(
    table: Table, categories: Sequence[str], choices: Distillation, seed: int, trees: int, **objective: Any
) -> lightgbm.Booster:
    """So many rounds of trees for an objective of LightGBM; each tree sees a share of the rows and features."""
    parameters = {
        **objective,
        "learning_rate": choices.learning_rate,
        "num_leaves": choices.leaves,
        "bagging_fraction": 0.7,
        "bagging_freq": 1,
        "feature_fraction": 0.5,
        "seed": seed,
        # Threads would change the order of sums, and with it the trees.
        "num_threads": 1,
        "deterministic": True,
        "force_row_wise": True,
        "verbose": -1,
    }
    width = table.numbers.shape[1]
    places = list(range(width, width + len(categories)))
    x = np.concatenate(tree_inputs(table.inputs, categories), axis=1)
    rows = lightgbm.Dataset(x, table.label, categorical_feature=places)
    return lightgbm.train(parameters, rows, trees)
