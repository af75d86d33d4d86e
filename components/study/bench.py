"""The study itself: makes and measures every variant, goes on past failures, and chooses."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from absl import logging

from components import interface_file, progress
from components.conversion import recipe
from components.conversion.convert import convert
from components.device import runtime
from components.settings import Push
from components.study.measure import Bench
from components.study.settings import FLOAT, Study, Variant
from components.study.sources import Sources
from components.study.statistics import choose, obstacles, pareto

STUDY_VERSION = 1
FIXED_COST = 8.0
"""What exporting, converting and measuring a variant costs, in epochs of training; for the time left."""


class StudyError(RuntimeError):
    """The reference itself could not be made, so there is nothing to compare with."""


@dataclass
class Outcome:
    """What a study came to.

    Attributes:
        results: the document `study.json`, see docs/reference/study.md.
        models: file of each variant that could be made, by name.
        selected: name of the chosen variant; None where the policy leaves none.
        source: its SavedModel, or the float one.
        how: the recipe that goes with it.
    """

    results: dict[str, Any]
    models: dict[str, bytes]
    selected: str | None
    source: Path
    how: recipe.Recipe


@dataclass
class Runner:
    """Runs one study.

    Attributes:
        study: policy and numbers.
        variants: by name, the reference first.
        sources: makes their SavedModels.
        bench: measures their files.
        push: the pusher's budgets.
    """

    study: Study
    variants: Mapping[str, Variant]
    sources: Sources
    bench: Bench
    push: Push
    _models: dict[str, bytes] = field(default_factory=dict)
    _measured: dict[str, dict[str, Any]] = field(default_factory=dict)
    _failed: dict[str, str] = field(default_factory=dict)
    _seconds: dict[str, float] = field(default_factory=dict)

    def run(self) -> Outcome:
        """Makes, measures, chooses.

        Raises:
            StudyError: the float reference failed.
        """
        costs = {name: FIXED_COST + variant.epochs for name, variant in self.variants.items()}
        done, total = 0.0, sum(costs.values())
        reference: npt.NDArray[np.float32] | None = None
        for name, variant in self.variants.items():
            progress.report(name, done, total)
            start = time.monotonic()
            try:
                self._measured[name] = self._make(name, variant, reference)
            except Exception as error:  # one variant must not take the others along; its reason is reported
                logging.exception("variant %s failed", name)
                self._failed[name] = f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
                if name == FLOAT:
                    raise StudyError(f"the float reference of the study could not be made: {error}") from error
            self._seconds[name] = round(time.monotonic() - start, 1)
            if reference is None:
                reference = runtime.predict(self._models[FLOAT], self.bench.test.columns)
            done += costs[name]
        progress.report("latency of all files", done, total)
        for name, latency in self.bench.latencies(self._models, self.study.latency_rounds).items():
            self._measured[name]["latency_us"] = latency
        self.sources.forget_others(self._source(one) for name, one in self.variants.items() if name in self._measured)
        return self._outcome()

    def _make(self, name: str, variant: Variant, reference: npt.NDArray[np.float32] | None) -> dict[str, Any]:
        source = self._source(variant)
        model = convert(str(source), variant.conversion)
        interface = interface_file.read(source)
        figures = self.bench.figures(model, interface, reference)
        self._models[name] = model
        return figures

    def _source(self, variant: Variant) -> Path:
        """Its SavedModel, shared with the variants that differ by conversion only."""
        if variant.conversion.after_training:
            return self.sources.get(variant, variant.conversion)
        asked = (
            one.conversion
            for one in self.variants.values()
            if one.phases() == variant.phases() and one.conversion.after_training
        )
        return self.sources.get(variant, next(asked, variant.conversion))

    def _outcome(self) -> Outcome:
        task = self.bench.task
        select = self.study.select.of(task)
        metric = task.metrics[str(select.metric)]
        selected, why = choose(metric, self._measured, select, self.push)
        front = pareto(
            {
                name: (one["gzip_bytes"], round(one["latency_us"]["p50"]), metric.loss(one["test"][metric.name]))
                for name, one in self._measured.items()
            }
        )
        variants = []
        for name, variant in self.variants.items():
            settings = variant.model_dump(mode="json")
            told = {"name": name, "settings": settings, "seconds": self._seconds[name]}
            if name in self._failed:
                variants.append({**told, "status": "failed", "reason": self._failed[name]})
                continue
            one = self._measured[name]
            marks = {"pareto": name in front, "selected": name == selected, "obstacles": obstacles(one, self.push)}
            variants.append({**told, "status": "ok", **one, **marks, "file": f"variants/{name}.tflite"})
        chosen = selected or FLOAT
        results = {
            "study_version": STUDY_VERSION,
            "reference": FLOAT,
            "rows": {"validation": len(self.bench.validation.label), "test": len(self.bench.test.label)},
            "kernels": runtime.KERNELS,
            "output": self.bench.output.model_dump(mode="json") if self.bench.output else {},
            "select": select.model_dump(mode="json"),
            "selected": selected,
            "why": why,
            "variants": variants,
        }
        how = recipe.Recipe(
            variant=chosen,
            conversion=self.variants[chosen].conversion,
            sha256=self._measured[chosen]["sha256"],
            refused=None if selected else why,
        )
        return Outcome(results, self._models, selected, self._source(self.variants[chosen]), how)
