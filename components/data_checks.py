"""What is wrong with ingested data, in sentences: by its counts, by the schema, by its distance from other data."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import tensorflow_data_validation as tfdv
from tensorflow_metadata.proto.v0 import anomalies_pb2, schema_pb2, statistics_pb2

from components.settings import Distances
from data.remarks import id_remarks

Statistics: TypeAlias = statistics_pb2.DatasetFeatureStatisticsList

_UNSEEN = anomalies_pb2.AnomalyInfo.ENUM_TYPE_UNEXPECTED_STRING_VALUES
_DEVIATIONS, _POINTS = 5, 0.01
"""A share of hashed rows is odd beyond so many standard deviations and so much of the whole."""


@dataclass
class Findings:
    """What stops the run, and what is only said."""

    reasons: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def add(self, other: Findings) -> None:
        """Takes in the findings of another check."""
        self.reasons += other.reasons
        self.warnings += other.warnings


def check_repeats(summary: Mapping[str, Any], limit: float) -> Findings:
    """Whether more than this share of the accepted rows are the same as an earlier one."""
    share, about = summary["repeated_share"], "" if summary["repeated_exact"] else "about "
    if share <= limit:
        return Findings()
    return Findings(
        warnings=[
            f"{about}{share:.1%} of the rows are the same as an earlier one in every column of a role, more than "
            f"data_gate.warn_repeated_above {limit:.1%}; was a file read twice?"
        ]
    )


def check_counts(summary: Mapping[str, Any], limit: float, rejects_path: str, shares: Mapping[str, float]) -> Findings:
    """What the counts of ingestion say.

    Args:
        summary: of `components.trip_example_gen.writer.Summary`.
        limit: share of rejected rows.
        rejects_path: to tell where they are.
        shares: that a split was asked to have, by its name.
    """
    read, accepted, rejected = summary["read"], summary["accepted"], summary["rejected"]
    top = ", ".join(f"{reason} ({count:,})" for reason, count in list(summary["reasons"].items())[:3])
    if read == 0:
        return Findings(["the source holds no rows"])
    if accepted == 0:
        return Findings([f"all {read:,} rows were rejected: {top}; the rejects are in {rejects_path}"])
    found = Findings()
    if rejected / read > limit:
        found.reasons.append(
            f"{rejected:,} of {read:,} rows ({rejected / read:.1%}) were rejected, more than "
            f"data.max_rejected_fraction {limit:.1%}: {top}; the rejects are in {rejects_path}"
        )
    empty = [name for name, count in summary["splits"].items() if count == 0]
    if empty:
        found.reasons.append(f"no rows in {', '.join(empty)} ({accepted:,} accepted in all); change data.split")
    else:
        found.warnings += _odd_shares(summary["splits"], shares)
    return found


def check_ids(train: Statistics, categorical: Sequence[str]) -> Findings:
    """Categories of which nearly every row has another one."""
    known = {feature.path.step[0]: feature.string_stats for feature in train.datasets[0].features}
    counted = []
    for name in [name for name in categorical if name in known]:
        empty = sum(int(one.frequency) for one in known[name].top_values if not one.value)  # stands for missing
        rows = int(known[name].common_stats.num_non_missing) - empty
        counted.append((name, int(known[name].unique) - bool(empty), rows))
    return Findings(warnings=id_remarks(counted))


def _odd_shares(splits: Mapping[str, int], shares: Mapping[str, float]) -> list[str]:
    hashed = sum(splits.values()) if "eval" in shares else splits["train"] + splits["tune"]
    found = []
    for name, share in shares.items():
        off = abs(splits[name] / hashed - share)
        if off > max(_POINTS, _DEVIATIONS * math.sqrt(share * (1 - share) / hashed)):
            found.append(
                f"{name} has {splits[name] / hashed:.1%} of the rows where data.split asks for {share:.1%}: few "
                "distinct keys, since rows with the same data.split.key stay together"
            )
    return found


def check_anomalies(anomalies: anomalies_pb2.Anomalies, split: str, inferred: bool) -> Findings:
    """What does not fit the schema, each with feature, observation and what was expected.

    Args:
        anomalies: of one split.
        split: its name.
        inferred: the schema was made from the training rows, so that a category it lacks is one that training has
            never seen: the model takes it for unknown, and that is no reason to stop.
    """
    agreed = {feature.name: feature for feature in anomalies.baseline.feature}
    found = Findings()
    for name, info in sorted(anomalies.anomaly_info.items()):
        told = f"{split}: {name}: {info.short_description}: {info.description.rstrip('.')}"
        unseen = inferred and all(reason.type == _UNSEEN for reason in info.reason) and len(info.reason) > 0
        if unseen:
            found.warnings.append(f"{told}; never seen in training, so the model will take it for unknown")
        elif info.severity == anomalies_pb2.AnomalyInfo.ERROR:
            found.reasons.append(f"{told}{_expected(agreed.get(name), anomalies.baseline)}")
        else:
            found.warnings.append(told)
    return found


def _expected(feature: schema_pb2.Feature | None, schema: schema_pb2.Schema) -> str:
    """The schema's word on a feature, to be read after what was seen."""
    if feature is None:
        return "; the schema has no such feature"
    kind = schema_pb2.FeatureType.Name(feature.type)
    domain = feature.WhichOneof("domain_info")
    if domain in ("float_domain", "int_domain"):
        limits = getattr(feature, domain)
        low = f"{limits.min:g}" if limits.HasField("min") else "any"
        high = f"{limits.max:g}" if limits.HasField("max") else "any"
        return f"; the schema expects {kind} from {low} to {high}"
    values = list(feature.string_domain.value)
    for shared in schema.string_domain:
        values += shared.value if domain == "domain" and shared.name == feature.domain else []
    if values:
        return f"; the schema expects one of {', '.join(values[:8])}{', ...' if len(values) > 8 else ''}"
    return f"; the schema expects {kind} in {feature.presence.min_fraction:.0%} of the rows"


def check_distances(
    current: Statistics,
    control: Statistics,
    schema: schema_pb2.Schema,
    limits: Distances,
    told: tuple[str, str],
    skip: Sequence[str] = (),
) -> Findings:
    """Columns whose distribution lies far from another's.

    Args:
        current, control: statistics of the rows to judge, and of those to judge them by.
        schema: features to compare, and comparators that go before `limits`.
        limits: of `data_gate.skew` or `data_gate.drift`.
        told: how the sentence begins, such as `eval differs from train`, and the key of `limits`.
        skip: columns not to compare.
    """
    found = Findings()
    if min(_rows(current), _rows(control)) < limits.min_rows:
        return found
    comparator = "skew_comparator" if told[1].endswith("skew") else "drift_comparator"
    measured = _measure(current, control, schema, {*skip, *limits.ignore})
    for feature in schema.feature:
        if feature.name not in measured:
            continue
        measure, distance = measured[feature.name]
        sentence = f"{told[0]} in {feature.name}: {measure} {distance:.3f}, above"
        agreed = getattr(getattr(feature, comparator), _field(measure)).threshold
        if agreed and distance > agreed:
            found.reasons.append(f"{sentence} the schema's {agreed:g}")
        elif not agreed and limits.stop_above is not None and distance > limits.stop_above:
            found.reasons.append(f"{sentence} {told[1]}.stop_above {limits.stop_above:g}")
        elif not agreed and limits.warn_above is not None and distance > limits.warn_above:
            found.warnings.append(f"{sentence} {told[1]}.warn_above {limits.warn_above:g}")
    return found


def _rows(statistics: Statistics) -> int:
    return int(statistics.datasets[0].num_examples)


def _field(measure: str) -> str:
    return "infinity_norm" if measure.startswith("L") else "jensen_shannon_divergence"


def _measure(
    current: Statistics, control: Statistics, schema: schema_pb2.Schema, skip: set[str]
) -> dict[str, tuple[str, float]]:
    """By feature that both sides have: the measure's name and the distance, 0 to 1, as TFDV computes it."""
    present = [{f.path.step[0] for f in one.datasets[0].features} for one in (current, control)]
    compared = schema_pb2.Schema()
    compared.CopyFrom(schema)
    for feature in compared.feature:
        feature.ClearField("drift_comparator")
        feature.ClearField("skew_comparator")
        if feature.name in skip or not all(feature.name in names for names in present):
            continue
        # A limit has to be there for TFDV to measure; the judgement is ours.
        kind = "infinity_norm" if feature.type == schema_pb2.BYTES else "jensen_shannon_divergence"
        getattr(feature.drift_comparator, kind).threshold = 1.0
    told = tfdv.validate_statistics(current, compared, previous_statistics=control)
    names = {
        anomalies_pb2.DriftSkewInfo.Measurement.L_INFTY: "L-infinity distance",
        anomalies_pb2.DriftSkewInfo.Measurement.JENSEN_SHANNON_DIVERGENCE: "Jensen-Shannon divergence",
    }
    return {
        info.path.step[0]: (names[one.type], one.value)
        for info in told.drift_skew_info
        for one in info.drift_measurements
    }
