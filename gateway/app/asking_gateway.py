"""How commands talk to a running gateway: one request, its answer or a plain error."""

from collections.abc import Mapping
from typing import Any

import httpx
import orjson

from gateway.app.demo.client import GatewayClient
from gateway.ports.errors import GatewayError, SetupError

__all__ = ["ask", "asked", "operator_word", "print_json"]

_BASE = "/lifecycle/v1"
_SECONDS = 60.0


def ask(url: str, method: str, path: str, *, seconds: float = _SECONDS, **more: Any) -> Any:
    """Return the answer's body. Raises SetupError where nobody answers, GatewayError where the gateway says no."""
    try:
        with httpx.Client(base_url=url.rstrip("/") + _BASE, timeout=seconds, trust_env=False) as client:
            answer = client.request(method, path, **more)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise _nobody(url, error) from None
    return _said(url, answer)


async def asked(
    client: GatewayClient, path: str, params: Mapping[str, str] | None = None, body: Any = None
) -> httpx.Response:
    """Return the answer to one request among several. Raises the same."""
    try:
        answer = await client.lifecycle(path, params, body)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise _nobody(client.address, error) from None
    _said(client.address, answer)
    return answer


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


def _nobody(url: str, error: Exception) -> SetupError:
    fix = "start one with tmf-gateway serve, or name another --url"
    return SetupError(f"no gateway answers at {url} ({type(error).__name__})", fix)


def _said(url: str, answer: httpx.Response) -> Any:
    try:
        said = orjson.loads(answer.content)
    except orjson.JSONDecodeError:
        raise SetupError(f"{url} answers no JSON", "name the address of a gateway with --url") from None
    if answer.is_success:
        return said
    raise GatewayError(str(said.get("code")), str(said.get("reason")), str(said.get("message")))
