"""Members learn each for itself, and are one network of dense layers once they have learned."""

from __future__ import annotations

from typing import Any

import components.keras2  # noqa: F401  isort: skip  must come before TensorFlow
import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from components.trainer import members, network
from tests.components.trainer.designs import settled

RNG = np.random.default_rng(0)


def shaken(model: tf_keras.Model) -> tf_keras.Model:
    """With weights that are nowhere zero."""
    model.set_weights([one + RNG.normal(size=one.shape).astype(np.float32) / 4 for one in model.get_weights()])
    return model


@pytest.mark.parametrize(
    ("units", "count", "outputs"), [((8, 4), 3, 1), ((5,), 2, 3), ((6, 5, 4), 4, 2), ((3, 2), 1, 1)]
)
def test_the_mean_of_the_members_is_one_network(units: Any, count: int, outputs: int) -> None:
    training = settled(units=units, members=count)
    own = shaken(members.build(7, training, outputs))
    core = network.build_core(7, training, outputs)
    core.set_weights(members.as_one(own))
    x = RNG.normal(size=(20, 7)).astype(np.float32)
    assert [layer.units for layer in core.layers[1:]] == [*(count * one for one in units), outputs]
    np.testing.assert_allclose(core(x), np.mean(own(x), axis=1), atol=2e-6)


def test_each_member_starts_elsewhere_at_the_scale_of_a_layer_of_its_own_width() -> None:
    tf_keras.utils.set_random_seed(0)
    first, output = [
        one.kernel for one in members.build(50, settled(units=(400,), members=3), 2).layers if hasattr(one, "kernel")
    ]
    assert first.shape == (3, 50, 400)
    np.testing.assert_allclose(np.std(first, axis=(1, 2)), np.sqrt(2 / 50), rtol=0.02)
    assert abs(np.corrcoef(np.reshape(first, (3, -1)))[0, 1]) < 0.02
    assert not np.any(output)


@pytest.mark.parametrize("loss", [tf_keras.losses.Huber(0.5), tf_keras.losses.MeanSquaredError()])
def test_the_loss_is_the_mean_of_the_members_own_losses(loss: tf_keras.losses.Loss) -> None:
    label = RNG.normal(size=(30, 1)).astype(np.float32)
    output = RNG.normal(size=(30, 3, 1)).astype(np.float32)
    each = [float(loss(label, output[:, one])) for one in range(3)]
    assert float(members.OfEach(loss)(label, output)) == pytest.approx(np.mean(each), rel=1e-5)
    assert float(members.OfEach(loss)(label[:, 0], output)) == pytest.approx(np.mean(each), rel=1e-5)


def test_members_stay_apart_while_they_learn_and_are_judged_by_their_mean() -> None:
    inputs = tf_keras.Input((4,), name="x")
    front = tf_keras.Model({"x": inputs}, [inputs, tf_keras.layers.Dense(1, kernel_initializer="ones")(inputs)])
    own = shaken(members.build(4, settled(units=(3,), members=2), 1))
    joined, x = members.join(front, own), RNG.normal(size=(9, 4)).astype(np.float32)
    apart, mean = joined({"x": x}, training=True), joined({"x": x}, training=False)
    np.testing.assert_allclose(apart, own(x) + x.sum(axis=1)[:, None, None], atol=1e-5)
    np.testing.assert_allclose(mean, tf.reduce_mean(apart, axis=1, keepdims=True), atol=1e-6)
