"""Names that a configuration gives twice within one set, which would otherwise hide each other."""

from __future__ import annotations

from collections.abc import Iterable


def refuse_twins(named: Iterable[tuple[str, str]], what: str) -> None:
    """Nothing, if every name is there once.

    Args:
        named: keys of the configuration, each with the name that it gives.
        what: is named, such as `embedding`.

    Raises:
        ValueError: two keys give one name, or one gives it twice; both are told.
    """
    known: dict[str, str] = {}
    for key, name in named:
        if name in known:
            both = f"{key} twice" if known[name] == key else f"{known[name]} and by {key}"
            raise ValueError(
                f"a {what} is called {name!r} by {both}; give one of them another name or leave it out, since one "
                "would hide the other"
            )
        known[name] = key
