"""What TensorFlow Data Validation says of tensors, said of the source's columns, for the checks and their sentences."""

from __future__ import annotations

from collections.abc import Mapping

from tensorflow_metadata.proto.v0 import anomalies_pb2, schema_pb2, statistics_pb2

Columns = Mapping[str, str]
"""The source's columns by tensor name."""


def in_schema(schema: schema_pb2.Schema, columns: Columns) -> schema_pb2.Schema:
    """The schema with the columns' own names; a feature that is none of them keeps its name."""
    told = schema_pb2.Schema.FromString(schema.SerializeToString())
    for feature in told.feature:
        feature.name = columns.get(feature.name, feature.name)
    return told


def in_statistics(
    statistics: statistics_pb2.DatasetFeatureStatisticsList, columns: Columns
) -> statistics_pb2.DatasetFeatureStatisticsList:
    """Likewise for statistics, whose features have paths of one step."""
    told = statistics_pb2.DatasetFeatureStatisticsList.FromString(statistics.SerializeToString())
    for feature in [feature for dataset in told.datasets for feature in dataset.features]:
        (name,) = feature.path.step
        feature.path.step[0] = columns.get(name, name)
    return told


def in_anomalies(anomalies: anomalies_pb2.Anomalies, columns: Columns) -> anomalies_pb2.Anomalies:
    """Likewise for anomalies and the schema that they were found by."""
    told = anomalies_pb2.Anomalies.FromString(anomalies.SerializeToString())
    told.baseline.CopyFrom(in_schema(anomalies.baseline, columns))
    told.anomaly_info.clear()
    for name, info in anomalies.anomaly_info.items():
        told.anomaly_info[columns.get(name, name)].CopyFrom(info)
    return told
