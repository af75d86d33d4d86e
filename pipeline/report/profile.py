"""The data as TensorFlow Data Validation saw them: statistics of the columns, and anomalies, as plain values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tensorflow_metadata.proto.v0 import anomalies_pb2, statistics_pb2

_STANDARD, _QUANTILES = 0, 1


@dataclass(frozen=True)
class SplitColumn:
    """One column of one split.

    Attributes:
        rows, missing: with a value, without one.
        low, median, high, mean, deviation: of numbers; None for texts.
        zeros: how many are 0.
        histogram: counts of equal stretches from `low` to `high`.
        distinct: of texts; None for numbers.
        top: the most frequent texts with their counts.
    """

    name: str
    rows: int
    missing: int
    low: float | None = None
    median: float | None = None
    high: float | None = None
    mean: float | None = None
    deviation: float | None = None
    zeros: int = 0
    histogram: list[float] = field(default_factory=list)
    distinct: int | None = None
    top: list[tuple[str, float]] = field(default_factory=list)


@dataclass(frozen=True)
class Anomaly:
    """What does not fit the schema.

    Attributes:
        severity: `error` or `warning`.
        kind: `anomaly`, or `skew` or `drift` where that is what was compared.
    """

    split: str
    column: str
    severity: str
    short: str
    long: str
    kind: str = "anomaly"


def read_profile(folder: Path, columns: Mapping[str, str]) -> dict[str, list[SplitColumn]]:
    """Columns by split from the statistics artifact; `columns` are the source's, by tensor name."""
    found = {}
    for path in sorted(folder.glob("Split-*/FeatureStats.pb")):
        told = statistics_pb2.DatasetFeatureStatisticsList.FromString(path.read_bytes())
        split = path.parent.name.removeprefix("Split-")
        found[split] = [_column(one, columns) for dataset in told.datasets for one in dataset.features]
    return found


def _column(told: statistics_pb2.FeatureNameStatistics, columns: Mapping[str, str]) -> SplitColumn:
    name = told.name or ".".join(told.path.step)
    name = columns.get(name, name)
    if told.WhichOneof("stats") == "num_stats":
        numbers = told.num_stats
        common = numbers.common_stats
        standard = [one for one in numbers.histograms if one.type == _STANDARD]
        return SplitColumn(
            name,
            common.num_non_missing,
            common.num_missing,
            numbers.min,
            numbers.median,
            numbers.max,
            numbers.mean,
            numbers.std_dev,
            numbers.num_zeros,
            [bucket.sample_count for bucket in standard[0].buckets] if standard else [],
        )
    if told.WhichOneof("stats") == "string_stats":
        texts = told.string_stats
        common = texts.common_stats
        top = [(one.value, one.frequency) for one in texts.top_values]
        return SplitColumn(name, common.num_non_missing, common.num_missing, distinct=texts.unique, top=top)
    return SplitColumn(name, 0, 0)


def read_anomalies(folder: Path, columns: Mapping[str, str]) -> list[Anomaly]:
    """All anomalies of all splits from ExampleValidator's artifact, errors first; `columns` as for `read_profile`."""
    found = []
    for path in sorted(folder.glob("Split-*/SchemaDiff.pb")):
        told = anomalies_pb2.Anomalies.FromString(path.read_bytes())
        split = path.parent.name.removeprefix("Split-")
        for name, info in sorted(told.anomaly_info.items()):
            severity = "error" if info.severity == anomalies_pb2.AnomalyInfo.ERROR else "warning"
            found.append(
                Anomaly(split, columns.get(name, name), severity, info.short_description, info.description, _kind(info))
            )
    return sorted(found, key=lambda one: one.severity)


def _kind(info: anomalies_pb2.AnomalyInfo) -> str:
    """TFDV gives both comparisons one type; only its sentence tells the previous span from the serving data."""
    names = {anomalies_pb2.AnomalyInfo.Type.Name(one.type) for one in info.reason}
    if not any(name.startswith("COMPARATOR_") for name in names):
        return "anomaly"
    return "drift" if "previous" in info.description else "skew"
