"""What is played with PHP's SoapServer, and replayed without it."""

import pytest

from gateway.ports.errors import TryLater
from gateway.ports.outcome import Known
from tests.adapters.orders import done, fibre, rates, said

SOLD = {"downstreamRate": {"amount": 500000, "units": "kbit/s"}, "upstreamRate": {"amount": 50000, "units": "kbit/s"}}


async def lives(soap):
    """A service is made once, changed, suspended, taken up again and ended."""
    for _ in range(2):
        on = await done(soap, fibre(order="P-1"))
    assert [one.value for one in said(on, "service.activated")] == [SOLD, SOLD]
    same = {"product": "PR-P-1-1", "action": "modify"}
    slower = await done(soap, fibre(order="P-2", characteristics=rates(100000, 20000), **same))
    assert said(slower, "service.activated", "soap-probe")[0].value["downstreamRate"]["amount"] == 100000
    assert said(await done(soap, fibre(order="P-3", state="inactive", **same)), "service.suspended", "soap-probe")
    assert said(await done(soap, fibre(order="P-4", was="suspended", **same)), "service.resumed", "soap-probe")
    ended = await done(soap, fibre(order="P-5", action="delete", state="terminated", product="PR-P-1-1"))
    assert said(ended, "service.ceased", "soap-probe")
    assert await soap.outcome_of(fibre(order="P-1")) is Known.PRESENT


async def is_refused(soap):
    """A fault with status 500 refuses the item."""
    (refusal,) = (await done(soap, fibre(order="P-6", place="NOWHERE"))).refusals
    assert (refusal.legacy_code.rpartition(":")[2], refusal.legacy_text) == ("Client.NoPort", "no port at that site")


async def is_busy(soap):
    """A fault that passes is tried later, and nothing was made."""
    with pytest.raises(TryLater, match="come again"):
        await soap.submit(fibre(order="P-7", place="BUSY"))
    assert await soap.outcome_of(fibre(order="P-7")) is Known.ABSENT


async def is_called_back(soap):
    """What was added is ended by a cancellation."""
    await done(soap, fibre(order="P-8"))
    assert said(await soap.cancel(fibre(order="P-8")), "service.ceased")


SCENARIOS = (lives, is_refused, is_busy, is_called_back)
