"""Which part a row belongs to: a hash of its key decides, or its time."""

import hashlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from data.spec import Split

SPLITS = ("train", "validation", "test")
TRAIN, VALIDATION, TEST = range(3)
_SEPARATOR = b"\x1f"

Parts = npt.NDArray[np.int8]


def places(keys: Sequence[pa.Array], seed: int) -> npt.NDArray[np.uint64]:
    """uint64 `[rows]`: a hash of seed and key columns, evenly spread; a row keeps its place whatever its company."""
    salt = pa.scalar(str(seed).encode(), pa.binary())
    joined = pc.binary_join_element_wise(
        salt, *keys, pa.scalar(_SEPARATOR, pa.binary()), null_handling="replace", null_replacement=b""
    )
    hashed = b"".join([hashlib.blake2b(key, digest_size=8).digest() for key in joined.to_numpy(zero_copy_only=False)])
    return np.frombuffer(hashed, ">u8").astype(np.uint64)


def parts(
    found: npt.NDArray[np.uint64],
    split: Split,
    only: str | None = None,
    seconds: npt.NDArray[np.int64] | None = None,
    cut: int | None = None,
) -> Parts:
    """int8 `[rows]`, indices into `SPLITS`.

    Args:
        found: of `places`.
        split: the shares.
        only: `test` puts every row there; `fit` parts the rows into train and validation only; None into all three.
        seconds: the rows' times, where time decides what `test` is.
        cut: first second of `test`.
    """
    chosen = np.full(len(found), TRAIN, dtype=np.int8)
    if only == "test":
        chosen[:] = TEST
        return chosen
    share = found / float(2**64)
    by_time = seconds is not None and cut is not None
    test_fraction = 0.0 if only == "fit" or by_time else split.test_fraction
    chosen[share < test_fraction + split.validation_fraction * (1 - test_fraction)] = VALIDATION
    chosen[share < test_fraction] = TEST
    if seconds is not None and cut is not None:
        chosen[seconds >= cut] = TEST
    return chosen
