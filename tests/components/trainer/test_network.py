"""The core's layers are told apart by name."""

from __future__ import annotations

from components.settings import Training
from components.trainer.compression import hidden_names
from components.trainer.network import build_core


def test_a_hidden_layer_of_one_unit_is_no_output_layer() -> None:
    core = build_core(3, Training(units=(4, 1)), start=2.0)
    assert hidden_names(core) == ["core_hidden_1", "core_hidden_2"]
    assert core.layers[-1].name == "core_output"
    assert core.layers[-1].bias.numpy() == 2.0
