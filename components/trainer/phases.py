"""The phases of training: a float model, then pruning, clustering and quantization-aware training, as configured."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import components.keras2  # noqa: F401  isort: skip  must come before TensorFlow
import tensorflow_model_optimization as tfmot
import tf_keras

from components import progress
from components.compression_settings import Clustering, Pruning, Quantization
from components.settings import SettledTraining
from components.tables import Table
from components.trainer import compression, cycles, fitting, members, network, warm_start
from components.trainer.cycles import AfterEpoch, Cycles
from components.trainer.design import Design
from components.trainer.watch import Watch, unwatched


@dataclass
class Net:
    """A front and a core that belong together.

    Attributes:
        front: inputs to the core's input and the skip.
        core: dense layers.
        eight_bit: whether the front's embeddings learned to be of 8 bits.
    """

    front: tf_keras.Model
    core: tf_keras.Model
    eight_bit: bool = False

    @property
    def joined(self) -> tf_keras.Model:
        """Both as one model over the same weights, inputs to float32 `[batch, 1]`."""
        return network.join(self.front, self.core)


@dataclass
class Phases:
    """Trains a network phase by phase.

    Attributes:
        design: of the network.
        train, validation: rows to learn from, and to watch.
        history: losses by epoch, by phase.
        watch: is told of each epoch.
    """

    design: Design
    train: Table
    validation: Table
    history: dict[str, Any] = field(default_factory=dict)
    watch: Watch = unwatched

    @property
    def training(self) -> SettledTraining:
        """Choices."""
        return self.design.training

    @property
    def rate(self) -> float:
        """First learning rate of the phases after the float one."""
        return self.training.learning_rate * self.training.finetune_rate

    def empty(self) -> Net:
        """The network before training, without dropout."""
        return Net(self.design.front(), network.without_dropout(self.design.core(), self.training))

    def copy(self, net: Net) -> Net:
        """The same float weights in variables of their own."""
        made = self.empty()
        made.front.set_weights(net.front.get_weights())
        made.core.set_weights(net.core.get_weights())
        return made

    def fit_float(self, start: Path | None = None, after_epoch: AfterEpoch = cycles.unwatched) -> Net:
        """Trains from scratch, or from the float weights in an archive, as long as `validation` gains."""
        front, apart = self.design.front(), self.training.members > 1 and start is None
        core, joined, loss = self.design.core(apart), network.join, self.design.loss()
        if apart:
            joined, loss = members.join, members.OfEach(loss)
        if start is not None:
            self.history["warm_start"] = warm_start.take([("front", front), ("core", core)], start)
        loop = Cycles(joined(front, core), loss, self.training, network.decayed(front, core))
        encode = self.design.encoding.encode

        def told(epoch: int, loss: float, validation_loss: float) -> None:
            self.watch("float", epoch, loss, validation_loss)
            after_epoch(epoch, loss, validation_loss)

        self.history["float"] = loop.fit(
            self.train,
            encode(self.train.label),
            self.validation,
            encode(self.validation.label),
            self.rate if start else self.training.learning_rate,
            told,
        )
        if apart:
            learned, core = core, self.design.core()
            core.set_weights(members.as_one(learned))
        return Net(front, network.without_dropout(core, self.training))

    def compress(self, net: Net) -> Net:
        """Goes on from float weights through the configured phases; the weights given change with it.

        Each phase starts from the one before, so that it only repairs what its own step has broken.
        """
        training = self.training
        if training.pruning:
            progress.report("preparing the pruning", 0, 0)
            net = self._prune(net, training.pruning)
        if training.clustering:
            progress.report("preparing the clustering", 0, 0)
            net = self._cluster(net, training.clustering)
        if training.quantization:
            progress.report("preparing the quantization", 0, 0)
            net = self._quantize(net, training.quantization)
        return net

    def _prune(self, net: Net, pruning: Pruning) -> Net:
        steps = pruning.epochs * fitting.steps_per_epoch(len(self.train), self.training)
        wrapped = compression.prune(net.core, pruning, steps)
        ramp: list[float] = []
        # After the masks, which are laid on once more at the end of each epoch.
        count = tf_keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: ramp.append(compression.sparsity(wrapped)))
        updates = [tfmot.sparsity.keras.UpdatePruningStep(), count]
        self._fit("pruning", Net(net.front, wrapped), pruning.epochs, self.rate, updates)
        self.history["pruning"]["sparsity"] = ramp
        return Net(net.front, tfmot.sparsity.keras.strip_pruning(wrapped))

    def _cluster(self, net: Net, clustering: Clustering) -> Net:
        wrapped = compression.cluster(net.core, clustering, keep_zeros=self.training.pruning is not None)
        self._fit("clustering", Net(net.front, wrapped), clustering.epochs, self.rate / 4)
        return Net(net.front, compression.strip_clustering(wrapped))

    def _quantize(self, net: Net, quantization: Quantization) -> Net:
        zeros = quantization.preserve and self.training.pruning is not None
        clusters = quantization.preserve and self.training.clustering is not None
        kept = compression.masks(net.core)
        inputs = {name: self.train.inputs[name] for name in net.front.input_names}
        sample, _ = net.front.predict(inputs, batch_size=fitting.PREDICT_BATCH, verbose=0)
        core = compression.quantize(net.core, sample, quantization.layers, (zeros, clusters))
        front = self.design.front(eight_bit=quantization.embeddings)
        front.set_weights(net.front.get_weights())
        self._fit("quantization", Net(front, core), quantization.epochs, self.rate / 4)
        if zeros:
            compression.apply_masks(core, kept)
        return Net(front, compression.strip_cluster_variables(core) if clusters else core, quantization.embeddings)

    def _fit(self, name: str, net: Net, epochs: int, rate: float, callbacks: list[Any] | None = None) -> None:
        told = tf_keras.callbacks.LambdaCallback(
            on_epoch_end=lambda epoch, logs: self.watch(name, epoch + 1, logs["loss"], logs["val_loss"])
        )
        self.history[name] = fitting.fit(
            net.joined, self.train, self.validation, self.design, epochs, rate, [*(callbacks or []), told]
        )
