"""Names of time zones."""

from functools import cache
from zoneinfo import available_timezones


def known(name: str) -> str:
    """The name, if the IANA database has it.

    Raises:
        ValueError: it has not.
    """
    if name not in _names():
        raise ValueError(f"{name!r} is no IANA time zone; write one such as 'America/Chicago'")
    return name


@cache
def _names() -> set[str]:
    """All of them; the search through the system's folders takes milliseconds, and settings are read often."""
    return available_timezones()
