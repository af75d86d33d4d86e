"""The float phase: cosines in turn, as long as the validation rows gain, and the best weights in the end."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tf_keras

from components.tables import Table
from components.trainer import cycles
from components.trainer.cycles import WARM_UP, Cycles, rates
from tests.components.trainer.designs import settled


def table(rows: int, seed: int, sign: float = 1.0) -> Table:
    """label = sign * (2 x - y)."""
    block = np.random.default_rng(seed).normal(size=(rows, 2)).astype(np.float32)
    return Table({"block": block}, sign * block @ np.array([2, -1], np.float32))


TRAIN, SAME, OPPOSITE = table(130, 0), table(50, 1), table(50, 1, sign=-1.0)


def linear() -> tf_keras.Model:
    """The right model for these rows, from the same weights each time."""
    inputs = tf_keras.Input((2,), name="block")
    layer = tf_keras.layers.Dense(1, kernel_initializer=tf_keras.initializers.Constant(0.1))
    return tf_keras.Model({"block": inputs}, layer(inputs))


def fit(model: Any, validation: Table, rate: float = 0.02, told: Any = None, **changes: Any) -> cycles.History:
    training = settled(**{"batch_size": 32, "weight_decay": 0.0, **changes})
    loop = Cycles(model, tf_keras.losses.MeanSquaredError(), training, [model.layers[-1].kernel])
    after = {"after_epoch": told} if told else {}
    return loop.fit(TRAIN, TRAIN.label, validation, validation.label, rate, **after)


def loss_of(model: Any, rows: Table) -> float:
    kernel, bias = model.get_weights()
    return float(np.mean((rows.inputs["block"] @ kernel[:, 0] + bias - rows.label) ** 2))


def test_the_rate_rises_straight_and_falls_along_a_cosine_to_nothing() -> None:
    found = rates(200, 0.5)
    rise = int(200 * WARM_UP)
    done = np.arange(1, 201) / 200
    assert found.dtype == np.float32
    np.testing.assert_allclose(found[rise:], 0.25 * (1 + np.cos(np.pi * done[rise:])), atol=1e-7)
    assert (np.diff(found[:rise]) > 0).all()
    np.testing.assert_allclose(found[0], 0.5 / rise, rtol=1e-3)
    assert 0.49 < found.max() < 0.5
    assert found[-1] == pytest.approx(0, abs=1e-8)


@pytest.mark.parametrize("steps", [1, 2, 7])
def test_a_cycle_of_few_steps_has_rates_too(steps: int) -> None:
    found = rates(steps, 1.0)
    assert len(found) == steps
    assert (found >= -1e-7).all()
    assert (found <= 1).all()


def test_it_learns_until_all_cycles_are_done_and_tells_each_epoch() -> None:
    model, told = linear(), []
    history = fit(model, SAME, rate=0.1, told=lambda *one: told.append(one), epochs=(2, 4, 30))
    assert history["cycles"] == [2, 4, 30]
    assert history["kept"] == [36]
    assert told == list(zip(range(1, 37), history["loss"], history["val_loss"], strict=True))
    assert history["val_loss"][-1] == pytest.approx(loss_of(model, SAME), rel=1e-4)
    assert history["val_loss"][-1] < 0.02
    assert history["loss"][0] > history["loss"][-1]


def test_the_first_cycle_that_is_worse_ends_it_and_the_one_before_is_kept() -> None:
    model = linear()
    # What the training rows teach is wrong here, the more the longer.
    history = fit(model, OPPOSITE, epochs=(1, 2, 4, 8))
    assert history["cycles"] == [1, 2]
    assert history["kept"] == [1]
    assert history["val_loss"][2] > history["val_loss"][0] * (1 + cycles.SLACK)
    assert loss_of(model, OPPOSITE) == pytest.approx(history["val_loss"][0], rel=1e-4)


def test_a_cycle_within_a_hundredth_of_the_best_goes_on_and_is_kept() -> None:
    model = linear()
    history = fit(model, OPPOSITE, rate=1e-6, epochs=(1, 1, 1))
    assert history["val_loss"][0] < history["val_loss"][2] < history["val_loss"][0] * (1 + cycles.SLACK)
    assert (history["cycles"], history["kept"]) == ([1, 1, 1], [3])
    assert loss_of(model, OPPOSITE) == pytest.approx(history["val_loss"][2], rel=1e-5)


def test_a_training_that_breaks_down_leaves_the_weights_that_it_began_with() -> None:
    model = linear()
    history = fit(model, SAME, rate=1e38, epochs=(1, 1))
    assert not np.isfinite(history["val_loss"][0])
    assert (history["cycles"], history["kept"]) == ([1], [0])
    np.testing.assert_array_equal(model.get_weights()[0], np.full((2, 1), 0.1, np.float32))


def test_one_seed_gives_the_same_weights_and_another_one_others() -> None:
    def weights(seed: int) -> Any:
        model = linear()
        fit(model, SAME, epochs=(2,), seed=seed)
        return model.get_weights()[0]

    one, same, other = weights(1), weights(1), weights(2)
    np.testing.assert_array_equal(one, same)
    assert (one != other).any()


def test_only_what_may_decay_does_and_by_rate_times_decay_a_step() -> None:
    model = linear()
    model.layers[-1].bias.assign([0.5])
    flat = Table({"block": np.zeros((64, 2), np.float32)}, np.full(64, 0.5, np.float32))  # no gradient
    training = settled(epochs=(3,), batch_size=16, weight_decay=0.3)
    loop = Cycles(model, tf_keras.losses.MeanSquaredError(), training, [model.layers[-1].kernel])
    loop.fit(flat, flat.label, flat, flat.label, rate=0.1)
    kernel, bias = model.get_weights()
    np.testing.assert_allclose(kernel, np.full((2, 1), 0.1 * np.prod(1 - 0.3 * rates(12, 0.1))), rtol=1e-5)
    np.testing.assert_array_equal(bias, [0.5])


def test_fewer_rows_than_a_batch_are_one_step() -> None:
    history = fit(linear(), SAME, epochs=(3,), batch_size=10_000)
    assert len(history["loss"]) == 3
    assert history["loss"][2] < history["loss"][0]
