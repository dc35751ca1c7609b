"""What is played with tmf-mock, and replayed without it. `told(number, state)` moves an order there; it moves by nothing else."""

import pytest

from gateway.ports.adapter import Outcome
from gateway.ports.errors import Refused
from tests.adapters.orders import fibre, said


async def is_followed(tmf, told):
    """An order is placed once, and followed to its end."""
    first = await tmf.submit(fibre(order="M-1"))
    assert first.outcome is Outcome.WORKING
    number = first.legacy_ids["tmf M-1"]
    assert (await tmf.submit(fibre(order="M-1"))).legacy_ids["tmf M-1"] == number
    await told(number, "inProgress")
    assert (await tmf.fetch(fibre(order="M-1"))).outcome is Outcome.WORKING
    await told(number, "completed")
    (fact,) = said(await tmf.fetch(fibre(order="M-1")), "service.activated")
    assert fact.value["downstreamRate"] == {"amount": 500000, "units": "kbit/s"}
    with pytest.raises(Refused, match="delivered"):
        await tmf.cancel(fibre(order="M-1"))


async def is_cancelled(tmf, told):
    """An order is cancelled by its state."""
    made = await tmf.submit(fibre(order="M-3"))
    assert (await tmf.cancel(fibre(order="M-3"))).outcome is Outcome.DONE
    known = fibre(order="M-3", legacy_ids=made.legacy_ids)
    assert (await tmf.fetch(known)).refusals[0].legacy_code == "cancelled"


SCENARIOS = (is_followed, is_cancelled)
