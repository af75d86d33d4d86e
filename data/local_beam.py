"""Beam on this machine, in this process or beside it."""

import sys
from types import MethodType
from typing import Any
from weakref import WeakKeyDictionary

RUNNER = "--runner=apache_beam.runners.portability.fn_api_runner.fn_runner.FnApiRunner"
"""By its class: what Beam calls DirectRunner is Prism from 2.68 on, a program that it fetches from the network."""


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

    looked, asked, viewed = core.get_function_args_defaults, interactive_utils.is_in_ipython, PipelineOptions.view_as
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

    views: WeakKeyDictionary[PipelineOptions, dict[type[PipelineOptions], PipelineOptions]] = WeakKeyDictionary()

    def view_as(options: PipelineOptions, kind: type[PipelineOptions]) -> PipelineOptions:
        mine = views.setdefault(options, {})
        if kind not in mine or mine[kind]._all_options is not options._all_options:
            mine[kind] = viewed(options, kind)
        return mine[kind]

    def is_in_ipython() -> bool:
        return "IPython" in sys.modules and asked()

    remembered.remembers = True  # type: ignore[attr-defined]
    core.get_function_args_defaults = remembered
    PipelineOptions.view_as = view_as
    pipeline.is_in_ipython = interactive_utils.is_in_ipython = is_in_ipython
