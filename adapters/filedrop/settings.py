"""What a landscape file may say of a billing host that is reached by files."""

import codecs

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

__all__ = ["FiledropSettings"]


class FiledropSettings(BaseModel):
    """Where the files lie, and how they are written.

    `host_key` is the server's, as `ssh-keyscan` prints it; `private_key` or `password` are best written as
    `{env: NAME}`. `outbox` is read by the host, `inbox` by the gateway, and `journal` by nobody else.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: str
    port: int = Field(default=22, gt=0, lt=65536)
    user: str
    host_key: str
    private_key: SecretStr | None = None
    password: SecretStr | None = None
    outbox: str = "outbox"
    inbox: str = "inbox"
    journal: str = "journal"
    encoding: str = "cp1252"
    zone: str = "Europe/Berlin"
    poll_seconds: float = Field(default=30.0, gt=0)
    answer_seconds: float = Field(default=15.0, gt=0)
    layout: str | None = None
    vocabulary: str | None = None

    @field_validator("encoding")
    @classmethod
    def _is_known(cls, encoding: str) -> str:
        try:
            codecs.lookup(encoding)
        except LookupError:
            raise ValueError(f"encoding {encoding!r} is not known; name one such as cp1252 or iso-8859-15") from None
        return encoding
