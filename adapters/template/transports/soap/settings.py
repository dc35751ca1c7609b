"""What a landscape file may say of template."""

from pydantic import BaseModel, ConfigDict, Field, SecretStr

__all__ = ["TemplateSettings"]


class TemplateSettings(BaseModel):
    """Where template is, how it lets us in, how long to wait for an answer, and how often to ask how work comes on.

    `token` is written as `{env: NAME}` in a landscape file. `vocabulary` names a file in place of codes.yaml.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str
    token: SecretStr | None = None
    answer_seconds: float = Field(default=15.0, gt=0)
    poll_seconds: float = Field(default=1.0, gt=0)
    vocabulary: str | None = None
