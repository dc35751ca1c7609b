"""What an operator sets for the simulated field-work system."""

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["FieldSettings"]


class FieldSettings(BaseModel):
    """`url` is the system's address; without it the system is started beside the gateway."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str = Field(pattern=r"^https?://")
    vocabulary: str | None = None  # a file of vocabularies instead of the adapter's own
    poll_seconds: float = Field(default=2.0, gt=0)  # it never calls: how long until it is asked again
    answer_seconds: float = Field(default=15.0, gt=0)
