"""The network before training: names of its layers, what decays, and what it starts from."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from components.trainer import layers, network
from components.trainer.compression import hidden_names
from components.trainer.network import SPAN, Widths
from tests.components.trainer.designs import bent, settled

RNG = np.random.default_rng(0)
NUMBERS = RNG.normal(size=(300, 3)).astype(np.float32)
WIDTHS = Widths({"block": 3, "wide": 2}, {"id_cell": (7, 2)}, {"numbers": bent(NUMBERS, [0, 2], 8, 3)}, numbers=3)


@pytest.fixture(scope="module")
def front() -> tf_keras.Model:
    return network.build_front(WIDTHS, np.array([1, 2, 0.5], np.float32))


@pytest.fixture(scope="module")
def core() -> tf_keras.Model:
    return network.build_core(WIDTHS.total, settled(units=(4, 1), dropout=0.1))


@pytest.fixture(scope="module")
def rows() -> dict[str, tf.Tensor]:
    return {
        "numbers": tf.constant(NUMBERS),
        "block": tf.constant(5 * NUMBERS),
        "wide": tf.constant(RNG.integers(0, 2, (300, 2)), tf.float32),
        "id_cell": tf.constant(RNG.integers(0, 7, (300, 1)), tf.int32),
    }


def test_a_hidden_layer_of_one_unit_is_no_output_layer(core: tf_keras.Model) -> None:
    assert hidden_names(core) == ["core_hidden_1", "core_hidden_2"]
    assert core.layers[-1].name == "core_output"


def test_an_untrained_network_predicts_the_mean_of_the_standardized_label(
    front: tf_keras.Model, core: tf_keras.Model, rows: dict[str, tf.Tensor]
) -> None:
    np.testing.assert_array_equal(network.join(front, core)(rows), np.zeros((300, 1)))


def test_the_cores_input_is_bends_then_scaled_and_clipped_numbers_then_embeddings(
    front: tf_keras.Model, rows: dict[str, tf.Tensor]
) -> None:
    found, skip = front(rows)
    assert found.shape == (300, WIDTHS.total) == (300, 2 * 3 + 3 + 2 + 2)
    assert skip.shape == (300, 1)
    expected = np.clip(5 * NUMBERS * [1, 2, 0.5], -SPAN, SPAN)
    np.testing.assert_allclose(found[:, 6:9], expected, rtol=1e-6)
    np.testing.assert_array_equal(found[:, 9:11], rows["wide"])


def test_rises_and_dense_kernels_decay_and_biases_starts_tables_of_ids_and_the_skip_do_not(
    front: tf_keras.Model, core: tf_keras.Model
) -> None:
    decayed = {id(one) for one in network.decayed(front, core)}
    bends = front.get_layer("bends_numbers")
    expected = [bends.rises, *(layer.kernel for layer in core.layers if isinstance(layer, tf_keras.layers.Dense))]
    assert decayed == {id(one) for one in expected}
    others = [bends.start, front.get_layer("embedding_id_cell").rows, front.get_layer("skip_block").kernel]
    assert not decayed & {id(one) for one in [*others, core.layers[-1].bias]}


def test_the_span_holds_all_but_one_row_in_a_thousand_and_small_columns_stay_as_they_are() -> None:
    block = np.stack([np.linspace(-40, 40, 10_001), np.linspace(-1, 1, 10_001), np.zeros(10_001)], axis=1)
    np.testing.assert_allclose(network.span_scale(block), [0.1, 1, 1], rtol=2e-3)


def test_a_core_without_dropout_has_the_same_weights(core: tf_keras.Model) -> None:
    plain = network.without_dropout(core, settled(units=(4, 1), dropout=0.1))
    assert not any(isinstance(layer, tf_keras.layers.Dropout) for layer in plain.layers)
    for one, other in zip(plain.get_weights(), core.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("eight_bit", [False, True])
def test_a_baked_front_gives_what_the_learned_one_gave(rows: dict[str, tf.Tensor], eight_bit: bool) -> None:
    scale = np.array([1, 2, 0.5], np.float32)
    front = network.build_front(WIDTHS, scale, eight_bit)
    skip = front.get_layer("skip_block")
    skip.set_weights([np.array([[1.0], [-2.0], [0.5]], np.float32)])
    made = network.bake(front, WIDTHS, scale, eight_bit)
    assert not any(isinstance(layer, layers.Bends | layers.Lookup) for layer in made.layers)
    for one, other in zip(made(rows), front(rows), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)
