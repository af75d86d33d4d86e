"""What a seed gives is what it gives again, in a step compiled by XLA too."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
import tensorflow as tf
import tf_keras

from components.settings import SettledTraining
from components.trainer import dropout, members, network

WIDTH = 6
Build = Callable[[int, SettledTraining, int], tf_keras.Model]


def settled(**chosen: object) -> SettledTraining:
    usual = {"units": (32, 16), "epochs": (1,), "batch_size": 8, "learning_rate": 0.01, "weight_decay": 0.0}
    return SettledTraining.model_validate({**usual, "piecewise": None, "dropout": 0.3, **chosen})


def steps(build: Build, training: SettledTraining) -> list[npt.NDArray[np.bool_]]:
    """Which outputs of all hidden layers are zero in three compiled steps."""
    core = build(WIDTH, training, 1)
    masks = tf_keras.Model(core.input, [one.output for one in core.layers if isinstance(one, tf_keras.layers.Dropout)])
    step = tf.function(lambda rows: masks(rows, training=True), jit_compile=True)
    return [np.concatenate([np.asarray(one).ravel() == 0 for one in step(tf.ones((8, WIDTH)))]) for _ in range(3)]


@pytest.mark.parametrize(("build", "count"), [(network.build_core, 1), (members.build, 2)])
def test_the_same_seed_drops_the_same_and_each_step_something_else(build: Build, count: int) -> None:
    def dropped(seed: int) -> list[npt.NDArray[np.bool_]]:
        tf_keras.backend.clear_session()
        tf_keras.utils.set_random_seed(1)  # of the weights, whose zeros are no mask
        return steps(build, settled(members=count, seed=seed))

    first, again, other = dropped(1), dropped(1), dropped(2)
    assert all(np.array_equal(one, two) for one, two in zip(first, again, strict=True))
    assert not np.array_equal(first[0], first[1])
    assert not np.array_equal(first[0], other[0])


def test_the_share_is_dropped_and_layers_do_not_draw_alike() -> None:
    ones = tf.ones((200, 100))
    one, two = (dropout.after(number, settled())(ones, training=True).numpy() == 0 for number in (1, 2))
    assert abs(one.mean() - 0.3) < 0.02
    assert abs((one & two).mean() - 0.09) < 0.02
