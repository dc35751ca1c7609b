"""How commands talk to a running gateway: one request, its answer or a plain error."""

from typing import Any

import httpx
import orjson

from gateway.ports.errors import GatewayError, SetupError

__all__ = ["ask", "operator_word", "print_json"]

_BASE = "/lifecycle/v1"
_SECONDS = 60.0


def ask(url: str, method: str, path: str, **more: Any) -> Any:
    """Return the answer's body. Raises SetupError where nobody answers, GatewayError where the gateway says no."""
    try:
        with httpx.Client(base_url=url.rstrip("/") + _BASE, timeout=_SECONDS, trust_env=False) as client:
            answer = client.request(method, path, **more)
    except (httpx.HTTPError, httpx.InvalidURL):
        fix = "start one with tmf-gateway serve, or name another --url"
        raise SetupError(f"no gateway answers at {url}", fix) from None
    if answer.is_success:
        return answer.json()
    error = answer.json()
    raise GatewayError(error["code"], error["reason"], error["message"])


def operator_word(who: str, reason: str) -> dict[str, Any]:
    """Return who does something and why. Raises SetupError where one of them is not said."""
    if not reason.strip():
        raise SetupError("no reason is given", "say why, with --reason: it is kept")
    if not who.strip():
        raise SetupError("nobody is named", "say who does it, with --who")
    return {"who": who, "reason": reason}


def print_json(found: Any) -> None:
    """Print an answer as data."""
    print(orjson.dumps(found, option=orjson.OPT_INDENT_2).decode())  # noqa: T201
