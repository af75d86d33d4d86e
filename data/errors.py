"""The error of everything that touches data."""


class DataError(ValueError):
    """The data or its description is wrong; the message says what was seen, what is allowed and what to do."""


def printable(text: str) -> str:
    """Text from the data as a terminal may show it: control characters, which could steer it, are escaped."""
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)
