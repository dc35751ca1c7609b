"""How the addresses are signed at which legacy systems report back, as the settings say."""

from gateway.app.secret_reference import secret_at
from gateway.app.settings import Settings
from gateway.lifecycle.callbacks import CallbackSigner
from gateway.ports.errors import SetupError

__all__ = ["callback_signer"]

_SHORTEST = 16


def callback_signer(settings: Settings, tenant: str) -> CallbackSigner | None:
    """Return who signs them; None where no secret is set. Raises SetupError."""
    if settings.callback_secret is None:
        return None
    if not settings.public_url:
        fix = "set public_url to the address at which legacy systems reach this gateway"
        raise SetupError("callback_secret is set, and public_url is not", fix)
    secrets = secret_at("callback_secret", settings.callback_secret).split()
    if any(len(one) < _SHORTEST for one in secrets):
        fix = f"use at least {_SHORTEST} characters drawn by lot, without blanks"
        raise SetupError("callback_secret leads to a secret that is too short", fix)
    return CallbackSigner(
        tuple(one.encode() for one in secrets), settings.public_url, tenant, days=settings.callback_days
    )
