"""A configuration whose open questions the source has answered: what the label is."""

from pathlib import Path

from pydantic import ValidationError

from data.label_kind import settle
from data.sources import Located
from pipeline.config import Config, ConfigError
from pipeline.provenance import readable
from pipeline.settings.mistakes import explain


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
        tree = {**config.model_dump(by_alias=True), "data": data.model_dump()}
        known = Config.model_validate(tree)
    except ValidationError as error:
        raise ConfigError(explain(Path(config.name), Config, tree, error)) from error
    return known, located, said
