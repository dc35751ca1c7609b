"""All faces as one ASGI application: connexion owns the documents and Swagger UI, one pass serves the operations."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from starlette.types import ASGIApp

from gateway.faces.aliases import ORDER_ITEM
from gateway.faces.answer import Authenticate, Handler
from gateway.faces.checks import without_demands
from gateway.faces.connexion_parts import ConnexionMiddleware, SwaggerUIMiddleware, without_checking_documents
from gateway.faces.desk import Desk
from gateway.faces.documents import load_document
from gateway.faces.hub_delivery import Hub
from gateway.faces.lifecycle.backbone import BackboneOffice
from gateway.faces.lifecycle.handlers import lifecycle_face
from gateway.faces.lifecycle.vocabularies import Vocabularies
from gateway.faces.one_pass import FaceDefinition, OnePass, not_found_app
from gateway.faces.operations import Parts
from gateway.faces.settings import FaceSettings
from gateway.faces.spoke import Spoke
from gateway.faces.tmf622 import handlers as tmf622
from gateway.faces.tmf622 import v4 as tmf622_v4
from gateway.faces.tmf622 import v5 as tmf622_v5
from gateway.faces.tmf641 import handlers as tmf641
from gateway.faces.tmf641 import v4 as tmf641_v4
from gateway.faces.tmf641 import v5 as tmf641_v5
from gateway.faces.tmf678 import handlers as tmf678
from gateway.faces.tmf678 import v4 as tmf678_v4
from gateway.faces.tmf678 import v5 as tmf678_v5
from gateway.lifecycle.callbacks import CallbackSigner
from gateway.lifecycle.exceptions.mending import Mender
from gateway.lifecycle.rule_sets.book import Rules
from gateway.lifecycle.rule_sets.desk import RuleDesk
from gateway.ports.inbox import Inbox
from gateway.ports.repository import Repository
from gateway.streams.office import StreamOffice

__all__ = ["SPOKES", "FaceSettings", "build_faces"]

LIFECYCLE_DOCUMENT = "lifecycle/v1.yaml"


@dataclass(frozen=True, slots=True)
class _Face:
    """One face in one version: its tables, its operations, and how it says a canonical path."""

    spoke: Spoke
    handlers: Callable[[Parts], dict[str, Handler]]
    wire_path: Callable[[str], str]


FACES = (
    _Face(tmf622_v4.SPOKE, tmf622.handlers, tmf622_v4.wire_path),
    _Face(tmf641_v4.SPOKE, tmf641.handlers, tmf641_v4.wire_path),
    _Face(tmf678_v4.SPOKE, tmf678.handlers, tmf678_v4.wire_path),
    _Face(tmf622_v5.SPOKE, tmf622.handlers, tmf622_v5.wire_path),
    _Face(tmf641_v5.SPOKE, tmf641.handlers, tmf641_v5.wire_path),
    _Face(tmf678_v5.SPOKE, tmf678.handlers, tmf678_v5.wire_path),
)

SPOKES = tuple(face.spoke for face in FACES)
"""The spokes of all faces, for whoever sends notifications."""


def build_faces(  # noqa: PLR0913 - the wiring names each part once
    desk: Desk,
    repository: Repository,
    rules: Rules,
    *,
    documents: Path,
    settings: FaceSettings | None = None,
    authenticate: Authenticate | None = None,
    inbox: Inbox | None = None,
    hub: Hub | None = None,
    mender: Mender | None = None,
    vocabularies: Vocabularies | None = None,
    rule_desk: RuleDesk | None = None,
    office: StreamOffice | None = None,
    backbone: BackboneOffice | None = None,
    is_draining: Callable[[], bool] = lambda: False,
    signer: CallbackSigner | None = None,
) -> ASGIApp:
    """Return the application that serves every face. Raises SetupError for a broken document.

    `authenticate` is asked about every request of a face; the `inbox` keeps notifications that others send here.
    Without a `rule_desk`, rule sets cannot be staged here; without a `signer` no legacy system can report back. While
    `is_draining` the gateway calls itself unavailable.
    """
    settings = settings or FaceSettings()
    served: list[tuple[str, dict[str, Any], FaceDefinition]] = []
    for face in FACES:
        document = load_document(documents / face.spoke.document)
        parts = Parts(face.spoke, document, desk, repository, settings, inbox)
        alias = ORDER_ITEM if settings.order_item_alias and face.handlers is tmf641.handlers else None
        rewrite = without_demands(face.spoke.not_demanded)
        definition = FaceDefinition(face.spoke.face, face.handlers(parts), face.wire_path, alias, rewrite)
        served.append((face.spoke.base, document, definition))
    document = load_document(documents / LIFECYCLE_DOCUMENT)
    own = lifecycle_face(
        desk, repository, rules, settings, mender=mender, vocabularies=vocabularies, rule_desk=rule_desk,
        office=office, backbone=backbone, hub=hub, inbox=inbox, is_draining=is_draining, signer=signer,
    )  # fmt: skip
    served.append((_base(document), document, own))
    return _application(served, documents, settings, authenticate)


class _Pages(SwaggerUIMiddleware):  # type: ignore[misc]
    """Swagger UI, which sends nobody to another address for the want of a slash: a 404 is a 404."""

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(app)
        self.router.redirect_slashes = False


def _application(
    served: list[tuple[str, dict[str, Any], FaceDefinition]],
    documents: Path,
    settings: FaceSettings,
    authenticate: Authenticate | None,
) -> ASGIApp:
    faces: Mapping[str, FaceDefinition] = {base: definition for base, _, definition in served}
    one_pass = partial(OnePass, faces=faces, settings=settings, authenticate=authenticate)
    app = ConnexionMiddleware(not_found_app(settings), specification_dir=documents, middlewares=[one_pass, _Pages])
    with without_checking_documents():
        for base, document, _ in served:
            app.add_api(document, base_path=base)
        _assemble(app)
    assembled: ASGIApp = app
    return assembled


def _assemble(app: Any) -> None:
    """Let connexion put the middlewares together now rather than at the first request, so that faults show early.

    It does so when it is first called; what is no request passes through to nobody, without waiting.
    """
    call = app({"type": "start"}, None, None)
    try:
        call.send(None)
    except StopIteration:
        return
    finally:
        call.close()


def _base(document: dict[str, Any]) -> str:
    return str(document["servers"][0]["url"]).rstrip("/")
