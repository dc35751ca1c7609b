"""What a landscape file may say of template."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["TemplateSettings"]


class TemplateSettings(BaseModel):
    """The folder into which requests to template are dropped, the one in which it answers, and how often to look.

    `vocabulary` names a file in place of codes.yaml.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    outbox: Path
    inbox: Path
    poll_seconds: float = Field(default=5.0, gt=0)
    vocabulary: str | None = None
