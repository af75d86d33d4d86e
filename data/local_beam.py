"""Beam on this machine, in this process or beside it."""

from types import MethodType
from typing import Any
from weakref import WeakKeyDictionary

RUNNER = "--runner=apache_beam.runners.portability.fn_api_runner.fn_runner.FnApiRunner"
"""By its class: what Beam calls DirectRunner is Prism from 2.68 on, a program that it fetches from the network."""


def remember_signatures() -> None:
    """From now on Beam, in this process, looks at the parameters of a method once.

    Beam 2.62 and 2.77 ask each DoFn for those of all its methods whenever a step is declared, translated or started,
    hundreds of times for the same functions: a twelfth of a run's processor time. See decision 0103.
    """
    from apache_beam.transforms import core

    looked = core.get_function_args_defaults
    if getattr(looked, "remembers", False):
        return
    known: WeakKeyDictionary[Any, tuple[list[str], list[Any]]] = WeakKeyDictionary()

    def remembered(function: Any) -> tuple[list[str], list[Any]]:
        if not isinstance(function, MethodType):
            return looked(function)
        if function.__func__ not in known:
            known[function.__func__] = looked(function)
        names, defaults = known[function.__func__]
        return [*names], [*defaults]

    remembered.remembers = True  # type: ignore[attr-defined]
    core.get_function_args_defaults = remembered
