"""What a landscape file may say of the customer system."""

from pydantic import BaseModel, ConfigDict

__all__ = ["CrmSettings"]


class CrmSettings(BaseModel):
    """Where the system is. `zone` is that of its local dates; `vocabulary` replaces the codes that come with it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str
    zone: str = "Europe/Berlin"
    vocabulary: str | None = None
