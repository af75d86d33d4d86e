"""What a column is called as a tensor: TensorFlow takes fewer texts for a name than a table takes for a column.

Every text for people, and every key of the configuration, has the column's own name. From the tf.Examples on, up to
the inputs of the file, its tensor has the name that `tensor_name` gives; the manifest holds both.
"""

import hashlib
import keyword
import re
import unicodedata
from collections.abc import Iterable

_PLAIN = re.compile("[a-z][a-z0-9]*(_[a-z0-9]+)*")
_LONGEST = 48
# Arguments of functions that TensorFlow, Keras and TFMA call by name, or look for among the inputs.
_TAKEN = {"args", "examples", "input", "inputs", "kwargs", "mask", "name", "prediction", "predictions", "self",
          "serialized", "training"}  # fmt: skip


def tensor_name(column: str) -> str:
    """A name of lower-case letters, digits and underscores, the same in every run and in every table.

    A column that is called so already keeps its name. Any other gets readable words and a checksum of its name, behind
    two underscores: names that differ in case, spaces or accents alone must not become one, whatever else is there.

    >>> tensor_name("pickup_latitude"), tensor_name("Trip Seconds")
    ('pickup_latitude', 'trip_seconds__dfa9bdc2')
    """
    if is_plain(column):
        return column
    words = snake(column)[:_LONGEST].strip("_")
    readable = words if words[:1].isalpha() else f"column_{words}".rstrip("_")
    return f"{readable}__{hashlib.sha256(column.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}"


def is_plain(column: str) -> bool:
    """Whether a column's name does for a tensor."""
    short = len(column) <= _LONGEST and column not in _TAKEN and not keyword.iskeyword(column)
    return short and _PLAIN.fullmatch(column) is not None


def columns_of(columns: Iterable[str]) -> dict[str, str]:
    """The way back: columns by the names of their tensors."""
    return {tensor_name(column): column for column in columns}


def snake(text: str) -> str:
    """`Trip Start` to `trip_start`, `Fahrgäste` to `fahrgaste`; empty where there is no Latin letter and no digit."""
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return "_".join(re.findall("[A-Z0-9]+(?![a-z])|[A-Z]?[a-z0-9]+", ascii_text)).lower()
