"""What is told of each epoch while a network trains: to who waits for it, and to TensorBoard."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import components.keras2  # noqa: F401  isort: skip  must come before TensorFlow
import tensorflow as tf

from components import progress
from components.settings import SettledTraining
from components.shown import shown

Watch = Callable[[str, int, float, float], None]
"""Is told of the phase, the epochs behind in it, and the losses on `train` and `validation`."""
LATER = 4
"""An epoch of a later phase takes about so many times as long as one of the float phase, which is compiled whole."""


def unwatched(phase: str, epoch: int, loss: float, validation_loss: float) -> None:
    """Tells nobody."""


def planned(training: SettledTraining) -> dict[str, int]:
    """Epochs of each phase in order; of the float phase the most that there may be."""
    phases = {"pruning": training.pruning, "clustering": training.clustering, "quantization": training.quantization}
    return {"float": sum(training.epochs), **{name: one.epochs for name, one in phases.items() if one}}


class Telling:
    """Reports progress, and writes `loss` by epoch of each phase into `FOLDER/train` and `FOLDER/validation`.

    Args:
        folder: gets TensorBoard's files.
        phases: epochs of each, see `planned`.
    """

    def __init__(self, folder: Path, phases: Mapping[str, int]) -> None:
        self._writers = [tf.summary.create_file_writer(str(folder / name)) for name in ("train", "validation")]
        self._phases, self._best = phases, {name: float("inf") for name in phases}
        self._weights = {name: count * (1 if name == "float" else LATER) for name, count in phases.items()}

    def __call__(self, phase: str, epoch: int, loss: float, validation_loss: float) -> None:
        """See `Watch`."""
        self._best[phase] = min(self._best[phase], validation_loss)
        for writer, value in zip(self._writers, (loss, validation_loss), strict=True):
            with writer.as_default(step=epoch):
                # Not by tf.summary.scalar, which is TensorBoard's, and TensorFlow 2.21 comes without.
                tf.summary.write(f"{phase}/loss", tf.constant(value), metadata=_scalar())
            writer.flush()
        names = list(self._phases)
        behind = sum(self._weights[name] for name in names[: names.index(phase)])
        done = behind + self._weights[phase] * epoch / self._phases[phase]
        most = "at most " if phase == "float" else ""
        text = (
            f"{phase} epoch {epoch} of {most}{self._phases[phase]}, loss {shown(loss)}, "
            f"validation {shown(validation_loss)}, best {shown(self._best[phase])}"
        )
        progress.report(text, done, sum(self._weights.values()))


def _scalar() -> tf.compat.v1.SummaryMetadata:
    plugin = tf.compat.v1.SummaryMetadata.PluginData(plugin_name="scalars")
    return tf.compat.v1.SummaryMetadata(plugin_data=plugin, data_class=1)
