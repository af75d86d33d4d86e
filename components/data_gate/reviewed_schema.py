"""ImportSchemaGen whose cache key holds the schema's contents: that of TFX's own holds the path alone."""

from __future__ import annotations

from tfx.components.schema_gen.import_schema_gen.component import ImportSchemaGen
from tfx.dsl.components.base.base_component import BaseComponent
from tfx.types import channel_utils, standard_artifacts
from tfx.types.component_spec import ExecutionParameter
from tfx.types.standard_component_specs import ImportSchemaGenSpec


class ReviewedSchemaSpec(ImportSchemaGenSpec):
    """Parameters and output."""

    PARAMETERS = {**ImportSchemaGenSpec.PARAMETERS, "fingerprint": ExecutionParameter(type=str)}


class ReviewedSchema(ImportSchemaGen):
    """A copy of a reviewed schema.

    Args:
        path: of its file.
        fingerprint: of its contents, so that an edited one is read again; empty where the runner cannot look.
    """

    SPEC_CLASS = ReviewedSchemaSpec

    def __init__(self, path: str, fingerprint: str) -> None:
        schema = channel_utils.as_channel([standard_artifacts.Schema()])
        BaseComponent.__init__(self, ReviewedSchemaSpec(schema_file=path, fingerprint=fingerprint, schema=schema))
