from pathlib import Path

import components.keras2  # noqa: F401  isort: skip  must come before TensorFlow
import tensorflow as tf

from components.progress import reporting
from components.trainer.watch import LATER, Telling, planned
from tests.components.trainer.designs import settled


def scalars(folder: Path) -> dict[str, list[tuple[int, float]]]:
    found: dict[str, list[tuple[int, float]]] = {}
    for event in tf.compat.v1.train.summary_iterator(str(next(folder.iterdir()))):
        for value in event.summary.value:
            found.setdefault(value.tag, []).append((event.step, round(float(tf.make_ndarray(value.tensor)), 6)))
            assert value.metadata.plugin_data.plugin_name == "scalars"
    return found


def test_each_epoch_is_reported_and_written_for_tensorboard(tmp_path):
    told = []
    telling = Telling(tmp_path, {"float": 10, "quantization": 5})
    with reporting(lambda *one: told.append(one)):
        telling("float", 1, 0.5, 0.6)
        telling("float", 2, 0.4, 0.7)
        telling("quantization", 1, 0.3, 0.5)
    assert [done / total for _, done, total in told] == [1 / 30, 2 / 30, (10 + LATER) / 30]
    assert told[1][0] == "float epoch 2 of at most 10, loss 0.400, validation 0.700, best 0.600"
    assert told[2][0].startswith("quantization epoch 1 of 5, loss 0.300")
    assert scalars(tmp_path / "train") == {"float/loss": [(1, 0.5), (2, 0.4)], "quantization/loss": [(1, 0.3)]}
    assert scalars(tmp_path / "validation")["float/loss"] == [(1, 0.6), (2, 0.7)]


def test_the_phases_of_a_training_are_planned_with_the_most_epochs_there_may_be():
    training = settled(epochs=(8, 16), pruning={"final_sparsity": 0.5, "epochs": 3}, quantization={"epochs": 2})
    assert planned(training) == {"float": 24, "pruning": 3, "quantization": 2}
