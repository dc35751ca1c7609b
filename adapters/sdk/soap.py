"""SOAP by a WSDL file: zeep builds and reads the messages, `HttpClient` carries them.

The WSDL is a file beside the adapter's mapping, so nothing is fetched at the start; reading it blocks.
A fault is an answer (`adapters.sdk.xml.Fault`), whatever status it comes with.
"""

import hashlib
import io
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import zeep
from lxml import etree
from lxml.etree import LxmlError
from zeep.exceptions import Error as ZeepError
from zeep.exceptions import Fault as ZeepFault
from zeep.exceptions import TransportError, ValidationError
from zeep.helpers import serialize_object
from zeep.transports import Transport

from adapters.sdk.http import HttpClient, TimeLimits
from adapters.sdk.redact import redact
from adapters.sdk.xml import Fault
from gateway.ports.errors import OutcomeUnknown, Refused, SetupError, TryLater, Unreadable

__all__ = ["SoapClient", "Wsdl"]

_DEPTH = 6
_FAULT = re.compile(rb"<(?:[\w.-]+:)?Fault\b")
_NOT_READ = (ZeepError, LxmlError, ValueError, TypeError, LookupError, AttributeError)
"""What zeep raises for an answer that its WSDL does not have."""
_CHANGES: ContextVar[bool] = ContextVar("changes", default=True)
_FIX = "name a WSDL file that is whole: what it imports has to lie beside it"


class Wsdl:
    """A WSDL, read: which operations it has, and which parts each takes and gives."""

    def __init__(self, content: bytes, name: str, folder: Path) -> None:
        """Read one; `folder` is where what it imports lies. Blocks. Raises SetupError."""
        self.name, self.digest = name, "sha256:" + hashlib.sha256(content).hexdigest()
        self.carrier = _Carrier(folder)
        settings = zeep.Settings(strict=True, forbid_dtd=True, forbid_entities=True, forbid_external=True)
        try:
            made: Any = zeep.AsyncClient  # zeep says no types
            self.client = made(io.BytesIO(content), transport=self.carrier, settings=settings)
            self.operations: Mapping[str, Any] = dict(self.client.service._binding._operations)  # noqa: SLF001
        except (ZeepError, LxmlError, OSError, ValueError, KeyError, AttributeError, TypeError) as error:
            reason = f"is no WSDL that can be used ({redact(str(error))})"
            raise SetupError(reason, _FIX, file=name) from None

    @classmethod
    def load(cls, path: Path) -> "Wsdl":
        """Read a file. Raises SetupError."""
        try:
            content = path.read_bytes()
        except OSError as error:
            raise SetupError(f"cannot be read ({error.strerror})", _FIX, file=str(path)) from None
        return cls(content, str(path), path.parent)

    def takes(self, operation: str) -> frozenset[str]:
        """Return the parts of an operation's request, as paths: `service.id`. Raises KeyError for no such operation."""
        return frozenset(_paths(self.operations[operation].input.body.type))

    def gives(self, operation: str) -> frozenset[str]:
        """Return the parts of its answer. Raises KeyError."""
        return frozenset(_paths(self.operations[operation].output.body.type))


class SoapClient:
    """Talks to one address by one WSDL. `system` is its name in errors."""

    def __init__(
        self,
        wsdl: Wsdl,
        url: str,
        system: str,
        *,
        limits: TimeLimits | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        parts = urlsplit(url)
        self._http = HttpClient(
            f"{parts.scheme}://{parts.netloc}", system, limits=limits or TimeLimits(), headers=headers
        )
        self._path = parts.path + (f"?{parts.query}" if parts.query else "")
        self._wsdl, self._system = wsdl, system
        wsdl.carrier.lead(self._http, self._path)

    async def call(self, operation: str, parameters: Mapping[str, Any], *, changes: bool) -> Any:
        """Make one call, and return the answer as plain values.

        Raises Fault, Unreadable, Refused (the WSDL does not allow what is to be sent, and nothing was), and what
        `HttpClient.request` raises.
        """
        with self._naming(operation, changes=changes):
            answer = await self._wsdl.client.service[operation](**parameters)
            return serialize_object(answer, dict)  # type: ignore[no-untyped-call]

    async def served(self) -> bytes:
        """Return the WSDL that the address itself gives, at `?wsdl`."""
        answer = await self._http.request("GET", self._path.partition("?")[0] + "?wsdl")  # some know no `?wsdl=`
        return answer.content

    async def close(self) -> None:
        """Release connections."""
        await self._http.close()

    @contextmanager
    def _naming(self, operation: str, *, changes: bool) -> Iterator[None]:
        token = _CHANGES.set(changes)
        try:
            yield
        except ZeepFault as fault:
            raise Fault(str(fault.code or "Server"), redact(str(fault.message or ""))) from None
        except ValidationError as error:
            raise Refused("WSDL", redact(f"{operation}: {error}")) from None
        except TransportError as error:
            raise self._no_soap(error, changes=changes) from None
        except _NOT_READ as error:
            reason = f"{self._system} did not answer {operation} as its WSDL says"
            raise Unreadable(reason, redact(str(error))) from None
        finally:
            _CHANGES.reset(token)

    def _no_soap(self, error: TransportError, *, changes: bool) -> Exception:
        """A failure of the server says no SOAP: what became of the request is not known then."""
        if error.status_code >= 500:
            reason = f"{self._system} failed ({error.status_code})"
            return OutcomeUnknown(reason) if changes else TryLater(reason)
        return Unreadable(f"{self._system} did not answer in XML", redact(error.content or b""))


class _Carrier(Transport):
    """What zeep loads files and sends requests by: no request leaves but through `HttpClient`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._http: HttpClient | None = None
        self._path = ""
        self.cache, self._close_session = None, False

    def lead(self, http: HttpClient, path: str) -> None:
        """Send requests there from now on."""
        self._http, self._path = http, path

    def load(self, url: str) -> bytes:
        """Return a file beside the WSDL. Raises OSError."""
        return (self._folder / Path(urlsplit(url).path).name).read_bytes()

    async def post_xml(self, address: str, envelope: Any, headers: Mapping[str, str]) -> httpx.Response:
        """Send one request. The address that the WSDL names is not ours: it names the vendor's machine."""
        _ = address
        assert self._http is not None
        content = etree.tostring(envelope, xml_declaration=True, encoding="utf-8")
        answer = await self._http.request(
            "POST",
            self._path,
            content=content,
            headers=headers,
            accept=(200, 202, 500),  # a fault comes with 500, and is no failure of the server
            changes=_CHANGES.get(),
        )
        if answer.status_code == 500 and _FAULT.search(answer.content) is None:
            raise TransportError("the server failed", 500, answer.content)  # type: ignore[no-untyped-call]
        return answer


def _paths(type_: Any, before: str = "", depth: int = 0) -> Iterator[str]:
    """Yield the paths of all elements of a type."""
    for name, element in getattr(type_, "elements", ()):
        yield before + name
        if depth < _DEPTH:
            yield from _paths(element.type, f"{before}{name}.", depth + 1)
