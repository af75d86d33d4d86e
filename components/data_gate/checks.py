"""What is wrong with ingested data, in sentences: by its counts, by the schema, by its distance from other data."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from tensorflow_metadata.proto.v0 import anomalies_pb2, schema_pb2

from components.data_gate.distances import JENSEN_SHANNON, L_INFINITY, Distance, Statistics, distances
from components.data_gate.settings import Distances
from data.checks import ids
from data.checks.findings import Findings
from data.checks.oddities import Oddities

_FIELDS = {JENSEN_SHANNON: "jensen_shannon_divergence", L_INFINITY: "infinity_norm"}
"""By measure: its threshold in a comparator of the schema."""

_UNSEEN = anomalies_pb2.AnomalyInfo.ENUM_TYPE_UNEXPECTED_STRING_VALUES
_DEVIATIONS, _POINTS = 5, 0.01
"""A share of hashed rows is odd beyond so many standard deviations and so much of the whole."""


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
    top = Oddities(**summary["oddities"]).told(summary["reasons"])
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
    return Findings(warnings=ids.sentences(counted))


def _odd_shares(splits: Mapping[str, int], shares: Mapping[str, float]) -> list[str]:
    hashed = sum(splits.values()) if "test" in shares else splits["train"] + splits["validation"]
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
        told = f"{split}: {name}: {info.short_description}: {info.description.rstrip('. ')}"
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
        told: how the sentence begins, such as `test differs from train`, and the key of `limits`.
        skip: columns not to compare.
    """
    found = Findings()
    if min(_rows(current), _rows(control)) < limits.min_rows:
        return found
    comparator = "skew_comparator" if told[1].endswith("skew") else "drift_comparator"
    features = {one.name: one for one in schema.feature if one.name not in {*skip, *limits.ignore}}
    for name, distance in distances(current, control, features).items():
        agreed = getattr(getattr(features[name], comparator), _FIELDS[distance.measure]).threshold
        judged = [(found.reasons, "the schema's", agreed)] if agreed else []
        if not agreed:
            judged = [
                (found.reasons, f"{told[1]}.stop_above", limits.stop_above),
                (found.warnings, f"{told[1]}.warn_above", limits.warn_above),
            ]
        for sentences, key, limit in judged:
            if limit is not None and distance.value > limit and not distance.is_noise:
                sentences.append(
                    f"{told[0]} in {name}: {distance.part}; {distance.measure} {distance.value:.3f}, above {key} "
                    f"{limit:g}. {_remedy(name, distance, told[1], bool(agreed))}"
                )
                break
    return found


def _remedy(name: str, distance: Distance, key: str, by_schema: bool) -> str:
    """What lets such a difference pass, and what keeps such rows out."""
    above = min(1.0, math.floor(distance.value * 20 + 1) / 20)
    limit = f"{name}'s {key.partition('.')[2]}_comparator in the schema at" if by_schema else f"{key}.stop_above:"
    passes = f"If that is meant: {key}.ignore: [{name}], or {limit} {above:g}"
    if distance.keeps is not None:
        low, high = distance.keeps
        return f"{passes}. If not: data.filters: {{{name}: {{low: {low:g}, high: {high:g}}}}} rejects such rows"
    if key.endswith("skew"):
        return f"{passes}. If not: see that data.split.key parts rows of one kind alike"
    return f"{passes}. If not: mend the source, which has changed"


def _rows(statistics: Statistics) -> int:
    return int(statistics.datasets[0].num_examples)
