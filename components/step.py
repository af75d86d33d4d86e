"""A TFX component from what it reads, makes and is told; the rest of its shape follows."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from tfx.types import channel_utils
from tfx.types.artifact import Artifact
from tfx.types.component_spec import ChannelParameter, ComponentSpec, ExecutionParameter


def spec(
    parameters: Mapping[str, type],
    outputs: Mapping[str, type[Artifact]],
    inputs: Mapping[str, type[Artifact]] | None = None,
    optional: Collection[str] = (),
) -> type[ComponentSpec]:
    """The `SPEC_CLASS` of a component.

    Args:
        parameters: types by name.
        outputs, inputs: types of artifacts by name.
        optional: inputs that may be left out.
    """
    body = {
        "PARAMETERS": {name: ExecutionParameter(type=kind) for name, kind in parameters.items()},
        "INPUTS": {name: ChannelParameter(kind, optional=name in optional) for name, kind in (inputs or {}).items()},
        "OUTPUTS": {name: ChannelParameter(kind) for name, kind in outputs.items()},
    }
    return type("Spec", (ComponentSpec,), body)


class Step:
    """Before a base class of TFX: takes inputs and parameters by name, and makes the channels of its outputs."""

    SPEC_CLASS: Any

    def __init__(self, **given: Any) -> None:
        made = {name: channel_utils.as_channel([one.type()]) for name, one in self.SPEC_CLASS.OUTPUTS.items()}
        super().__init__(self.SPEC_CLASS(**given, **made))  # type: ignore[call-arg]
