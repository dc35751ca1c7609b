"""What an operator sets for the simulated customer system."""

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["CrmSettings"]


class CrmSettings(BaseModel):
    """`url` is the system's address; without it the system is started beside the gateway."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str = Field(pattern=r"^https?://")
    zone: str = "Europe/Berlin"  # its dates are local there
    vocabulary: str | None = None  # a file of vocabularies instead of the adapter's own
    answer_seconds: float = Field(default=15.0, gt=0)
