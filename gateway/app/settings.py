"""Settings of one process: from the command line, else from the environment (`TMF_GATEWAY_…`)."""

import ipaddress
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

__all__ = ["Settings"]


FaceName = Annotated[str, Field(pattern=r"^(tmf(622|641|678)-)?v[45]$")]


class Settings(BaseSettings):
    """What an operator may set. Delays are in seconds, sizes in bytes."""

    model_config = SettingsConfigDict(env_prefix="TMF_GATEWAY_", frozen=True, extra="ignore")

    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    database: str = "sqlite:///tmf-gateway.sqlite"
    landscape: str = "simulated"
    simulated_folder: Path | None = None
    """Where simulated systems keep their stores; None: beside the database's file, or in a folder of its name."""
    profile: Literal["strict", "permissive"] | None = None
    """How clients are met, in place of what the landscape says; see PROFILES.md."""
    prefix_aliases: bool | None = None
    """Whether TMF622 and TMF678 answer under their shorter base paths too; None leaves it to landscape and profile."""
    workers: int = Field(default=16, ge=0, le=256)
    """How many pieces of work of each lane run at once in this process; 0 serves the faces only."""
    public_url: str | None = None
    """The address under which clients reach the faces, for `href`; None takes it from each request."""
    max_body_bytes: int = Field(default=4 * 1024 * 1024, ge=1024)
    page_size: int = Field(default=100, ge=1)
    """How many resources a list shows where the client names no limit."""
    max_page_size: int | None = Field(default=None, ge=1)
    """How many it shows at most, whatever limit the client names; None leaves it to the profile."""
    partial_status: dict[FaceName, Literal[200, 206]] = Field(default_factory=dict)
    """What answers a page that is not all, by face or version, as {"tmf622-v5": 206, "v4": 200}."""
    query_seconds: float = Field(default=5.0, gt=0)
    """How long one query of a list may take; one that no index answers is then refused by name."""
    max_in_flight: int = Field(default=1000, ge=0)
    """How many requests are worked on at once in one process; more are answered 503 with Retry-After. 0: no limit."""
    max_in_flight_of_one_client: int = Field(default=0, ge=0)
    """The same for the requests from one address, answered 429 with Retry-After."""
    pace: float = Field(default=1.0, ge=0.0, le=10.0)
    """Every delay of a simulated system is multiplied by this."""
    lease_seconds: float = Field(default=10.0, gt=0)
    backoff_cap_seconds: float = Field(default=60.0, gt=0)
    give_up_seconds: float = Field(default=6 * 3600.0, gt=0)
    circuit_failures: int = Field(default=5, ge=1)
    """So many failures of a legacy system in a row, of whatever messages, and it is asked no more for a while."""
    circuit_first_seconds: float = Field(default=1.0, gt=0)
    """After this pause one message looks whether it is back; each that fails doubles the pause."""
    circuit_cap_seconds: float = Field(default=120.0, gt=0)
    ask_after_seconds: float = Field(default=1.0, ge=0)
    """How long after a lost answer the legacy system is asked what became of it."""
    drain_seconds: float = Field(default=10.0, ge=0)
    """How long work in hand may take to end when the process is told to stop."""
    linger_seconds: float = Field(default=0.0, ge=0)
    """How long a process that is told to stop calls itself unavailable and serves on, so that clients go elsewhere."""
    agreement_every_seconds: float = Field(default=3600.0, ge=0)
    """How often the systems are read back and compared with what was delivered; 0: only when asked for."""
    agreement_most_products: int = Field(default=500, ge=1)
    """How many products one run looks at; the longest neglected come first."""
    idempotency_key_days: float = Field(default=7.0, gt=0, le=3650)
    """How long an `Idempotency-Key` is remembered. What an order's own number says holds as long as the order does."""
    callback_hosts: str = ""
    """Where listeners may be, with commas: names, `*.example.com`, addresses, networks. Empty: anywhere.

    Then private networks and this machine count only while the gateway itself serves this machine alone.
    """
    callback_secret: str | None = None
    """Where the secret is that signs the addresses at which legacy systems report back: env:NAME or file:PATH.

    Several stand in lines of their own: the first signs, all are taken. It needs `public_url`; None: no such addresses.
    """
    callback_days: float = Field(default=30.0, gt=0, le=3650)
    """How long such an address holds."""
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
    broker_url: str | None = None
    """Where events are published: nats://HOST:PORT or kafka://HOST:PORT; None publishes none, and keeps none for it."""
    broker_credentials: str | None = None
    """Where the broker's credentials are: env:NAME or file:PATH."""
    broker_mechanism: Literal["plain", "scram-sha-256", "scram-sha-512"] = "plain"
    """How a Kafka broker wants user and password."""
    broker_prefix: str = "tmf-gateway"
    """The first part of the subject or topic: PREFIX.TENANT.orders."""
    broker_stream: str = "tmf-gateway"
    """The JetStream stream; it is made where there is none."""
    broker_events: Literal["v4", "v5", "canonical"] = "v5"
    """What events carry: the notification of a TM Forum version, or the resource as the gateway keeps it."""
    broker_timeout_seconds: float = Field(default=5.0, gt=0, le=300)
    """How long the broker may take to store a message."""
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
