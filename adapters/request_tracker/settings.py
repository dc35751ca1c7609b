"""What a landscape file may say of Request Tracker."""

from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

__all__ = ["RequestTrackerSettings"]


class RequestTrackerSettings(BaseModel):
    """Where it is, as whom to work there, and the queue of field work.

    The password is given, or stands in `password_file`. `queue` is a queue with the custom fields of `initialdata`. It
    is asked every `poll_seconds` what has changed, which is then looked at; and each ticket after `wait_seconds` at the
    latest.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str
    user: str = "root"
    password: SecretStr | None = None
    password_file: Path | None = None
    queue: str = Field(default="Field Installation", pattern=r"^[^'\\]+$")
    poll_seconds: float = Field(default=2.0, gt=0)
    wait_seconds: float = Field(default=15.0, gt=0)
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
