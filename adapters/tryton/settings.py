"""What a landscape file may say of Tryton."""

from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

__all__ = ["TrytonSettings"]


class TrytonSettings(BaseModel):
    """Where Tryton is and as whom to work there.

    `path` is that of its JSON-RPC, in which `{database}` stands for the database's name. The password is given, or
    stands in `password_file`. `zone` is where Tryton's days are days. `fee_product` is the code of the product that
    cancellation fees are sold as.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str
    database: str = "tryton"
    path: str = "/{database}/rpc/"
    user: str = "admin"
    password: SecretStr | None = None
    password_file: Path | None = None
    zone: str = "Europe/Berlin"
    fee_product: str = "CANCELLATION-FEE"
    poll_seconds: float = Field(default=1.0, gt=0)
    answer_seconds: float = Field(default=30.0, gt=0)
    vocabulary: str | None = None

    @model_validator(mode="after")
    def _has_one_password(self) -> Self:
        if (self.password is None) == (self.password_file is None):
            raise ValueError("give either password or password_file")
        return self

    def secret(self) -> str:
        """Return the password. Raises OSError where its file cannot be read."""
        if self.password is not None:
            return self.password.get_secret_value()
        assert self.password_file is not None
        return self.password_file.read_text(encoding="utf-8").strip()
