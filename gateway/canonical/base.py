"""What every canonical model shares: frozen, strict about names, free of I/O."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["Extended", "Model"]


class Model(BaseModel):
    """A frozen value. A member that the model does not name is an error, so that nothing is lost unseen."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=False)


class Extended(Model):
    """A value that came over a wire and keeps what the model has no name for.

    `extras` holds wire members by their wire names, untouched; a face puts them back where they stood.
    """

    extras: dict[str, Any] = Field(default_factory=dict)
