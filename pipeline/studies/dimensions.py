"""What the dimensions do on a run's data, from its artifacts: moments, rows and graph of the Transform step.

`Dimensions.measure` gives the contents of `dimensions/RUN.json`, described in docs/reference/dimensions.md.
"""

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import components.keras2  # noqa: F401  isort: skip  must come before TensorFlow
import numpy as np
import numpy.typing as npt

from components.task import task_of
from components.task.studied import NEIGHBOURS, TREES
from components.trainer.context import TrainingContext
from data.tensor_names import tensor_name
from pipeline.config import Config
from pipeline.studies import dimension_measures as measures
from pipeline.studies.dimension_measures import Matrix, costs, rest, saved
from pipeline.studies.finished import Source
from transforms import learned
from transforms.features import BLOCK

Array = npt.NDArray[Any]
CORRELATED = 0.7
"""Pairs of features with a correlation below this, in size, are not listed."""


@dataclass(frozen=True)
class Dimensions:
    """What is measured, and on how many rows.

    Attributes:
        source: the run.
        rows: training rows that the models learn from at most, drawn by the seed.
        few: rows of the second curve, which shows what too few of them do.
        seed: of every draw.
    """

    source: Source
    rows: int
    few: int
    seed: int

    def measure(self, told: Callable[[int, int], None]) -> dict[str, Any]:
        """The contents of `dimensions/RUN.json`; `told` gets how many steps are done, of how many."""
        source = self.source
        plan = source.config.plan()
        limits = (source.config.training.max_rows, source.config.push.max_bytes)
        files = ([source.pattern("train")], [source.pattern("validation")])
        whole = TrainingContext.open(plan, str(source.graph), *files, *limits)
        known = learned.read(whole.output.transform_savedmodel_dir)
        count = len(whole.raw_train[tensor_name(plan.dataset.label.column)])
        places = np.random.default_rng(self.seed).permutation(count)[: self.rows]
        context = dataclasses.replace(whole, raw_train={name: one[places] for name, one in whole.raw_train.items()})
        correlations = measures.correlations(context.train.numbers, context.train.label)
        ways = _Ways(self, context, correlations, told, len(known["features"]) + _reduced(known))
        return {
            "pipeline": source.config.name,
            "run": source.record.id,
            "unit": source.config.data.label.in_words,
            "label": source.config.data.label.model_dump(mode="json"),
            "seed": self.seed,
            "rows": {
                "train": count,
                "used": len(context.train),
                "few": min(self.few, len(context.train)),
                "validation": len(context.validation),
            },
            "models": {"neighbours": NEIGHBOURS, "trees": TREES},
            "reducer": {key: known[key] for key in ("kind", "kept", "merit", "notes")} if _reduced(known) else None,
            "features": ways.features(known),
            "components": ways.components(known) if _reduced(known) else [],
            "correlated": CORRELATED,
            "pairs": _pairs(known["features"], correlations[0]),
            **_costs(context, source.config, len(known["features"])),
        }


@dataclass
class _Ways:
    """The two ways to add dimensions, measured step by step."""

    choices: Dimensions
    context: TrainingContext
    correlations: tuple[Matrix, Matrix]
    told: Callable[[int, int], None]
    steps: int
    done: int = 0

    def features(self, known: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Features of the scaled block, the most useful next one first."""
        names, with_label = known["features"], self.correlations[1]
        ranks, shares = measures.forward(*self.correlations)
        train, validation = (
            _scaled(table.numbers, known)[:, ranks] for table in (self.context.train, self.context.validation)
        )
        return [
            {
                "name": names[place],
                "label_correlation": float(with_label[place]),
                "label_r2": shares[one],
                **self._with(train[:, : one + 1], validation[:, : one + 1]),
                "contrast_if_independent": measures.contrast_of_independent(one + 1, self.choices.seed),
            }
            for one, place in enumerate(ranks)
        ]

    def components(self, known: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Components of the reducer in their own order, as the network gets them."""
        train, validation = (np.asarray(table.inputs[BLOCK]) for table in (self.context.train, self.context.validation))
        return [
            {
                "explained_variance_ratio": known["explained_variance_ratio"][one],
                "label_r2": known["label_r2_by_component"][one],
                "loadings": dict(zip(known["features"], known["loadings"][one], strict=True)),
                **self._with(train[:, : one + 1], validation[:, : one + 1]),
            }
            for one in range(known["kept"])
        ]

    def _with(self, train: Array, validation: Array) -> dict[str, Any]:
        """Errors and contrast with these columns of the rows."""
        task = task_of(self.context.plan.dataset.label.model_dump())
        few, seed = self.choices.few, self.choices.seed
        label, others = self.context.train.label, (validation, self.context.validation.label)
        found = {
            "errors": measures.errors(task, (train, label), others, seed),
            "errors_of_few": measures.errors(task, (train[:few], label[:few]), others, seed),
            "contrast": measures.contrast(train, seed),
        }
        self.done += 1
        self.told(self.done, self.steps)
        return found


def _reduced(known: Mapping[str, Any]) -> int:
    return 0 if known["kind"] == "none" else int(known["kept"])


def _scaled(numbers: Array, known: Mapping[str, Any]) -> npt.NDArray[np.float64]:
    """The block before the reducer, from its numbers before scaling."""
    columns = [known["columns"][name] for name in known["features"]]
    centre, spread = (np.array([one[key] for one in columns]) for key in ("centre", "spread"))
    return np.asarray((numbers.astype(np.float64) - centre) / spread)


def _pairs(names: list[str], correlation: Matrix) -> list[dict[str, Any]]:
    return [
        {"features": [names[a], names[b]], "correlation": value}
        for a, b, value in measures.correlated_pairs(correlation, CORRELATED)
    ]


def _costs(context: TrainingContext, config: Config, features: int) -> dict[str, Any]:
    design, _ = context.design(config.training, None if config.study else config.conversion)
    units = design.training.known_units
    found = costs(context.plan, design.widths, context.kept, units)
    parameters = {
        "inputs": sum(one.parameters for one in found),
        "rest": rest(units),
        "saved_by_reducer": saved(found, design.widths, features, units),
    }
    return {"inputs": [dataclasses.asdict(one) for one in found], "parameters": parameters}
