"""Asking the schemas alone whether TM Forum's wire format would have refused a body."""

from pathlib import Path
from typing import Any

from gateway.faces.checks import Check, body_check
from gateway.faces.documents import load_document
from gateway.ports.errors import FaceError

__all__ = ["WireSchemas"]

_SCHEMAS = {
    "tmf622-v4": ("tmf622/v4.yaml", "ProductOrder_Create"),
    "tmf641-v4": ("tmf641/v4.yaml", "ServiceOrder_Create"),
    "rate": ("tmf678/v4.yaml", "AppliedCustomerBillingRate"),
    "bill": ("tmf678/v4.yaml", "CustomerBill"),
}


class WireSchemas:
    """The schemas of the v4 documents, compiled."""

    def __init__(self, documents: Path) -> None:
        self._checks: dict[str, Check] = {}
        for kind, (file, name) in _SCHEMAS.items():
            document = load_document(documents / file)
            self._checks[kind] = body_check(document, {"$ref": f"#/components/schemas/{name}"})

    def refusal(self, kind: str, wire: Any) -> str | None:
        """Return what the schema has against a body, or None where it has nothing."""
        try:
            self._checks[kind](wire)
        except FaceError as error:
            return f"{error.path or 'body'}: {error.reason}"
        return None
