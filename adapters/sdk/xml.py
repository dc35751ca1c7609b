"""XML as SOAP-like systems speak it: written escaped, read without entities or document types."""

from collections.abc import Mapping
from xml.etree import ElementTree as ET
from xml.etree.ElementTree import Element, ParseError

from adapters.sdk.notes import note_element
from adapters.sdk.redact import redact
from gateway.ports.errors import Unreadable

__all__ = ["SOAP", "Fault", "attribute", "child_text", "element", "envelope", "fault_of", "parse", "payload", "text_of"]

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
"""The namespace of SOAP 1.1."""


class Fault(Exception):
    """A SOAP fault: an answer, not a failure of the server, though it comes with status 500."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(code, text)
        self.code, self.text = code, text


def element(tag: str, text: str | None = None, attributes: Mapping[str, str] | None = None, *parts: Element) -> Element:
    """Return an element with text, attributes and children."""
    made = Element(tag, dict(attributes or {}))
    made.text = text
    made.extend(parts)
    return made


def envelope(body: Element) -> bytes:
    """Return a SOAP 1.1 envelope around a body, in UTF-8."""
    wrapped = element(f"{{{SOAP}}}Envelope", None, None, element(f"{{{SOAP}}}Body", None, None, body))
    written: bytes = ET.tostring(wrapped, encoding="utf-8", xml_declaration=True)
    return written


def parse(content: bytes, system: str) -> Element:
    """Return the root of a document. Raises Unreadable for what is no XML, or has a document type."""
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise Unreadable(f"{system} sent a document type, which is never read", redact(content))
    if content[:2] in {b"\xff\xfe", b"\xfe\xff"} or b"\x00" in content:
        raise Unreadable(f"{system} did not answer in UTF-8", redact(content))
    try:
        return ET.fromstring(content)  # noqa: S314 - document types and entities are refused above
    except ParseError:
        raise Unreadable(f"{system} did not answer in XML", redact(content)) from None


def payload(root: Element, system: str) -> Element:
    """Return the first element in the body of an envelope. Raises Unreadable where there is none, Fault for a fault."""
    body = root.find(f"{{{SOAP}}}Body")
    inside = next(iter(body), None) if body is not None else None
    if inside is None:
        raise Unreadable(f"{system} sent no SOAP body", redact(ET.tostring(root)))
    fault = fault_of(inside)
    if fault is not None:
        raise fault
    return inside


def fault_of(inside: Element) -> Fault | None:
    """Return the fault that a body holds, or None."""
    if inside.tag != f"{{{SOAP}}}Fault":
        return None
    return Fault(child_text(inside, "faultcode") or "Server", redact(child_text(inside, "faultstring") or ""))


def child_text(parent: Element, *path: str) -> str | None:
    """Return the trimmed text of a descendant, or None where it is absent or empty."""
    found: Element | None = parent
    for tag in path:
        found = found.find(tag) if found is not None else None
    return text_of(found)


def text_of(found: Element | None) -> str | None:
    """Return the trimmed text of an element, or None where it is absent or empty."""
    note_element(found)
    return (found.text or "").strip() or None if found is not None else None


def attribute(found: Element, name: str) -> str | None:
    """Return an attribute, or None where it is absent."""
    note_element(found, f"@{name}")
    return found.get(name)
