"""What a landscape file may say of the field-work system."""

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["FieldSettings"]


class FieldSettings(BaseModel):
    """Where the system is, and how often to ask how its tickets stand: it calls nobody."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str
    poll_seconds: float = Field(default=0.25, gt=0)
    answer_seconds: float = Field(default=15.0, gt=0)
    vocabulary: str | None = None
