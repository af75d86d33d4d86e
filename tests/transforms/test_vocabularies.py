"""All columns' vocabularies at once are those that tf.Transform learns of each by itself."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_transform as tft

from data.spec import Dataset
from transforms import in_memory, vocabularies
from transforms.categories import vocabulary_file
from transforms.features import Features, Plan
from transforms.preprocessing import preprocessing_fn

COLUMNS = ["many", "few", "odd", "none"]


def texts() -> dict[str, list[bytes]]:
    """Ties, texts that no file can hold as a line, bytes that are no UTF-8, and a column that misses all."""
    chance = np.random.default_rng(3)
    odd = [b"", b" ", b"a\nb", b"a\r", b"\xff\xfe", "é".encode(), b"tab\there", b"a", b"aa", b"b", b"49d0"]
    return {
        "many": [b"%d" % one for one in chance.zipf(1.3, 900) % 400],
        "few": [[b"x", b"y", b"z"][one] for one in chance.integers(3, size=900)],
        "odd": [odd[one] for one in chance.integers(len(odd), size=900)],
        "none": [b""] * 900,
    }


@pytest.mark.parametrize("coding", [{"max_size": 5, "min_count": 1}, {"max_size": 1000, "min_count": 4}])
def test_they_are_what_tf_transform_learns_of_each_column(
    coding: dict[str, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def both(inputs: dict[str, tf.Tensor], custom_config: dict[str, str]) -> dict[str, tf.Tensor]:
        size, count = coding["max_size"], coding["min_count"]
        for name in COLUMNS:
            tft.vocabulary(inputs[name], top_k=size, frequency_threshold=count, vocab_filename=f"theirs_{name}")
        return preprocessing_fn(inputs, custom_config)

    monkeypatch.setattr(in_memory, "preprocessing_fn", both)
    dataset = Dataset.model_validate({"source": "-", "label": {"column": "y"}, "categorical": COLUMNS})
    plan = Plan(dataset=dataset, features=Features.model_validate({"categories": coding}))
    rows = {name: np.array(found, object) for name, found in texts().items()}
    output = in_memory.learn(plan, {**rows, "y": np.arange(900, dtype=np.float32)}, tmp_path, batch=128)
    for name in COLUMNS:
        ours = output.vocabulary_by_name(vocabulary_file(name))
        assert ours == output.vocabulary_by_name(f"theirs_{name}")
        assert len(ours) == output.vocabulary_size_by_name(vocabulary_file(name))
    assert output.vocabulary_by_name(vocabulary_file("none")) == [vocabularies.NONE_SEEN]
