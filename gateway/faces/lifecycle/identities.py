"""The map of identities on the gateway's own face: which legacy object is which of ours."""

from typing import Any

from gateway.canonical.identity import Identity, IdentityKind
from gateway.faces.answer import Answer, Call, Handler
from gateway.faces.lifecycle.asking import Paging, among, asked, instant, paged
from gateway.faces.rows import instant_text
from gateway.faces.settings import FaceSettings
from gateway.ports.identity import IdentityQuery
from gateway.ports.repository import Repository

__all__ = ["identity_handlers"]

_FILTERS = ("system", "scheme", "legacyId", "id", "order", "kind", "at")


def identity_handlers(repository: Repository, settings: FaceSettings) -> dict[str, Handler]:
    """Return the operations about identities."""

    async def find(call: Call) -> Answer:
        """One page of identities."""
        said = asked(call, _FILTERS)
        among(said, "kind", tuple(IdentityKind))
        offset, limit = Paging(settings).of(said)
        query = IdentityQuery(
            system=said.get("system"),
            scheme=said.get("scheme"),
            legacy_id=said.get("legacyId"),
            our_id=said.get("id"),
            order_id=said.get("order"),
            kind=said.get("kind"),
            at=instant(said, "at"),
            offset=offset,
            limit=limit,
        )
        found, total = await repository.find_identities(query)
        return paged(call, [_to_wire(one) for one in found], total, offset, limit)

    return {"listIdentities": find}


def _to_wire(one: Identity) -> dict[str, Any]:
    said = {
        "system": one.system,
        "scheme": one.scheme,
        "issuer": one.issuer,
        "legacyId": one.legacy_id,
        "kind": one.kind.value,
        "id": one.our_id,
        "order": one.order_id,
        "validFrom": instant_text(one.valid_from),
        "validTo": None if one.valid_to is None else instant_text(one.valid_to),
        "saidBy": one.said_by.model_dump(mode="json", exclude_none=True),
        "recordedAt": instant_text(one.recorded_at),
    }
    return {name: value for name, value in said.items() if value is not None}
