"""Combinations of compression that cannot work are told before anything is trained."""

from __future__ import annotations

import pytest

from components.compression_settings import OUTPUT_LAYER, Pruning, hidden_layers
from components.settings import SettledTraining
from pipeline.config import ConfigError, load


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("training.pruning.final_sparsity=1", "training.pruning.final_sparsity: Input should be less than 1 (got 1)"),
        ("training.pruning.final_sparsity=-0.1", "Input should be greater than or equal to 0 (got -0.1)"),
        ("training.pruning.layers={core_hidden_1: 1.5}", "sparsity must lie in [0, 1), got core_hidden_1 1.5"),
        ("training.pruning={begin: 0.5, end: 0.4}", "ends at 0.4 of the phase, before or where it begins (0.5)"),
        ("training.pruning={end: 1.5}", "ends at 1.5 of the phase, after training stops (1); give an end of at most 1"),
        (
            "training.pruning.layers={core_hiden_1: 0.5}",
            "pruning.layers names 'core_hiden_1', which is no layer; did you mean core_hidden_1? "
            "layers are core_hidden_1, core_hidden_2, core_output",
        ),
        ("training.clustering={layers: [dense]}", "clustering.layers names 'dense', which is no layer"),
        ("training.quantization={layers: [core_hidden_3]}", "quantization.layers names 'core_hidden_3'"),
        (
            "training.pruning={pattern: 1x4, layers: {core_output: 0.5}}",
            "pattern 1x4 on core_output, whose kernel has one dimension: name hidden layers only",
        ),
        (
            "training.pruning={pattern: 1x32}",
            "pattern 1x32 is wider than the kernel of core_hidden_1 24",
        ),
        ("training.pruning={pattern: 1-4}", "pattern '1-4' is none: write 1x1, RxC such as 1x4, or 2:4"),
        ("training.pruning={pattern: '2:4', final_sparsity: 0.8}", "2:4 makes half of the weights zero; a sparsity of"),
        ("conversion.quantization=int8", "training.quantization has made the core int8, and conversion.quantization"),
        ("conversion.representative_rows=0", "an empty representative set gives no ranges; give at least 1"),
    ],
)
def test_a_combination_that_cannot_work_is_answered_with_its_remedy(override: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(None, [override])
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        (["training.pruning={pattern: '2:4'}"], "moves weights off zero, which undoes pattern 2:4"),
        (["training.clustering={clusters: 8}"], "pulls the clusters apart"),
    ],
)
def test_quantization_that_undoes_what_came_before_is_refused(overrides: list[str], said: str) -> None:
    with pytest.raises(ConfigError, match=r"quantization\.preserve: true") as caught:
        load(None, [*overrides, "training.quantization={preserve: false}"])
    assert said in str(caught.value)


def test_two_of_four_reads_with_and_without_quotes_and_means_half() -> None:
    # Without quotes YAML makes 124 of it: sixty times two and four.
    for written in ("2:4", '"2:4"'):
        pruning = load(None, [f"training.pruning={{pattern: {written}}}"]).training.pruning
        assert pruning is not None
        assert (pruning.pattern, pruning.final_sparsity) == ("2:4", 0.5)
        assert Pruning.model_validate_json(pruning.model_dump_json()) == pruning


def test_the_names_of_layers_are_those_of_the_network() -> None:
    from components.trainer.network import build_core

    chosen = {"epochs": (1,), "batch_size": 8, "learning_rate": 0.01, "weight_decay": 0.0}
    training = SettledTraining(units=(8, 4, 2), dropout=0.1, **chosen)
    dense = [layer.name for layer in build_core(5, training).layers if layer.count_params()]
    assert dense == [*hidden_layers(training.units), OUTPUT_LAYER]
