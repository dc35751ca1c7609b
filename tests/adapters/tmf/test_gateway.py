"""The adapter with another gateway as its upstream: both faces, both versions, and two gateways in a chain."""

import asyncio
import time
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from adapters.simulated import launch
from adapters.simulated.plugins import CRM
from adapters.tmf.plugin import PLUGIN
from gateway.app.demo import bodies
from gateway.app.demo.client import GatewayClient, is_at_end
from gateway.app.serve import running
from gateway.app.settings import Settings
from gateway.canonical.common import Place
from gateway.ports.adapter import Outcome, Role
from gateway.ports.errors import Refused
from gateway.ports.outcome import Known
from tests.adapters.orders import NOW, fibre, rates, said

pytestmark = [pytest.mark.server, pytest.mark.asyncio(loop_scope="module")]

FACES = [(face, version) for face in ("tmf641", "tmf622") for version in ("v4", "v5")]
SOLD = {"customer": "CUST-1001", "billing_account": "BA-1001", "offerings": {"FIBRE-100": "FIBRE-100"}}
LANDSCAPE = """\
name: reseller
zone: Europe/Berlin
region: DE
policy: {{proration: none}}
catalogue: catalogue.yaml
rules: rules.yaml
roles:
  customer: {{adapter: simulated-crm, settings: {{}}}}
  field-work: {{adapter: simulated-field, settings: {{}}}}
  activation: {{adapter: tmf, settings: {{url: "{url}", {more}}}}}
  billing: {{adapter: simulated-billing, settings: {{}}}}
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def upstream(tmp_path_factory):
    """The address of a gateway over the simulated landscape."""
    folder = tmp_path_factory.mktemp("upstream")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(launch, "start_simulated", launch.start_local)
        settings = Settings(port=0, database=f"sqlite:///{folder / 'gateway.sqlite'}", pace=0.0, ask_after_seconds=0.05)
        async with running(settings) as (_, address):
            yield address


@pytest_asyncio.fixture(loop_scope="module")
async def make_adapter(upstream):
    """Make an adapter for a face and a version."""
    made = []

    def make(face="tmf641", version="v4", **more):
        settings = {"url": upstream, "face": face, "version": version, **SOLD, **more}
        made.append(PLUGIN.create(Role.ACTIVATION, PLUGIN.settings(**settings), Path()))
        return made[-1]

    yield make
    for one in made:
        await one.close()


def asked(order, place):
    """Return a message that says where the fibre is to be."""
    made = fibre(order=order, characteristics=rates(100000, 20000), offering="FIBRE-100")
    places = (Place(id=f"ADDR-{place}", role="installation"),)
    (item,) = made.order.items
    named = rates(100000, 20000)
    product = item.product.model_copy(update={"places": places, "characteristics": named})
    order = made.order.model_copy(update={"items": (item.model_copy(update={"product": product}),), "order_date": NOW})
    (service_order,) = made.service_orders
    (line,) = service_order.items
    line = line.model_copy(update={"service": line.service.model_copy(update={"places": places})})
    whole = service_order.model_copy(update={"items": (line,), "order_date": NOW})
    return made.model_copy(update={"order": order, "service_orders": (whole,)})


async def done(adapter, message, seconds=30):
    until = time.monotonic() + seconds
    report = await adapter.submit(message)
    while report.outcome is Outcome.WORKING:
        assert time.monotonic() < until
        await asyncio.sleep(0.02)
        report = await adapter.fetch(message)
    return report


@pytest.mark.parametrize(("face", "version"), FACES)
async def test_an_order_is_delivered_by_an_upstream_of_every_face(make_adapter, face, version):
    tmf, message = make_adapter(face, version), asked(f"{face}-{version}", 1010 + FACES.index((face, version)))
    assert await tmf.outcome_of(message) is Known.ABSENT
    report = await done(tmf, message)
    assert not report.refusals
    (fact,) = said(report, "service.activated")
    assert fact.value["downstreamRate"] == {"amount": 100000, "units": "kbit/s"}
    assert await tmf.outcome_of(message) is Known.PRESENT
    assert (await tmf.submit(message)).legacy_ids == report.legacy_ids


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def idle(tmp_path_factory):
    """The address of a gateway that takes orders and does no work."""
    folder = tmp_path_factory.mktemp("idle")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(launch, "start_simulated", launch.start_local)
        settings = Settings(port=0, database=f"sqlite:///{folder / 'gateway.sqlite'}", workers=0)
        async with running(settings) as (_, address):
            yield address


@pytest.mark.parametrize(("face", "version"), FACES)
async def test_an_order_is_asked_to_be_cancelled_once(make_adapter, idle, face, version):
    tmf, message = make_adapter(face, version, url=idle), asked(f"unwanted-{face}-{version}", 1031)
    assert (await tmf.cancel(message)).outcome is Outcome.DONE  # nothing was ordered
    await tmf.submit(message)
    for _ in range(2):
        assert (await tmf.cancel(message)).outcome is Outcome.WORKING
    (order,) = await tmf._client.named(message.reference_key)
    assert order["state"] == "assessingCancellation"
    assert len(await tmf._client.cancellations(order["id"])) == 1


async def test_a_cancelled_order_is_none_that_was_delivered(make_adapter):
    tmf, message = make_adapter("tmf622", "v5"), asked("held", 9001)  # nobody knows whether fibre is there
    await tmf.submit(message)
    until = time.monotonic() + 30
    while (report := await tmf.cancel(message)).outcome is Outcome.WORKING:
        assert time.monotonic() < until
        await asyncio.sleep(0.02)
    assert not report.facts
    assert (await tmf.fetch(message)).refusals[0].legacy_code == "cancelled"


async def test_what_was_delivered_is_not_cancelled(make_adapter):
    tmf, message = make_adapter(), asked("delivered", 1020)
    await done(tmf, message)
    with pytest.raises(Refused, match="delivered"):
        await tmf.cancel(message)


RULES = "name: reseller\nversion: 1\nbindings: [{{rule: ACT-002, mode: {mode}}}]\n"


@pytest.mark.parametrize(
    ("more", "mode", "assurance"),
    [
        ("poll_seconds: 0.05, trusts_milestone: activated", "enforce", "corroborated"),
        ("poll_seconds: 600", "warn", "asserted"),
    ],
    ids=["polling", "notifications"],
)
async def test_two_gateways_in_a_chain(upstream, tmp_path, monkeypatch, more, mode, assurance):
    """Asked again and again, or told; then one word is enough, since what it rests on is not in the notification."""
    catalogue = CRM.landscapes["simulated"].with_name("catalogue.yaml").read_text()
    (tmp_path / "catalogue.yaml").write_text(catalogue.replace("    resources: [port]\n", ""))
    (tmp_path / "landscape.yaml").write_text(LANDSCAPE.format(url=upstream, more=more))
    (tmp_path / "rules.yaml").write_text(RULES.format(mode=mode))
    monkeypatch.setattr(launch, "start_simulated", launch.start_local)
    settings = Settings(
        port=0,
        database=f"sqlite:///{tmp_path / 'gateway.sqlite'}",
        landscape=str(tmp_path / "landscape.yaml"),
        pace=0.0,
        ask_after_seconds=0.05,
    )
    async with running(settings) as (_, address), GatewayClient(address) as client:
        if "600" in more:
            hub = f"{upstream}/tmf-api/serviceOrdering/v4/hub"
            callback = f"{address}/tmf-api/serviceOrdering/v4/listener/serviceOrderStateChangeEvent"
            body = {"callback": callback, "query": "eventType=ServiceOrderStateChangeEvent"}
            async with httpx.AsyncClient(trust_env=False) as http:
                assert (await http.post(hub, json=body)).status_code == 201
        item = bodies.added("1", "FIBRE-500", 1011, place=1030, characteristics=[bodies.rate(500)])
        made = await client.create("tmf622-v4", bodies.product_order(f"chain-{mode}", 1011, [item]))
        order_id = made.json()["id"]
        until = time.monotonic() + 60
        while not is_at_end(timeline := await client.timeline(order_id)):
            assert time.monotonic() < until, timeline["lifecycle"]
            await asyncio.sleep(0.05)
        assert (await client.read("tmf622-v4", order_id))["state"] == "completed"
    (runs,) = [one for one in timeline["facts"] if one["predicate"] == "service.activated"]
    assert (runs["source"]["system"], runs["assurance"]) == ("tmf", assurance)
