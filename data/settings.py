"""The base of every settings class: frozen, complete, and unwilling to guess at an unknown key."""

from pydantic import BaseModel, ConfigDict


class Settings(BaseModel):
    """A frozen value with validated fields; unknown keys are errors, and it serializes to plain JSON."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)
