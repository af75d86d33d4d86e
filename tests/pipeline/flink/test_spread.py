"""On Flink a step's files are dealt out to all workers; what is read stays the same."""

from pathlib import Path

import apache_beam as beam
import pytest
from apache_beam.runners.portability.portable_runner import PortableRunner
from apache_beam.testing.util import assert_that, equal_to
from tensorflow_transform.beam.deep_copy import deep_copy

from pipeline.runners.beam import Beam, Flink
from pipeline.runners.engine import Engine
from pipeline.runners.flink.spread import SpreadingPipeline

HERE = Beam().local_arguments("in_process")


def labels(pipeline: beam.Pipeline) -> list[str]:
    found = []

    class Visitor(beam.pipeline.PipelineVisitor):
        def enter_composite_transform(self, transform_node: beam.pipeline.AppliedPTransform) -> None:
            found.append(transform_node.full_label)

    pipeline.visit(Visitor())
    return found


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_all_records_of_all_files_arrive_by_way_of_a_reshuffle(tmp_path: Path, suffix: str) -> None:
    records = [b"%d" % number for number in range(1000)]
    with beam.Pipeline(argv=HERE) as pipeline:
        written = beam.io.WriteToTFRecord(str(tmp_path / "a"), num_shards=5, file_name_suffix=suffix)
        _ = pipeline | beam.Create(records) | written
    assert len(list(tmp_path.iterdir())) == 5
    with SpreadingPipeline(argv=HERE) as pipeline:
        read = pipeline | beam.io.ReadFromTFRecord(str(tmp_path / "a*"))
        assert_that(read, equal_to(records))
    assert "ReadFromTFRecord/Read/DealOut" in labels(pipeline)


def test_what_tensorflow_transform_reads_anew_for_a_phase_has_a_producer(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    pipeline = SpreadingPipeline(argv=HERE)
    read = pipeline | beam.io.ReadFromTFRecord(str(tmp_path / "a"))
    _ = deep_copy(read) | beam.Map(print)
    graph = PortableRunner._optimize_pipeline(pipeline.to_runner_api(), pipeline.options)
    copies = [one.unique_name for one in graph.components.transforms.values() if "Copy" in one.unique_name]
    assert copies == ["ReadFromTFRecord/Read/ReadBundles.Copy0"]


def test_a_pipeline_that_reads_nothing_is_left_as_it_is() -> None:
    with SpreadingPipeline(argv=HERE) as pipeline:
        assert_that(pipeline | beam.Create([1, 2]), equal_to([1, 2]))
    assert not [label for label in labels(pipeline) if "DealOut" in label]


def test_steps_on_flink_are_given_such_pipelines_and_others_tfxs_own() -> None:
    assert Engine("in_process", tuple(HERE)).pipeline_maker() is None
    make = Engine("flink", tuple(HERE), Flink(), "job").pipeline_maker()
    assert make is not None
    assert isinstance(make(), SpreadingPipeline)
