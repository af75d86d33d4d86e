"""The arithmetic of a study: the paired bootstrap, the Pareto front and the choice by policy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from components.compression_settings import Pruning
from components.settings import Push, Training
from components.study.settings import Selection, Study, Variant, default_grid
from components.study.statistics import choose, obstacles, paired_bootstrap, pareto
from components.task import task_of
from pipeline.config import ConfigError, load

TASK = task_of({})
ANY = Push(min_sparsity=0.0, max_bytes=100_000)


def variant(mae: float, size: int, gzip: int, us: float, zeros: float = 0.0) -> dict[str, Any]:
    return {
        "validation": {"mae": mae, "rmse": 2 * mae},
        "bytes": size,
        "gzip_bytes": gzip,
        "sparsity": zeros,
        "latency_us": {"p50": us, "p95": 2 * us},
    }


MEASURED = {
    "float": variant(1.000, 30_000, 20_000, 9.0),
    "int8": variant(1.020, 15_000, 10_000, 5.0),
    "pruned": variant(1.005, 30_000, 9_000, 8.0, zeros=0.8),
    "qat": variant(0.995, 16_000, 11_000, 6.0),
    "tiny": variant(1.300, 9_000, 4_000, 3.0, zeros=0.9),
}


@pytest.mark.parametrize(
    ("settings", "wanted"),
    [
        ({"policy": "smallest", "within": 0.01}, "pruned"),
        ({"policy": "smallest", "within": 0.01, "size": "bytes"}, "qat"),
        ({"policy": "smallest", "within": 0.5}, "tiny"),
        ({"policy": "fastest", "within": 0.03}, "int8"),
        ({"policy": "most_accurate", "max_bytes": 20_000}, "qat"),
        ({"policy": "most_accurate", "max_bytes": 10_000}, "tiny"),
        ({"policy": "smallest", "within": 0.01, "max_bytes": 20_000}, "qat"),
    ],
)
def test_each_policy_takes_what_it_says(settings: Any, wanted: str) -> None:
    assert choose(TASK.metrics["mae"], MEASURED, Selection(**settings), ANY)[0] == wanted


def test_a_variant_over_a_budget_of_the_pusher_is_not_chosen() -> None:
    push = Push(min_sparsity=0.7, max_bytes=24_000)
    assert choose(TASK.metrics["mae"], MEASURED, Selection(within=0.5), push)[0] == "tiny"
    said = obstacles(MEASURED["float"], push)
    assert said == ["30,000 bytes, above push.max_bytes 24,000", "0.0% zeros, below push.min_sparsity 70.0%"]
    assert obstacles(MEASURED["tiny"], push.model_copy(update={"max_latency_us": 5.0})) == [
        "6 us (p95), above push.max_latency_us 5"
    ]


def test_where_nothing_fits_the_reason_names_the_nearest() -> None:
    none, why = choose(TASK.metrics["mae"], MEASURED, Selection(policy="most_accurate", max_bytes=5_000), ANY)
    assert none is None
    assert "no variant keeps the budgets" in why
    assert "the smallest is tiny with 9,000 bytes" in why
    none, why = choose(TASK.metrics["mae"], MEASURED, Selection(within=0.0, max_bytes=15_000), ANY)
    assert none is None
    assert "keeps MAE within 0.0% (study.select.within) of the float model's 1" in why
    assert "the nearest is int8 with 1.02" in why


def test_the_front_holds_what_nothing_beats() -> None:
    points = {"a": (1, 5), "b": (2, 3), "c": (3, 3), "d": (4, 1), "same as d": (4, 1)}
    assert pareto(points) == {"a", "b", "d", "same as d"}


def test_the_bootstrap_of_a_model_against_itself_is_nothing() -> None:
    chance = np.random.default_rng(0)
    label = chance.normal(size=500).astype(np.float32)
    same = paired_bootstrap(TASK, label + 1, label + 1, label, 200)
    assert same == {name: {"value": 0.0, "low": 0.0, "high": 0.0} for name in ("rmse", "mae")}


def test_the_interval_holds_the_true_excess_and_pairing_makes_it_narrow() -> None:
    """Errors are ten percent larger on every row, so each resample gives exactly ten percent; unpaired it would not."""
    chance = np.random.default_rng(1)
    label = chance.normal(10, 3, 800).astype(np.float32)
    error = chance.standard_t(3, 800).astype(np.float32)
    found = paired_bootstrap(TASK, label + 1.1 * error, label + error, label, 500)
    for one in found.values():
        assert one["value"] == pytest.approx(0.1, abs=1e-4)
        assert one["high"] - one["low"] < 1e-3


def test_the_interval_agrees_with_a_bootstrap_written_by_hand() -> None:
    chance = np.random.default_rng(2)
    label = chance.normal(10, 3, 300).astype(np.float32)
    one, other = (label + chance.normal(0, s, 300).astype(np.float32) for s in (1.2, 1.0))
    drawn = np.random.default_rng(3).integers(0, 300, (4000, 300))
    ratios = np.abs(one - label)[drawn].mean(axis=1) / np.abs(other - label)[drawn].mean(axis=1) - 1
    found = paired_bootstrap(TASK, one, other, label, 4000)["mae"]
    np.testing.assert_allclose([found["low"], found["high"]], np.percentile(ratios, [2.5, 97.5]), atol=0.01)


def test_the_default_grid_holds_every_technique_and_the_configured_one_joins_it() -> None:
    study, training = Study(), Training(pruning=Pruning())
    found = study.variants(training, Variant().conversion)
    assert next(iter(found)) == "float"
    assert {one.conversion.quantization for one in found.values()} == {
        *("none", "dynamic", "float16", "int8", "int8_strict", "int16x8")
    }
    assert {one.pruning.final_sparsity for one in found.values() if one.pruning} == {0.5, 0.75, 0.875, 0.8}
    assert found["configured"].pruning == training.pruning
    plain = Training(pruning=None, quantization=None)
    assert "configured" not in study.variants(plain, Variant().conversion)
    assert list(study.variants(plain, Variant().conversion)) == list(default_grid())


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("study={select: {policy: most_accurate}}", "most_accurate needs max_bytes, such as 16000"),
        ("study={grid: {float: {quantization: {}}}}", "grid.float is the reference and takes no settings"),
        ("study={grid: {configured: {}}}", "grid.configured is what `training` and `conversion` say"),
        ("study={grid: {a/b: {}}}", "names are letters, digits, - and _; got 'a/b'"),
        ("study={grid: {}}", "at least 1 item"),
        ("study={grid: {x: {prunning: {}}}}", "study.grid.x.prunning: no such key. Did you mean pruning?"),
        (
            "study={grid: {x: {pruning: {layers: {core_hidden_9: 0.5}}}}}",
            "study.grid.x: pruning.layers names 'core_hidden_9', which is no layer",
        ),
        (
            "study={grid: {x: {quantization: {}, conversion: {quantization: int8}}}}",
            "study.grid.x: training.quantization has made the core int8",
        ),
    ],
)
def test_a_study_that_cannot_be_made_is_refused_with_its_remedy(override: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(None, [override])
    assert said in str(caught.value)
