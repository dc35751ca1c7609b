"""What a landscape file may say of a provisioning system that speaks SOAP."""

from pydantic import BaseModel, ConfigDict, Field, SecretStr

__all__ = ["SoapSettings"]


class SoapSettings(BaseModel):
    """Where the system is, and the file that maps its WSDL; `user` and `password` are sent as HTTP Basic.

    `checks_wsdl` says that the system gives its WSDL at `?wsdl`: it is then compared with the mapping's own, once
    before anything is sent and at each check of its health.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str
    mapping: str | None = None
    user: str | None = None
    password: SecretStr | None = None
    checks_wsdl: bool = True
    poll_seconds: float = Field(default=5.0, gt=0)
    answer_seconds: float = Field(default=15.0, gt=0)
    vocabulary: str | None = None
