"""What a landscape file may say of the activation system."""

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["ActivationSettings"]


class ActivationSettings(BaseModel):
    """Where the system is, and how often to look whether a change is in force."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str
    poll_seconds: float = Field(default=0.25, gt=0)
    answer_seconds: float = Field(default=15.0, gt=0)
    vocabulary: str | None = None
