"""What a landscape file may say of the billing system."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["BillingSettings"]


class BillingSettings(BaseModel):
    """Where the system is, the zone of its dates, and the directory into which its ledger drops files."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str
    drop: Path | None = None
    zone: str = "Europe/Berlin"
    poll_seconds: float = Field(default=0.25, gt=0)
    answer_seconds: float = Field(default=15.0, gt=0)
    vocabulary: str | None = None
