"""The values of categorical columns by falling frequency: all columns in the same few steps of Beam.

`tft.vocabulary` gives each column a dozen steps of its own, which cost more than a second of processor time a column,
however few the rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import apache_beam as beam
import numpy as np
import tensorflow as tf
import tensorflow_transform as tft
from tensorflow_transform.beam.experimental import PTransformAnalyzer

from transforms.settings import Category

NONE_SEEN = b"49d0cd50-04bb-48c0-bc6f-5b575dce351a"
"""The line of an empty vocabulary, since a table cannot be made from a file without one; it is that of tf.Transform."""


class _Vocabularies(PTransformAnalyzer):
    """Batches of texts `[batch, columns]` to the path of a file for each column."""

    def __init__(self, files: Sequence[str], coding: Category) -> None:
        super().__init__()
        self._files, self._size, self._min_count = files, coding.max_size, coding.min_count

    def expand(self, batches: Any) -> Any:
        files, folder, min_count = self._files, Path(self.base_temp_dir), self._min_count

        def write(found: Mapping[int, list[tuple[int, bytes]]]) -> Iterator[beam.pvalue.TaggedOutput]:
            folder.mkdir(parents=True, exist_ok=True)
            for place, file in enumerate(files):
                texts = [text for _, text in found.get(place, [])] or [NONE_SEEN]
                (folder / file).write_bytes(b"".join(text + b"\n" for text in texts))
                yield beam.pvalue.TaggedOutput(file, np.array(str(folder / file).encode()))

        outputs = (
            batches
            | "Count" >> beam.FlatMap(_counted)
            | "Add up" >> beam.CombinePerKey(sum)
            | "Often" >> beam.Filter(lambda one: one[1] >= min_count)
            | "By column" >> beam.Map(lambda one: (one[0][0], (one[1], one[0][1])))
            | "Most often" >> beam.combiners.Top.LargestPerKey(self._size)
            | "Together" >> beam.CombineGlobally(beam.combiners.ToDictCombineFn())
            | "Write" >> beam.FlatMap(write).with_outputs(*files)
        )
        return tuple(outputs[file] for file in files)


def _counted(inputs: Sequence[Any]) -> Iterator[tuple[tuple[int, bytes], int]]:
    """How often a batch has each text of each column; one that is empty or has a line break is no line of a file."""
    for place, column in enumerate(inputs[0].T):
        for text, count in Counter(column.tolist()).items():
            if text and b"\n" not in text and b"\r" not in text:
                yield (place, text), count


def learn(texts: tf.Tensor, files: Sequence[str], coding: Category) -> Sequence[tf.Tensor]:
    """Paths of the assets, string `[]` each: a text a line, by falling frequency, those of the same by falling bytes.

    Args:
        texts: string `[batch, columns]`.
        files: names of the assets, one a column.
        coding: how many values at most, and how often each has to be seen.
    """
    count = len(files)
    found: Sequence[tf.Tensor] = tft.experimental.ptransform_analyzer(
        [texts],
        _Vocabularies(files, coding),
        [tf.string] * count,
        [[]] * count,
        output_asset_default_values=[NONE_SEEN] * count,
    )
    return found
