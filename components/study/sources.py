"""Variants as SavedModels: trained from the float weights, and kept in a work folder so that a killed study resumes."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import components.keras2  # noqa: F401  isort: skip  must come before TensorFlow
import tf_keras

from components.compression_settings import Conversion
from components.conversion import recipe
from components.files import FLOAT_WEIGHTS_FILE
from components.settings import Training
from components.study.settings import Variant
from components.tables import Table
from components.trainer.context import TrainingContext
from components.trainer.phases import Phases
from components.trainer.weights import load_weights


@dataclass(frozen=True)
class Sources:
    """Trains each set of phases once; variants that differ by their conversion only share it.

    Attributes:
        context: rows and shapes.
        training: of the float model; phases are replaced by a variant's.
        float_dir: SavedModel with the float weights beside it.
        work_dir: where finished models are kept.
        code: fingerprint of the modules that train.
    """

    context: TrainingContext
    training: Training
    float_dir: Path
    work_dir: Path
    code: str

    @cached_property
    def training_set(self) -> Table:
        """What every variant learns from."""
        return self.context.training_set(self.training, self.context.teacher(self.training))

    def key(self, variant: Variant, conversion: Conversion) -> str:
        """Of everything that a variant's SavedModel follows from."""
        digest = hashlib.sha256((self.float_dir / recipe.EXTRA / FLOAT_WEIGHTS_FILE).read_bytes())
        rows = conversion.representative_rows if conversion.after_training else None
        training, plan = self._training(variant).model_dump_json(), self.context.plan.model_dump_json()
        told = [training, plan, rows, self.context.budget, self.code]
        digest.update(json.dumps(told).encode())
        return digest.hexdigest()[:16]

    def _training(self, variant: Variant) -> Training:
        return Training.model_validate({**dict(self.training), **variant.phases()})

    def get(self, variant: Variant, conversion: Conversion) -> Path:
        """The SavedModel of a variant's phases; trained if it is not there.

        Args:
            variant: its phases.
            conversion: one that quantizes, where any variant of these phases has one: then parts and a representative
                set are exported too.
        """
        place = self.work_dir / self.key(variant, conversion)
        if place.is_dir():
            return place
        self.work_dir.mkdir(parents=True, exist_ok=True)
        unfinished = self.work_dir / f".{place.name}.{os.getpid()}"
        shutil.rmtree(unfinished, ignore_errors=True)
        tf_keras.utils.set_random_seed(self.training.seed)
        design, _ = self.context.design(self._training(variant))
        phases = Phases(design, self.training_set, self.context.validation)
        net = phases.empty()
        load_weights(net, self.float_dir)
        self.context.export(design, phases.compress(net), str(unfinished), recipe.Recipe(conversion=conversion))
        unfinished.rename(place)
        tf_keras.backend.clear_session()
        return place

    def forget_others(self, used: Iterable[Path]) -> None:
        """Frees the models that this study has not used."""
        for folder in set(self.work_dir.iterdir()) - set(used):
            shutil.rmtree(folder)
