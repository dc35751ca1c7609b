"""What a landscape file may say of a FreeRADIUS server and its database."""

from pydantic import BaseModel, ConfigDict, Field, SecretStr

__all__ = ["RadiusSqlSettings"]


class RadiusSqlSettings(BaseModel):
    """Where rows are written, which server is asked whether they work, and how subscribers are named.

    `url` is the database, as `postgresql://user@host:port/database`; `password` and `radius_secret` are best written
    as `{env: NAME}`. New subscribers are named by their product, with `@realm` where a realm is given.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str
    password: SecretStr | None = None
    radius_host: str = "127.0.0.1"
    radius_port: int = Field(default=1812, gt=0, lt=65536)
    radius_secret: SecretStr
    radius_seconds: float = Field(default=5.0, gt=0, description="the server delays a reject by a second")
    nas_identifier: str = "tmf-gateway"
    realm: str | None = None
    pool: str = "static"
    reserve_days: int = Field(default=14, ge=1)
    poll_seconds: float = Field(default=1.0, gt=0)
    answer_seconds: float = Field(default=15.0, gt=0, description="how long an answer of the database is awaited")
    vocabulary: str | None = None
