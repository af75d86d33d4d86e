"""Where a dataset's rows lie at this moment: its files, their spans, and a fingerprint of all."""

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import TypeAdapter

from data.errors import DataError
from data.files import below, fingerprint, match
from data.spans import Span, choose, find_spans, has_spans
from data.spec import Dataset

TEST_SOURCE = "data.split.test_source"


@dataclass(frozen=True)
class Located:
    """What a run reads.

    Attributes:
        files: of `data.source`.
        test_files: of `data.split.test_source`.
        spans: those that the files belong to, ascending; empty for a source without placeholders.
    """

    files: tuple[str, ...]
    test_files: tuple[str, ...] = ()
    spans: tuple[Span, ...] = ()

    def all_files(self) -> list[str]:
        """The files in the order of reading, those of `test_source` last."""
        return [*self.files, *self.test_files]

    def labels(self) -> list[str]:
        """Names of the spans."""
        return [span.label for span in self.spans]

    def fingerprint(self) -> str:
        """Sixteen hex digits; other ones as soon as a span is added or a file changes."""
        return fingerprint(self.all_files())


PLAIN: TypeAdapter[Located] = TypeAdapter(Located)
"""To JSON and back, for a step that is told what was found."""


def locate(dataset: Dataset) -> Located:
    """Files and spans that a run of this dataset reads.

    Raises:
        DataError: a file or span is not there.
    """
    spans = choose(find_spans(dataset.source), dataset.spans, dataset.source) if has_spans(dataset.source) else []
    files = [file for span in spans for file in span.files] if spans else match(dataset.source, "data.source")
    return Located(tuple(files), tuple(_test_files(dataset, spans)), tuple(spans))


def _test_files(dataset: Dataset, spans: Sequence[Span]) -> list[str]:
    source = dataset.split.test_source
    if source is None:
        return []
    if not has_spans(source):
        return match(source, TEST_SOURCE)
    if not spans:
        raise DataError(f"{TEST_SOURCE} is {source}, but data.source has no placeholders: give both or none")
    by_label = {span.label: span for span in find_spans(source, TEST_SOURCE)}
    if gone := [span.label for span in spans if span.label not in by_label]:
        raise DataError(f"{TEST_SOURCE}: no file for span {', '.join(gone)}")
    return [file for span in spans for file in by_label[span.label].files]


def placed(dataset: Dataset, root: str, until: str = "") -> Dataset:
    """The dataset with relative paths counted from `root`, and another newest span; an empty text changes nothing."""

    def joined(path: str | None) -> str | None:
        return path if path is None or not root else below(root, path)

    split = dataset.split.model_copy(update={"test_source": joined(dataset.split.test_source)})
    spans = dataset.spans.model_copy(update={"until": until}) if until else dataset.spans
    return dataset.model_copy(update={"source": joined(dataset.source), "split": split, "spans": spans})
