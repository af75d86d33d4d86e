"""Which spans of a source that grows a run reads; `data.spans` finds them."""

from datetime import date
from typing import Literal

from pydantic import Field, field_validator

from data.settings import Settings


class Spans(Settings):
    """Which parts of a source with placeholders a run reads; see `data.spans`.

    Attributes:
        window: so many of the newest spans; null takes all.
        until: the newest span to take, such as `2016-01-31` or `7`; null takes the newest there is.
        gaps: `refuse` stops where a span between the first and the last is missing, `allow` goes without it.
    """

    window: int | None = Field(default=None, ge=1)
    until: str | None = None
    gaps: Literal["refuse", "allow"] = "refuse"

    @field_validator("until", mode="before")
    @classmethod
    def _as_named(cls, value: object) -> object:
        """YAML reads 2016-01-31 as a date and 7 as a number."""
        return str(value) if isinstance(value, date | int) else value
