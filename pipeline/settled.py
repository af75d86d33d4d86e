"""A configuration whose open questions the source has answered: what the label is."""

from __future__ import annotations

from pydantic import ValidationError

from data.label_kind import settle
from data.sources import Located
from pipeline.config import Config, ConfigError, explain
from pipeline.provenance import readable


def settled(config: Config) -> tuple[Config, Located, str]:
    """The configuration with `data.label` filled in, the source, and what was found.

    Raises:
        DataError: the source cannot be read as described, or what the label is cannot be told.
        ConfigError: a choice does not suit such a label.
    """
    located = readable(config.data)
    data, said = settle(config.data, located)
    try:
        # Read again, since choices that hang on the label could not be looked at before.
        known = Config.model_validate({**config.model_dump(by_alias=True), "data": data.model_dump()})
    except ValidationError as error:
        raise ConfigError(explain(config.name, error)) from error
    return known, located, said
