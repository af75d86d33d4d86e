"""What the name of a column says of it."""

import re

from data.errors import printable

_WORD = re.compile(r"[A-Z]?[a-zß-öø-ÿ]+|[A-ZÀ-ÖØ-Þ]+(?![a-zß-öø-ÿ])|\d+")

TIMES = ("pickup", "start", "started", "begin", "departure", "order", "ordered", "purchase", "created", "opened",
         "timestamp", "datetime", "time", "date", "day", "dt", "ts", "epoch", "unix")  # fmt: skip
"""Words in names of times, those of the beginning first."""
IDS = {"id", "ids", "uuid", "guid", "uid", "rowid", "key", "hash", "number", "no", "nr", "index", "idx", "pk", "ssn"}
ROWS = {"", "x", "unnamed", "index", "idx", "row", "rows", "rownames", "rowid", "rownum", "id", "no", "nr", "obs"}
REMARKS = {"comment", "comments", "note", "notes", "remark", "remarks", "memo", "annotation", "annotations"}
CODES = {"id", "code", "zip", "zipcode", "postcode", "postal", "tract", "fips", "naics", "sic", "sku", "upc"}
"""Words of numbers that are names: to be higher means nothing."""
PERSONS = {"user", "customer", "client", "patient", "subject", "driver", "taxi", "device", "vehicle", "person",
           "member", "participant", "household", "account", "machine", "sensor", "session", "passenger",
           "player"}  # fmt: skip
GROUPS = PERSONS | {"id", "ids", "uuid", "guid", "uid"}
NEVER_NEGATIVE = {"age", "price", "fare", "cost", "amount", "salary", "wage", "rent", "distance", "miles", "km",
                  "duration", "seconds", "minutes", "hours", "count", "quantity", "qty", "weight", "height", "width",
                  "length", "area", "size", "sqft", "rooms", "passengers", "speed"}  # fmt: skip
"""Words of what is never below zero."""
LABELS = ("target", "label", "y", "class", "outcome", "response")
LIKELY_LABELS = ("price", "fare", "cost", "amount", "salary", "wage", "income", "rent", "sales", "revenue", "demand",
                 "count", "cnt", "rating", "quality", "risk", "default", "churn", "survived", "species", "diagnosis",
                 "value", "score", "status", "duration")  # fmt: skip


def words(name: str) -> list[str]:
    """The words of a name in lower case: `pickupTime`, `pickup_time` and `Pickup Time` have the same two."""
    return [word.lower() for word in _WORD.findall(name)]


def says(name: str, known: set[str] | tuple[str, ...]) -> bool:
    """Whether one of the words is in the name."""
    return any(word in known for word in words(name))


def shown(name: str) -> str:
    """For people."""
    return printable(name) or "(no name)"


def plain(text: str, otherwise: str) -> str:
    """Lower-case letters, digits and dashes; `otherwise` where none is left."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:60].rstrip("-") or otherwise
