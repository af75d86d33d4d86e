"""On Flink a step's files are dealt out to all workers; what is read stays the same."""

from pathlib import Path

import apache_beam as beam
import pytest
from apache_beam.testing.util import assert_that, equal_to

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


def test_a_pipeline_that_reads_nothing_is_left_as_it_is() -> None:
    with SpreadingPipeline(argv=HERE) as pipeline:
        assert_that(pipeline | beam.Create([1, 2]), equal_to([1, 2]))
    assert not [label for label in labels(pipeline) if "DealOut" in label]


def test_steps_on_flink_are_given_such_pipelines_and_others_tfxs_own() -> None:
    assert Engine("in_process", tuple(HERE)).pipeline_maker() is None
    make = Engine("flink", tuple(HERE), Flink(), "job").pipeline_maker()
    assert make is not None
    assert isinstance(make(), SpreadingPipeline)
