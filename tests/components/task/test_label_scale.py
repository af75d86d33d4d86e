"""The scale that a number is learned on: the same for any unit, and the logarithm where the label calls for it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from components.task.label_scale import ABOVE, Kind, NumberScale
from components.task.regression_learning import RegressionLearning
from components.task.settings import Loss

RNG = np.random.default_rng(0)
EVEN = RNG.normal(12, 4, 5000).astype(np.float32)
SKEWED = RNG.lognormal(2, 1.2, 5000).astype(np.float32)


def unused() -> Any:
    raise AssertionError("these predictions are not needed")


def decoded(scale: NumberScale, output: Any) -> Any:
    return scale.decode(tf.constant(np.reshape(output, (-1, 1)), tf.float32)).numpy()


@pytest.mark.parametrize("kind", ["linear", "log"])
def test_labels_are_standardized_and_come_back(kind: Kind) -> None:
    scale = NumberScale.learned(SKEWED, kind)
    encoded = scale.encode(SKEWED)
    assert encoded.dtype == np.float32
    assert (encoded.mean(dtype=float), encoded.std(dtype=float)) == pytest.approx((0, 1), abs=1e-5)
    np.testing.assert_allclose(decoded(scale, encoded), SKEWED, rtol=1e-5, atol=1e-4)
    learned = np.log(SKEWED, dtype=np.float64) if kind == "log" else SKEWED.astype(np.float64)
    assert (scale.mean, scale.std) == pytest.approx((learned.mean(), learned.std()))
    assert scale.spread == pytest.approx(SKEWED.std(dtype=float))


@pytest.mark.parametrize(
    ("label", "log"),
    [
        (SKEWED, True),
        (1e-4 * SKEWED, True),
        (1e5 * SKEWED, True),
        (SKEWED - SKEWED.min(), False),  # a label of 0 has no logarithm
        (-SKEWED, False),
        (EVEN, False),
        (np.abs(EVEN) + 1, False),
        (RNG.exponential(3, 5000) + 0.01, False),  # a skewness of 2
        (np.exp(np.minimum(RNG.exponential(1.0, 5000), 8)), False),  # skewed as its logarithm still is
        (np.full(50, 3.0), False),
    ],
)
def test_left_to_auto_the_logarithm_is_learned_of_positive_labels_that_it_makes_even(label: Any, log: bool) -> None:
    assert NumberScale.learned(np.asarray(label, np.float32)).log == log


@pytest.mark.parametrize("label", [EVEN, SKEWED])
@pytest.mark.parametrize("factor", [1e-4, 1e5])
def test_a_label_in_another_unit_is_encoded_the_same(label: Any, factor: float) -> None:
    one, other = NumberScale.learned(label), NumberScale.learned((label * factor).astype(np.float32))
    np.testing.assert_allclose(other.encode((label * factor).astype(np.float32)), one.encode(label), atol=2e-5)
    assert other.spread == pytest.approx(one.spread * factor, rel=1e-5)
    output = np.linspace(-3, 3, 50)
    np.testing.assert_allclose(decoded(other, output), factor * decoded(one, output), rtol=1e-4)


@pytest.mark.parametrize("kind", ["auto", "linear", "log"])
@pytest.mark.parametrize("value", [7, 0.1, 1, 1e5 / 3])
def test_a_label_of_one_value_is_encoded_as_zeros_and_comes_back(kind: Kind, value: float) -> None:
    label = np.full(20, value, np.float32)
    scale = NumberScale.learned(label, kind)
    np.testing.assert_allclose(scale.encode(label), np.zeros(20), atol=1e-9)
    np.testing.assert_allclose(decoded(scale, np.zeros(20)), label, rtol=1e-6)
    assert scale.spread == 1


def test_the_logarithm_of_a_label_that_is_not_positive_is_refused_with_the_remedy() -> None:
    with pytest.raises(ValueError, match=r"label_scale is log, but the smallest label of the training rows is -2, and"):
        NumberScale.learned(np.array([-2, 3], np.float32), "log")


def test_smearing_gives_predictions_the_mean_of_the_labels() -> None:
    scale = NumberScale.learned(SKEWED, "log")
    # The best guess of a logarithm without inputs is its mean, and exp of that is the median.
    guess = decoded(scale, np.zeros(len(SKEWED)))
    assert guess.mean() < 0.6 * SKEWED.mean()
    corrected = scale.corrected(lambda: (guess, SKEWED), unused, Loss())
    assert decoded(corrected, np.zeros(len(SKEWED))).mean() == pytest.approx(SKEWED.mean(), rel=1e-4)
    again = corrected.corrected(lambda: (decoded(corrected, np.zeros(len(SKEWED))), SKEWED), unused, Loss())
    assert again.smearing == pytest.approx(corrected.smearing, rel=1e-4)
    # The textbook's: the mean of exp of the residuals (N. Duan, 1983).
    residuals = np.log(SKEWED, dtype=np.float64) - scale.mean
    assert corrected.smearing == pytest.approx(np.exp(residuals).mean(), rel=1e-3)


@pytest.mark.parametrize("share", [0.7, 0.95])
def test_medians_of_mostly_zeros_are_shifted_to_the_mean_unless_a_median_was_asked_for(share: float) -> None:
    chance = np.random.default_rng(3)
    label = np.where(chance.random(4000) < share, 0, chance.gamma(2, 100, 4000)).astype(np.float32)
    scale, nothing = NumberScale.learned(label), np.zeros(len(label), np.float32)
    shifted = scale.corrected(lambda: (nothing, label), unused, Loss())
    assert shifted.shift == pytest.approx(label.mean(), rel=1e-5)
    zeros = -scale.mean / scale.std * np.ones(5)
    np.testing.assert_allclose(decoded(scale, zeros), 0, atol=1e-3)
    np.testing.assert_allclose(decoded(shifted, zeros), label.mean(), rtol=1e-4)
    for kind in ("huber", "mae", "mse"):
        assert scale.corrected(unused, unused, Loss(kind=kind)) is scale


def test_a_mean_error_of_little_weight_stays() -> None:
    scale = NumberScale.learned(EVEN)
    noise = np.random.default_rng(4).normal(size=len(EVEN)).astype(np.float32)
    noise = (noise - noise.mean()) / noise.std()
    near, far = ((EVEN + noise + off * np.sqrt(1 + off**2)).astype(np.float32) for off in (-0.1, -0.2))
    assert scale.corrected(lambda: (near, EVEN), unused, Loss()) is scale
    assert scale.corrected(lambda: (far, EVEN), unused, Loss()).shift == pytest.approx(0.204, abs=1e-3)


def test_a_logarithm_goes_little_beyond_the_largest_label_seen() -> None:
    scale = NumberScale.learned(SKEWED, "log")
    assert decoded(scale, [50])[0] == pytest.approx(SKEWED.max() * np.exp(ABOVE), rel=1e-4)


def test_a_teachers_label_below_zero_is_encoded_as_a_finite_number() -> None:
    assert np.isfinite(NumberScale.learned(SKEWED, "log").encode(np.array([-1, 0, 5], np.float32))).all()


@pytest.mark.parametrize("factor", [1e-4, 1, 1e5])
def test_a_delta_in_label_units_and_one_in_shares_of_the_spread_are_the_same_loss(factor: float) -> None:
    label = (EVEN * factor).astype(np.float32)
    encoding = RegressionLearning().encoding(label, "linear")
    spread = float(label.std(dtype=float))
    losses = [
        RegressionLearning().loss(Loss(delta=delta), encoding)([[0.0], [0.0]], [[0.1], [1.5]]).numpy()
        for delta in ("0.2 sd", 0.2 * spread)
    ]
    # Half the square up to 0.2, beyond it a line.
    assert losses == pytest.approx([(0.1**2 / 2 + 0.2 * (1.5 - 0.1)) / 2] * 2, rel=1e-4)
