"""Beam on this machine, in this process or beside it."""

import sys
from collections.abc import Callable
from types import MethodType
from typing import Any
from weakref import WeakKeyDictionary

RUNNER = "--runner=apache_beam.runners.portability.fn_api_runner.fn_runner.FnApiRunner"
"""By its class: what Beam calls DirectRunner is Prism from 2.68 on, a program that it fetches from the network."""

Parameters = tuple[list[str], list[Any]]
"""Of a function: names, and the defaults of the last of them."""


def spare_detours() -> None:
    """From now on Beam, in this process, goes straight to work; once is enough. See decision 0103.

    Beam 2.62 and 2.77 ask each DoFn for the parameters of all its methods whenever a step is declared, translated or
    started, hundreds of times for the same functions: a twelfth of a run's processor time. They are kept. So are views
    of the pipeline's options, for which each step that is declared asks twice, and which parse all flags: a twentieth.
    And to learn whether it is in a notebook, Beam imports IPython, which in a notebook is there: a third of a second.
    """
    from apache_beam import pipeline
    from apache_beam.options.pipeline_options import PipelineOptions
    from apache_beam.transforms import core
    from apache_beam.utils import interactive_utils

    if getattr(core.get_function_args_defaults, "remembers", False):
        return
    asked = interactive_utils.is_in_ipython

    def is_in_ipython() -> bool:
        return "IPython" in sys.modules and asked()

    core.get_function_args_defaults = _remembering(core.get_function_args_defaults)
    PipelineOptions.view_as = _keeping_views(PipelineOptions.view_as)
    pipeline.is_in_ipython = interactive_utils.is_in_ipython = is_in_ipython


def _remembering(looked: Callable[[Any], Parameters]) -> Callable[[Any], Parameters]:
    known: WeakKeyDictionary[Any, Parameters] = WeakKeyDictionary()

    def remembered(function: Any) -> Parameters:
        if not isinstance(function, MethodType):
            return looked(function)
        if function.__func__ not in known:
            known[function.__func__] = looked(function)
        names, defaults = known[function.__func__]
        return [*names], [*defaults]

    remembered.remembers = True  # type: ignore[attr-defined]
    return remembered


def _keeping_views(viewed: Callable[[Any, type], Any]) -> Callable[[Any, type], Any]:
    views: WeakKeyDictionary[Any, dict[type, Any]] = WeakKeyDictionary()

    def view_as(options: Any, kind: type) -> Any:
        mine = views.setdefault(options, {})
        if kind not in mine or mine[kind]._all_options is not options._all_options:
            mine[kind] = viewed(options, kind)
        return mine[kind]

    return view_as
