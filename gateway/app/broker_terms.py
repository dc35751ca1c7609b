"""How a message broker is reached: read from the settings, secrets taken from where these point."""

import hashlib
import ipaddress
import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from gateway.app.secret_reference import secret_at
from gateway.app.settings import Settings
from gateway.ports.errors import SetupError

__all__ = ["BrokerTerms", "broker_terms", "token_of"]

_SCHEMES = {"nats": ("nats", False), "tls": ("nats", True), "kafka": ("kafka", False), "kafka+tls": ("kafka", True)}
_PORTS = {"nats": 4222, "kafka": 9092}
_NAME = re.compile(r"[A-Za-z0-9_-]+")
_FIX = "write nats://HOST:PORT or kafka://HOST:PORT (tls:// or kafka+tls:// to encrypt), several with commas"


@dataclass(frozen=True, slots=True)
class BrokerTerms:
    """A broker, checked. `secret` is kept out of every text that is made of this."""

    kind: str  # nats or kafka
    servers: tuple[str, ...]  # host:port
    is_encrypted: bool
    subject: str  # what stands before the shard (NATS), or the topic (Kafka)
    stream: str
    mechanism: str
    timeout_seconds: float
    secret: str | None = field(default=None, repr=False)

    @property
    def digest(self) -> str:
        """Changes with how we are let in; the secret cannot be read from it."""
        how = f"{self.kind} {self.servers} {self.is_encrypted} {self.stream} {self.mechanism} {self.secret}"
        return "sha256:" + hashlib.sha256(how.encode()).hexdigest()


def broker_terms(settings: Settings, tenant: str) -> BrokerTerms | None:
    """Return the broker that the settings name, None where they name none. Raises SetupError; it tells no secret."""
    if settings.broker_url is None:
        return None
    parts = [_split(url.strip()) for url in settings.broker_url.split(",")]
    kind, is_encrypted = parts[0][0]
    if any(scheme != (kind, is_encrypted) for scheme, _, _ in parts):
        raise SetupError("broker_url mixes schemes", "give all servers of one broker the same scheme")
    for name, said in (("broker_prefix", settings.broker_prefix), ("broker_stream", settings.broker_stream)):
        if not _NAME.fullmatch(said):
            raise SetupError(f"{name} {said!r} is no name", "use letters, digits, dashes and underscores")
    reference = settings.broker_credentials
    secret = None if reference is None else secret_at("broker_credentials", reference)
    if secret is not None:
        _check_secret(kind, secret)
        if not is_encrypted and not all(_is_loopback(host) for _, host, _ in parts):
            fix = "use tls:// or kafka+tls://, or a broker on this host"
            raise SetupError("credentials would go over the network in clear text", fix)
    return BrokerTerms(
        kind,
        tuple(f"[{host}]:{port}" if ":" in host else f"{host}:{port}" for _, host, port in parts),
        is_encrypted,
        f"{settings.broker_prefix}.{token_of(tenant)}.orders",
        settings.broker_stream,
        settings.broker_mechanism,
        settings.broker_timeout_seconds,
        secret,
    )


def token_of(name: str) -> str:
    """Return a name as one token of a subject: other characters than letters, digits, `-` and `_` become dashes."""
    return re.sub(r"[^A-Za-z0-9_-]+", "-", name).strip("-") or "default"


def _split(url: str) -> tuple[tuple[str, bool], str, int]:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise SetupError("broker_url cannot be read", _FIX) from None
    if "@" in parts.netloc:  # not quoted: the address holds a secret
        raise SetupError(
            "broker_url holds credentials", "put them where broker_credentials points: env:NAME, file:PATH"
        )
    scheme = _SCHEMES.get(parts.scheme)
    if scheme is None or not host or parts.path.strip("/") or parts.query or parts.fragment:
        raise SetupError(f"broker_url {url!r} cannot be read", _FIX)
    return scheme, host, port or _PORTS[scheme[0]]


def _check_secret(kind: str, secret: str) -> None:
    if kind == "kafka" and ":" not in secret:
        raise SetupError("the credentials of a Kafka broker are not complete", "write user:password")


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
