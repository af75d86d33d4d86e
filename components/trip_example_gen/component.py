"""TripExampleGen: the first component. A plain one, without a driver, so that open-source Kubeflow can run it."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import Any

import apache_beam as beam
from tfx.dsl.components.base import base_beam_component, base_beam_executor, executor_spec
from tfx.types import artifact_utils, standard_artifacts

from components.artifacts import FILES, FINGERPRINT, SOURCES, SPANS, IngestReport
from components.files import REJECTS_FILE, SUMMARY_FILE
from components.step import Step, spec
from components.trip_example_gen.bundles import each
from components.trip_example_gen.writer import Summary, convert_file, write_report
from data.files import examine, fingerprint_of
from data.sources import PLAIN, Located, locate, placed
from data.spec import Dataset
from data.splits import SPLITS
from data.time_cut import count_quarters, cut_of, join


class Executor(base_beam_executor.BaseBeamExecutor):
    """Reads every file of the source on Beam, one bundle a file."""

    def Do(self, input_dict: Any, output_dict: Any, exec_properties: dict[str, Any]) -> None:
        """Writes the splits and the report; their counts also become properties.

        Raises:
            DataError: the source cannot be read as described.
        """
        dataset = placed(
            Dataset.model_validate_json(exec_properties["dataset"]),
            exec_properties["data_root"],
            exec_properties["until"],
        )
        examples = artifact_utils.get_single_instance(output_dict["examples"])
        report = artifact_utils.get_single_instance(output_dict["report"])
        examples.split_names = artifact_utils.encode_split_names(list(SPLITS))
        examples.set_string_custom_property("payload_format", "FORMAT_TF_EXAMPLE")
        examples.set_string_custom_property("file_format", "tfrecords_gzip")
        split_dirs = {name: artifact_utils.get_split_uri([examples], name) for name in SPLITS}
        for folder in split_dirs.values():
            beam.io.filesystems.FileSystems.mkdirs(folder)
        told = exec_properties["located"]
        located = PLAIN.validate_json(told) if told else locate(dataset)
        cut = self._time_cut(dataset, located, report.uri)
        summary = self._convert(dataset, located, cut, split_dirs, report.uri)
        summary.columns = summary.sample.findings(dataset.label.column, dataset.time.column if dataset.time else None)
        write_report(report.uri, summary, REJECTS_FILE, SUMMARY_FILE)
        examples.set_int_custom_property("rows", summary.accepted)
        if cut is not None:
            examples.set_string_custom_property("test_from", datetime.fromtimestamp(cut, timezone.utc).isoformat()[:-6])
        if located.spans:
            examples.span = located.spans[-1].number
            examples.set_string_custom_property("spans", json.dumps(located.labels()))
        files = examine(located.all_files())
        report.set_string_custom_property(FINGERPRINT, exec_properties["fingerprint"] or fingerprint_of(files))
        report.set_string_custom_property(SOURCES, json.dumps(located.all_files()))
        report.set_string_custom_property(FILES, json.dumps([one.plain() for one in files]))
        report.set_string_custom_property(SPANS, json.dumps(located.labels()))
        report.set_int_custom_property("read", summary.read)
        report.set_int_custom_property("rejected", summary.rejected)
        report.set_string_custom_property("reasons", json.dumps(dict(summary.reasons.most_common())))

    def _time_cut(self, dataset: Dataset, located: Located, folder: str) -> int | None:
        """First second of `test` on the wall clock, where time decides."""
        if dataset.split.by != "time":
            return None
        if dataset.split.cut is not None:
            return dataset.split.cut
        plain = dataset.model_dump_json()

        def count(_: int, file: str) -> dict[str, list[int]]:
            return count_quarters(Dataset.model_validate_json(plain), file)

        counts = each(self._make_beam_pipeline(), count, located.files, folder)
        return cut_of(join(counts), dataset.split.test_fraction)

    def _convert(
        self, dataset: Dataset, located: Located, cut: int | None, split_dirs: dict[str, str], report_dir: str
    ) -> Summary:
        work = [(file, "fit" if dataset.split.test_source else None) for file in located.files]
        work += [(file, "test") for file in located.test_files]
        plain, total = dataset.model_dump_json(), len(work)

        def convert(index: int, item: tuple[str, str | None]) -> dict[str, Any]:
            file, only = item
            shard = f"{index:05d}-of-{total:05d}"
            described = Dataset.model_validate_json(plain)
            return convert_file(described, file, only, cut, shard, split_dirs, report_dir).to_json(whole=True)

        joined = Summary()
        for counts in each(self._make_beam_pipeline(), convert, work, report_dir):
            joined.merge(Summary.from_json(counts))
        return joined


class TripExampleGen(Step, base_beam_component.BaseBeamComponent):
    """Rows of a described source as tf.Examples in the splits train, validation and test.

    Args:
        dataset: JSON of a `data.spec.Dataset`.
        located: what to read, `data.sources.PLAIN`; empty leaves it to the executor.
        fingerprint: of the source's files, so that changed data is read again; empty leaves it to the executor.
        code: fingerprint of the modules that do the work.
        data_root: folder that relative paths of the source count from; a runtime parameter where a runner has those.
        until: likewise, in place of `spans.until`; empty leaves that as it is.
    """

    SPEC_CLASS = spec(
        dict.fromkeys(("dataset", "located", "fingerprint", "data_root", "until", "code"), str),
        outputs={"examples": standard_artifacts.Examples, "report": IngestReport},
    )
    EXECUTOR_SPEC = executor_spec.BeamExecutorSpec(Executor)
