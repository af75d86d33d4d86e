"""What training and the compression study both need: the rows, the network's shapes, and the exports."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import components.keras2  # noqa: F401  isort: skip  must come before TensorFlow
import numpy as np
import tensorflow_transform as tft

from components.compression_settings import Conversion
from components.conversion import recipe
from components.device.kernels import refusals
from components.examples import load
from components.settings import Training
from components.tables import Columns, FloatArray, Table, join, table_of
from components.task.boosted import TREE_INPUTS, Boosted, as_tree_inputs, grown_rival, grown_teacher
from components.task.encoding import Encoding
from components.task.learning import Learning, learning_of
from components.trainer import compression, export, features_file, fitting, room, sizes
from components.trainer.design import Design
from components.trainer.designing import designed, id_sizes
from components.trainer.distillation import labelled, remix
from components.trainer.functions import as_function, split
from components.trainer.phases import Net
from components.trainer.weights import save_weights
from data.errors import DataError
from data.tensor_names import tensor_name
from transforms import in_memory, learned
from transforms.categories import vocabulary_file
from transforms.features import Plan, id_key


@dataclass(frozen=True)
class TrainingContext:
    """Rows and shapes under one Transform graph.

    Attributes:
        plan: features settled for the dataset.
        output: of the Transform step.
        learned: what it learned, see `transforms.learned`.
        raw_train, raw_validation: rows to learn from, and to watch, before the graph.
        budget: bytes that a file may have.
    """

    plan: Plan
    output: tft.TFTransformOutput
    learned: Mapping[str, Any]
    raw_train: Columns
    raw_validation: Columns
    budget: int

    @classmethod
    def open(
        cls,
        plan: Plan,
        transform_graph: str,
        train: Sequence[str],
        validation: Sequence[str],
        max_rows: int | None,
        budget: int,
    ) -> TrainingContext:
        """Reads raw examples and what the Transform step learned.

        Args:
            plan: features settled for the dataset.
            transform_graph: output of the Transform step.
            train, validation: patterns of files.
            max_rows: of each, as `Training.max_rows`.
            budget: as `Push.max_bytes`.

        Raises:
            DataError: the training rows do not suit the reducer.
        """
        output = tft.TFTransformOutput(transform_graph)
        found = learned.read(output.transform_savedmodel_dir)
        spec = in_memory.raw_spec(plan.dataset)
        rows = load(train, spec, max_rows), load(validation, spec, max_rows)
        return cls(plan, output, found, *rows, budget).narrowed()

    def narrowed(self) -> TrainingContext:
        """Without the numbers that a file has no room for."""
        dense, ids = len(self.kept) + self.plan.wide_width(), id_sizes(self.plan, self._vocabularies)
        ends = sizes.Ends(len(self.features_file), dense, ids, self.learning(Training()).width)
        known = room.narrowed(self.plan, self.learned, ends, lambda: self.train, self.budget)
        return self if known is self.learned else replace(self, learned=known)

    @property
    def _categorical(self) -> tuple[str, ...]:
        return self.plan.dataset.categorical

    @property
    def _vocabularies(self) -> dict[str, int]:
        return {name: self.output.vocabulary_size_by_name(vocabulary_file(name)) for name in self._categorical}

    @property
    def _without_room(self) -> list[str]:
        return learned.without_room(self.learned)

    @property
    def kept(self) -> tuple[int, ...]:
        """Columns of the block in use."""
        return tuple(learned.used(self.learned))

    @cached_property
    def train(self) -> Table:
        """Real rows to learn from."""
        return self.table(self.raw_train)

    @cached_property
    def validation(self) -> Table:
        """Rows to watch."""
        return self.table(self.raw_validation)

    def table(self, raw: Columns) -> Table:
        """Raw rows through the graph that ships in the file."""
        return table_of(
            in_memory.apply(self.output, self.plan.dataset, raw),
            raw[tensor_name(self.plan.dataset.label.column)],
            self.kept,
        )

    def learning(self, training: Training) -> Learning:
        """How the label is learned."""
        return learning_of(self.plan.dataset.label, training.decision)

    @property
    def _id_keys(self) -> list[str]:
        return [id_key(name) for name in self._categorical]

    def teacher(self, training: Training) -> Boosted | None:
        """Trees that give new rows their labels, where so configured."""
        if (choices := training.distillation) is None:
            return None
        return grown_teacher(self.learning(training), self.train, self._id_keys, choices, training.seed)

    def rival(self, training: Training) -> Boosted:
        """Trees to measure a network beside that has no teacher."""
        return grown_rival(self.learning(training), self.train, self._id_keys, training.seed)

    def training_set(self, training: Training, teacher: Boosted | None) -> Table:
        """What the network learns from: the real rows, and new ones with the teacher's labels."""
        if teacher is None:
            return self.train
        new = self.table(remix(self.raw_train, self.plan.dataset, teacher.choices, training.seed))
        real = replace(self.train, label=self.learning(training).targets(self.train.label))
        return join(real, labelled(new, teacher))

    def design(self, training: Training, conversion: Conversion | None = None) -> tuple[Design, dict[str, Any]]:
        """The network to build, and what was chosen for it, for the record; for `conversion` see `sizes.held`."""
        facts = (self.plan, self.learned, self.train, self._vocabularies, len(self.features_file), self.budget)
        return designed(training, self.learning(training), *facts, conversion)

    @cached_property
    def _layer(self) -> Callable[[export.Tensors], export.Tensors]:
        return self.output.transform_features_layer()

    @cached_property
    def features_file(self) -> bytes:
        """See `components.trainer.features_file`."""
        model = export.RawModel(self.plan.dataset, self._layer, self.kept, {}, [], absent=self._without_room)
        return features_file.convert(model, self.plan.dataset, self._without_room)

    def refuse_features(self, targets: Sequence[str]) -> None:
        """Looks before training whether every target has the operators of the features.

        Raises:
            DataError: a target lacks one; it is named.
        """
        if reasons := refusals(self.features_file, targets):
            raise DataError("; ".join(reasons))

    def export(self, design: Design, net: Net, path: str, how: recipe.Recipe) -> None:
        """The SavedModel that is evaluated and converted, what its inputs mean, and its recipe."""
        kernels = [list(kernel.shape) for kernel in compression.kernels(net.core).values()]
        eight_bit = how.conversion.in_integers or net.eight_bit
        shipped = Net(design.baked(net.front, eight_bit), net.core)
        encoding = self.corrected(design, shipped)
        known = export.vocabularies(self.output, self.plan.dataset)
        zeros = compression.sparsity(net.core)
        described = export.interface(self.plan, known, kernels, zeros, encoding, self._without_room)
        parts, sample = None, None
        if how.conversion.after_training:
            parts, sample = split(shipped, encoding), self.representative(shipped, how.conversion)
        joined = shipped.joined
        networks = {"serving_default": as_function(joined, encoding)}
        spreads, gone = self.plan.unknown_spreads(), self._without_room
        held = joined.variables
        model = export.RawModel(self.plan.dataset, self._layer, self.kept, networks, held, parts, spreads, gone)
        export.save(model, path, evaluate=True, interface=described)
        recipe.write(path, how, sample)

    def export_reference(self, design: Design, net: Net, path: str, boosted: Boosted) -> None:
        """The float model and the plain models to beat, for measurements; the float weights; and boosted trees."""
        joined = net.joined
        own = as_function(joined, self.corrected(design, net))
        references = {"float": own, **design.learning.baselines(self.train, design.widths.sizes)}
        references[TREE_INPUTS] = as_tree_inputs(boosted)
        reference = export.RawModel(
            self.plan.dataset, self._layer, self.kept, references, joined.variables, absent=self._without_room
        )
        export.save(reference, path, evaluate=False)
        save_weights(net, path)
        boosted.save(path)

    def corrected(self, design: Design, net: Net) -> Encoding:
        """The design's encoding of labels, corrected for this network."""

        def predicted(rows: Table) -> tuple[FloatArray, FloatArray]:
            return fitting.predict(net.joined, rows, design), rows.label

        return design.encoding.corrected(
            lambda: predicted(self.train), lambda: predicted(self.validation), design.training.loss
        )

    def representative(self, net: Net, conversion: Conversion) -> recipe.FloatArray:
        """Inputs of the core for training rows spread evenly over the table, float32 `[rows, width]`."""
        count = min(conversion.representative_rows, len(self.train))
        rows = np.linspace(0, len(self.train) - 1, count).astype(int)
        inputs = {name: self.train.inputs[name][rows] for name in net.front.input_names}
        sample, _ = net.front.predict(inputs, batch_size=fitting.PREDICT_BATCH, verbose=0)
        return np.asarray(sample, np.float32)
