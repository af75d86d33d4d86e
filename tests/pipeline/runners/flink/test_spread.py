"""On Flink a step's files are dealt out to all workers; what is read stays the same."""

import itertools
from pathlib import Path

import apache_beam as beam
import pytest
from apache_beam.portability.common_urns import composites
from apache_beam.runners.portability.portable_runner import PortableRunner
from apache_beam.testing.util import assert_that, equal_to
from tensorflow_transform.beam.deep_copy import deep_copy

from pipeline.runners.engine import Engine
from pipeline.runners.flink import spread
from pipeline.runners.flink.spread import SpreadingPipeline
from pipeline.settings.beam import Beam, Flink

HERE = Beam().local_arguments("in_process")


def labels(pipeline: beam.Pipeline) -> list[str]:
    found = []

    class Visitor(beam.pipeline.PipelineVisitor):
        def enter_composite_transform(self, transform_node: beam.pipeline.AppliedPTransform) -> None:
            found.append(transform_node.full_label)

    pipeline.visit(Visitor())
    return found


@pytest.mark.parametrize("slots", [1, 2, 9])
@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_all_records_of_all_files_arrive(
    tmp_path: Path, suffix: str, slots: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spread, "Rebalance", beam.Reshuffle)  # which the runner in process has, as Flink the other
    records = [b"%d" % number for number in range(1000)]
    with beam.Pipeline(argv=HERE) as pipeline:
        written = beam.io.WriteToTFRecord(str(tmp_path / "a"), num_shards=5, file_name_suffix=suffix)
        _ = pipeline | beam.Create(records) | written
    assert len(list(tmp_path.iterdir())) == 5
    with SpreadingPipeline(slots, HERE) as pipeline:
        read = pipeline | beam.io.ReadFromTFRecord(str(tmp_path / "a*"))
        assert_that(read, equal_to(records))
    assert "ReadFromTFRecord/Read/DealOut" in labels(pipeline)


def test_what_tensorflow_transform_reads_anew_for_a_phase_shares_nothing_with_the_original(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    pipeline = SpreadingPipeline(2, HERE)
    read = pipeline | beam.io.ReadFromTFRecord(str(tmp_path / "a"))
    _ = deep_copy(read) | beam.Map(print)
    graph = PortableRunner._optimize_pipeline(pipeline.to_runner_api(), pipeline.options).components.transforms
    parts = ["Impulse", "Split", "DealOut", "ReadBundles"]
    by_name = {one.unique_name: one for one in graph.values()}
    assert len([name for name in by_name if "Copy" in name]) == len(parts)
    copies = [by_name[f"ReadFromTFRecord/Read/{part}.Copy0"] for part in parts]
    for before, after in itertools.pairwise(copies):
        assert set(before.outputs.values()) == set(after.inputs.values())
    dealt = [by_name["ReadFromTFRecord/Read/DealOut"], by_name["ReadFromTFRecord/Read/DealOut.Copy0"]]
    assert [(one.spec.urn, one.environment_id) for one in dealt] == [(composites.RESHUFFLE.urn, "")] * 2


def test_a_pipeline_that_reads_nothing_is_left_as_it_is() -> None:
    with SpreadingPipeline(2, HERE) as pipeline:
        assert_that(pipeline | beam.Create([1, 2]), equal_to([1, 2]))
    assert not [label for label in labels(pipeline) if "DealOut" in label]


def test_steps_on_flink_are_given_such_pipelines_and_others_tfxs_own() -> None:
    assert Engine("in_process", tuple(HERE)).pipeline_maker() is None
    make = Engine("flink", tuple(HERE), Flink(), "job", 2).pipeline_maker()
    assert make is not None
    assert isinstance(make(), SpreadingPipeline)
