"""What a landscape file may say of template."""

from pydantic import BaseModel, ConfigDict, Field, SecretStr

__all__ = ["TemplateSettings"]


class TemplateSettings(BaseModel):
    """Where the database of template is, and how often to look how work there comes on.

    `database` is an address of SQLAlchemy, written as `{env: NAME}` in a landscape file, since it holds a password. Its
    driver has to be installed. `vocabulary` names a file in place of codes.yaml.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    database: SecretStr
    wait_seconds: float = Field(default=5.0, gt=0)
    poll_seconds: float = Field(default=1.0, gt=0)
    vocabulary: str | None = None
