"""Notifications that a cancel task needs information, as the documents of all faces that have them say it."""

import pytest

from gateway.app.documents import documents_directory
from gateway.canonical.common import Ref
from gateway.canonical.lifecycle import CancelTask, Checkpoint, Lifecycle, ResourceKind
from gateway.canonical.order import ProductOrder
from gateway.canonical.service_order import ServiceOrder
from gateway.canonical.states import OrderState, TaskState
from gateway.faces.application import SPOKES
from gateway.faces.checks import body_check
from gateway.faces.documents import load_document
from gateway.lifecycle.draft import Draft
from gateway.ports.repository import Aggregate

SPOKE = {spoke.face: spoke for spoke in SPOKES}
CANCELLED = {
    "tmf622": (ResourceKind.PRODUCT_ORDER, ResourceKind.CANCEL_PRODUCT_ORDER, ProductOrder, "CancelProductOrder"),
    "tmf641": (ResourceKind.SERVICE_ORDER, ResourceKind.CANCEL_SERVICE_ORDER, ServiceOrder, "CancelServiceOrder"),
}


@pytest.mark.parametrize("face", ["tmf622-v4", "tmf622-v5", "tmf641-v4", "tmf641-v5"])
async def test_a_cancel_task_that_needs_information_says_so(
    ears, register, repository, clock, working, wait_until, face
):
    ear = ears()
    await register(ear.url, face)
    kind, task_kind, model, name = CANCELLED[face.partition("-")[0]]
    draft = Draft(Aggregate(lifecycle=Lifecycle(id="o1", root=kind, checkpoint=Checkpoint.CANCELLING)), clock.now())
    draft.create(kind, model(id="o1", state=OrderState.ASSESSING_CANCELLATION, order_date=clock.now()))
    draft.create(task_kind, CancelTask(id="t1", kind=task_kind, order=Ref(id="o1"), state=TaskState.IN_PROGRESS))
    draft.inform(task_kind, "t1")
    await repository.save(draft.finish())
    async with working():
        await wait_until(lambda: len(ear.heard) == 3)
    told = ear.heard[2]
    assert told["eventType"] == f"{name}InformationRequiredEvent"
    spoke = SPOKE[face]
    document = load_document(documents_directory() / spoke.document)
    path = f"/listener/{name[0].lower()}{name[1:]}InformationRequiredEvent"
    schema = document["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"]
    body_check(document, schema)(told)
    (resource,) = {one["id"] for one in told["event"].values()}
    assert resource == "t1"
