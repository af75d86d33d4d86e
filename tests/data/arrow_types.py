"""One column of every type that Arrow has, for sweeps: what a role can take, and what none can."""

from datetime import time
from decimal import Decimal

import numpy as np
import pyarrow as pa

LAST = 2**62
BAD = b"Se\xf1or"


class Ride(pa.ExtensionType):
    """An extension type over integers."""

    def __init__(self):
        super().__init__(pa.int64(), "ride")

    def __arrow_ext_serialize__(self):
        return b""

    @classmethod
    def __arrow_ext_deserialize__(cls, storage_type, serialized):
        return cls()


def dictionary(values):
    return pa.DictionaryArray.from_arrays(pa.array([0, None, 0], pa.int8()), values)


def string_of_bytes(*values):
    raw = pa.array(values, pa.binary())
    return pa.StringArray.from_buffers(len(raw), raw.buffers()[1], raw.buffers()[2])


# Three values each: one that is plain, a missing one, and one at the edge.
SINGLE = {
    **{str(kind): pa.array([1, None, 100], kind) for kind in (pa.int8(), pa.int16(), pa.uint8(), pa.uint16())},
    "int32": pa.array([1, None, 2**31 - 1], pa.int32()),
    "uint32": pa.array([1, None, 2**32 - 1], pa.uint32()),
    "int64": pa.array([1, None, -(2**63)], pa.int64()),
    "uint64": pa.array([1, None, 2**64 - 1], pa.uint64()),
    "half": pa.array([np.float16(1), None, np.float16(6e4)], pa.float16()),
    "float": pa.array([1, None, np.inf], pa.float32()),
    "double": pa.array([1, np.nan, 1e300], pa.float64()),
    "bool": pa.array([True, None, False]),
    "decimal128": pa.array([Decimal("1.00"), None, Decimal(10**35)], pa.decimal128(38, 2)),
    "decimal256": pa.array([Decimal("1.00"), None, Decimal(10) ** 60], pa.decimal256(76, 2)),
    "negative scale": pa.array([Decimal("1200"), None, Decimal("-300")], pa.decimal128(5, -2)),
    "string": pa.array(["1", None, "\x00"], pa.string()),
    "broken string": string_of_bytes(b"1", b"", BAD),
    "large_string": pa.array(["1.0", None, "x" * 99], pa.large_string()),
    "binary": pa.array([b"1", None, BAD], pa.binary()),
    "large_binary": pa.array([b"1", None, BAD], pa.large_binary()),
    "fixed binary": pa.array([b"11", None, b"\xff\xfe"], pa.binary(2)),
    "null": pa.nulls(3),
    "date32": pa.array([1, None, 2**31 - 1], pa.int32()).cast(pa.date32()),
    "date64": pa.array([86400000, None, 86400000 * 10**9], pa.int64()).cast(pa.date64()),
    **{f"timestamp {unit}": pa.array([10**9, None, LAST], pa.timestamp(unit)) for unit in ("s", "ms", "us", "ns")},
    **{
        f"timestamp {unit} {zone}": pa.array([10**9, None, -LAST], pa.timestamp(unit, zone))
        for unit in ("s", "ns")
        for zone in ("UTC", "America/Chicago", "+05:30", "Mars/Olympus")
    },
    "time32": pa.array([time(1), None, time(23, 59, 59)], pa.time32("s")),
    "time64": pa.array([time(1), None, time(23, 59, 59, 999999)], pa.time64("us")),
    "extension": pa.ExtensionArray.from_storage(Ride(), pa.array([1, None, 3])),
}
SINGLE |= {
    f"dictionary of {name}": dictionary(values.filter(pa.array([True, False, True])))
    for name, values in SINGLE.items()
    if name
    in ("int64", "double", "bool", "decimal128", "string", "large_string", "binary", "date32", "timestamp us UTC")
}
REFUSED = {
    "list": pa.array([[1], None, [2, 3]]),
    "fixed list": pa.array([[1], None, [2]], pa.list_(pa.int64(), 1)),
    "large list": pa.array([[1], None, [2]], pa.large_list(pa.int64())),
    "struct": pa.array([{"a": 1, "b": "x"}, None, {"a": 2, "b": "y"}]),
    "map": pa.array([[("a", 1)], None, []], pa.map_(pa.string(), pa.int64())),
    "duration": pa.array([1, None, LAST], pa.duration("s")),
    "dictionary of list": pa.DictionaryArray.from_arrays(pa.array([0, None, 0], pa.int8()), pa.array([[1]])),
}
NOT_IN_PARQUET = {"half", "extension", "negative scale", "fixed list", "dictionary of list"}
