"""What each step asks of the cluster by default: measured on the local run."""

from __future__ import annotations

import math

from pipeline.settings.kubeflow import Resources

PEAK_GB = {
    "Champion": 0.76,
    "Schema": 0.76,
    "TripExampleGen": 0.81,
    "RowsGate": 0.77,
    "StatisticsGen": 0.82,
    "ExampleValidator": 0.76,
    "DataGate": 0.77,
    "Transform": 0.86,
    "Trainer": 0.95,
    "Evaluator": 0.86,
    "TFLitePusher": 0.93,
}
"""Largest resident set of each step of the default configuration (15,002 rows), in 10^9 bytes, imports included; as
`farelite kubeflow rehearse` prints it."""


def _quarters(gigabytes: float) -> float:
    return math.ceil(gigabytes * 4) / 4


MEASURED = {
    name: Resources(
        # Every step of the default kept one core busy and not two.
        cpu_request=1.0,
        cpu_limit=2.0,
        memory_request_gb=_quarters(1.25 * peak),
        memory_limit_gb=_quarters(2.0 * peak),
    )
    for name, peak in PEAK_GB.items()
}
"""Requests a quarter above the peak, limits twice the peak."""
