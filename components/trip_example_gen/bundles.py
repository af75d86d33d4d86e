"""Runs a function once a file on Beam and brings its results back."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import apache_beam as beam
from apache_beam.io.filesystems import FileSystems

Result = dict[str, Any]


def each(
    pipeline: beam.Pipeline, work: Callable[[int, Any], Result], items: Sequence[Any], folder: str
) -> list[Result]:
    """What `work(index, item)` returns for each item, in order.

    Args:
        pipeline: is run to its end.
        work: may run in another process, and more than once where a bundle is tried again; returns JSON values.
        items: plain values.
        folder: that all workers see; results pass through files there, since Beam gives nothing else back.
    """

    def keep(item: tuple[int, Any]) -> None:
        with FileSystems.create(_place(folder, item[0])) as stream:
            stream.write(json.dumps(work(*item)).encode())

    with pipeline:
        _ = pipeline | beam.Create(list(enumerate(items))) | beam.Reshuffle() | beam.Map(keep)
    results = []
    for index in range(len(items)):
        with FileSystems.open(_place(folder, index)) as stream:
            results.append(json.loads(stream.read()))
        FileSystems.delete([_place(folder, index)])
    return results


def _place(folder: str, index: int) -> str:
    return f"{folder}/result-{index:05d}.json"
