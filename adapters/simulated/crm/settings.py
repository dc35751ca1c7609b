"""What a landscape file may say of the customer system."""

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["CrmSettings"]


class CrmSettings(BaseModel):
    """Where the system is.

    `zone` stands in place of the one that its table gives to local dates; `vocabulary` replaces the tables themselves.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str
    zone: str | None = None
    answer_seconds: float = Field(default=15.0, gt=0)
    vocabulary: str | None = None
