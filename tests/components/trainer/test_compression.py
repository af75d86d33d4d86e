"""Every way to compress in training leaves the structure that it promises, alone and together with the others."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from components.compression_settings import Clustering, Pruning, Quantization
from components.tables import Table
from components.trainer import compression
from components.trainer.network import Widths
from components.trainer.phases import Net, Phases
from tests.components.trainer.designs import bent, design, settled

QAT = Quantization(epochs=1)
Compressed = Callable[..., tuple[Net, Phases]]


def table(rows: int, seed: int) -> Table:
    chance = np.random.default_rng(seed)
    block = chance.normal(size=(rows, 7)).astype(np.float32)
    wide = (chance.random((rows, 3)) < 0.5).astype(np.float32)
    ids = chance.integers(0, 40, (rows, 1)).astype(np.int32)
    label = 10 + 2 * np.abs(block[:, 0]) + block[:, 1] * wide[:, 0] + 0.05 * ids[:, 0]
    label = label.astype(np.float32)
    return Table({"block": block, "wide": wide, "id_cell": ids, "numbers": block}, label)


@pytest.fixture(scope="module")
def compressed() -> Callable[..., tuple[Net, Phases]]:
    """Takes one small float network through the given phases."""
    train, validation = table(256, 0), table(64, 1)
    bends = {"numbers": bent(train.numbers, [0, 1, 2], bins=8, width=2)}
    whole = design(train, Widths({"block": 7, "wide": 3}, {"id_cell": (40, 3)}, bends, 7), settled(epochs=2))
    tf_keras.utils.set_random_seed(0)
    start = Phases(whole, train, validation).fit_float()

    def compress(**phases: Any) -> tuple[Net, Phases]:
        chosen = dataclasses.replace(whole, training=settled(epochs=2, **phases))
        tf_keras.utils.set_random_seed(0)
        done = Phases(chosen, train, validation)
        return done.compress(done.copy(start)), done

    return compress


def share(kernel: Any) -> float:
    return float((kernel == 0).mean())


def test_a_polynomial_schedule_ramps_up_to_the_wanted_share_of_zeros_and_the_history_shows_it(
    compressed: Compressed,
) -> None:
    net, done = compressed(pruning=Pruning(final_sparsity=0.75, epochs=4, end=0.75, frequency=1))
    ramp = done.history["pruning"]["sparsity"]
    assert len(ramp) == 4
    assert ramp == sorted(ramp)
    assert 0 < ramp[0] < 0.75
    assert ramp[-1] == compression.sparsity(net.core) == pytest.approx(0.75, abs=0.01)


def test_a_constant_schedule_gives_each_layer_a_sparsity_of_its_own_and_unnamed_ones_stay_dense(
    compressed: Compressed,
) -> None:
    pruning = Pruning(schedule="constant", layers={"core_hidden_2": 0.75}, epochs=2, frequency=2)
    net, done = compressed(pruning=pruning)
    kernels = compression.kernels(net.core)
    assert share(kernels["core_hidden_2"]) == pytest.approx(0.75, abs=0.01)
    assert share(kernels["core_hidden_1"]) == 0
    ramp = done.history["pruning"]["sparsity"]
    assert ramp[0] == ramp[1] == pytest.approx(compression.sparsity(net.core))


@pytest.mark.parametrize(("pattern", "rows", "columns"), [("1x4", 1, 4)])
def test_blocks_are_zero_as_a_whole_also_after_quantization(
    compressed: Compressed, pattern: str, rows: int, columns: int
) -> None:
    net, _ = compressed(pruning=Pruning(pattern=pattern, final_sparsity=0.5, epochs=2, frequency=2), quantization=QAT)
    for kernel in compression.kernels(net.core).values():
        whole = kernel[: kernel.shape[0] // rows * rows]
        blocks = whole.reshape(-1, rows, whole.shape[1] // columns, columns).swapaxes(1, 2).reshape(-1, rows * columns)
        assert set((blocks == 0).mean(axis=1)) <= {0.0, 1.0}
        assert share(kernel) == pytest.approx(0.5, abs=0.05)


def test_two_of_four_weights_that_meet_an_output_are_zero_also_after_quantization(compressed: Compressed) -> None:
    net, _ = compressed(pruning=Pruning(pattern="2:4", epochs=1), quantization=QAT)
    for kernel in compression.kernels(net.core).values():
        for start in range(0, len(kernel), 4):
            assert ((kernel[start : start + 4] != 0).sum(axis=0) <= 2).all()


def test_clusters_outlast_quantization(compressed: Compressed) -> None:
    net, _ = compressed(clustering=Clustering(clusters=6, epochs=1), quantization=QAT)
    assert all(len(np.unique(kernel)) <= 6 for kernel in compression.kernels(net.core).values())


def test_all_three_leave_few_values_and_the_zeros_and_are_the_same_from_one_seed(compressed: Compressed) -> None:
    phases = {
        "pruning": Pruning(final_sparsity=0.75, epochs=2, frequency=2),
        "clustering": Clustering(clusters=6, epochs=1),
        "quantization": QAT,
    }
    (net, done), (again, _) = compressed(**phases), compressed(**phases)
    for kernel in compression.kernels(net.core).values():
        assert len(np.unique(kernel)) <= 6
        assert share(kernel) >= 0.74
    for one, other in zip(net.joined.get_weights(), again.joined.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    lengths = {name: len(losses["val_loss"]) for name, losses in done.history.items()}
    assert lengths == {"pruning": 2, "clustering": 1, "quantization": 1}


def test_quantization_that_preserves_nothing_lets_zeros_go(compressed: Compressed) -> None:
    pruning = Pruning(final_sparsity=0.75, epochs=2, frequency=2)
    lost, _ = compressed(pruning=pruning, quantization=Quantization(epochs=1, preserve=False))
    assert compression.sparsity(lost.core) < 0.7


def test_named_layers_and_embeddings_alone_are_quantized(compressed: Compressed) -> None:
    net, _ = compressed(quantization=Quantization(epochs=1, layers=("core_hidden_2",), embeddings=True))
    layers = {compression.plain_name(layer): layer for layer in net.core.layers}
    assert layers["core_output"].name == "core_output"
    # The toolkit gives the one before an output of 8 bits, since that is what the named layer takes; its kernel stays.
    for name, kernels in (("core_hidden_1", 0), ("core_hidden_2", 1)):
        wrapper = layers[name]
        assert len(wrapper.quantize_config.get_weights_and_quantizers(wrapper.layer)) == kernels
    rows = net.front.get_layer("embedding_id_cell")(tf.range(40)[:, tf.newaxis]).numpy()
    levels = rows / (abs(rows).max() / 127)
    np.testing.assert_allclose(levels, np.round(levels), atol=1e-3)


def test_embeddings_stay_float_where_they_are_told_to(compressed: Compressed) -> None:
    net, _ = compressed(quantization=Quantization(epochs=1, embeddings=False))
    assert not net.eight_bit
    layer = net.front.get_layer("embedding_id_cell")
    np.testing.assert_array_equal(layer(tf.range(40)[:, tf.newaxis]), layer.table())
