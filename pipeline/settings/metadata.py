"""The block `metadata`: where the record of every run is kept."""

from typing import Literal

from pydantic import Field

from data.settings import Settings


class Metadata(Settings):
    """Where ML Metadata is kept.

    Attributes:
        kind: `sqlite` is a file in the pipeline's folder and needs no server; `mysql`, `postgresql`.
        host, port: of the server; without a port, the usual one of its kind.
        database: its name; made when it is not there and the user may.
        user: who connects.
        password_variable: environment variable that holds the password, which is never written anywhere.
    """

    kind: Literal["sqlite", "mysql", "postgresql"] = "sqlite"
    host: str = "127.0.0.1"
    port: int | None = Field(default=None, ge=1, le=65535)
    database: str = Field(default="farelite", pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")
    user: str = "farelite"
    password_variable: str = "FARELITE_METADATA_PASSWORD"
