"""Settings of one process: from the command line, else from the environment (`TMF_GATEWAY_…`)."""

import ipaddress
from typing import Self

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

__all__ = ["Settings"]


class Settings(BaseSettings):
    """What an operator may set. Delays are in seconds, sizes in bytes."""

    model_config = SettingsConfigDict(env_prefix="TMF_GATEWAY_", frozen=True, extra="ignore")

    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    database: str = "sqlite:///tmf-gateway.sqlite"
    landscape: str = "simulated"
    workers: int = Field(default=16, ge=0, le=256)
    """How many pieces of work of each lane run at once in this process; 0 serves the faces only."""
    public_url: str | None = None
    """The address under which clients reach the faces, for `href`; None takes it from each request."""
    max_body_bytes: int = Field(default=4 * 1024 * 1024, ge=1024)
    pace: float = Field(default=1.0, ge=0.0, le=10.0)
    """Every delay of a simulated system is multiplied by this."""
    lease_seconds: float = Field(default=10.0, gt=0)
    backoff_cap_seconds: float = Field(default=60.0, gt=0)
    give_up_seconds: float = Field(default=6 * 3600.0, gt=0)
    agreement_every_seconds: float = Field(default=3600.0, ge=0)
    """How often the systems are read back and compared with what was delivered; 0: only when asked for."""
    agreement_most_products: int = Field(default=500, ge=1)
    """How many products one run looks at; the longest neglected come first."""
    callback_hosts: str = ""
    """Where listeners may be, with commas: names, `*.example.com`, addresses, networks. Empty: anywhere.

    Then private networks and this machine count only while the gateway itself serves this machine alone.
    """
    listener_backoff_cap_seconds: float = Field(default=3600.0, gt=0)
    """The longest pause before a listener that fails is tried again."""
    listener_give_up_seconds: float = Field(default=72 * 3600.0, gt=0)
    """After how long a listener that takes nothing is parked."""
    listener_probe_seconds: float = Field(default=3600.0, ge=0)
    """How often a parked listener is tried all the same; 0: only when an operator asks for it."""
    event_retention_days: int = Field(default=0, ge=0)
    """How long events of orders that are over are kept; 0: for ever."""
    delivery_retention_days: int = Field(default=30, ge=0)
    """How long it is kept who took which event, and which notification of others was claimed; 0: for ever."""
    log_level: str = "WARNING"

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach the gateway."""
        return _is_loopback(self.host)

    @model_validator(mode="after")
    def _loopback_only(self) -> Self:
        if not _is_loopback(self.host):
            raise ValueError(
                f"host {self.host} can be reached from outside, and no authentication is configured: "
                "bind to 127.0.0.1 and put an authenticating proxy in front"
            )
        return self


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
