"""What the four simulated adapters carry of a rich order and of their systems' answers, and what they say they leave."""

from pathlib import Path

from adapters.simulated.plugins import ACTIVATION, BILLING, CRM, FIELD
from gateway.canonical.reference import Reference
from gateway.ports.adapter import Message, Operation, Outcome, Role
from gateway.ports.loss import Direction, Fate, losses_of
from tests.adapters.rich import ORDER, SERVICE_ORDER

STEPS = (
    (CRM, Role.CUSTOMER, (Operation.GATHER,)),
    (FIELD, Role.FIELD_WORK, (Operation.BOOK, Operation.BUILD)),
    (ACTIVATION, Role.ACTIVATION, (Operation.RESERVE, Operation.ACTIVATE)),
    (BILLING, Role.BILLING, (Operation.CHARGE, Operation.BILL)),
)


async def carried(simulation, offerings):
    """Take the order through all four systems and return the adapters by role."""
    made, facts, known = {}, (), Reference(offerings=offerings)
    for plugin, role, operations in STEPS:
        adapter = made[role] = plugin.create(role, plugin.settings(**simulation.settings[role]), Path())
        for operation in operations:
            message = Message(
                id=f"O-1:{operation}",
                role=role,
                operation=operation,
                order=ORDER,
                service_orders=(SERVICE_ORDER,),
                items=("1",),
                facts=facts,
                reference=known,
            )
            report = await adapter.submit(message)
            while report.outcome is Outcome.WORKING:
                report = await adapter.fetch(message)
            assert not report.refusals
            facts = (*facts, *report.facts)
            known = known.merged(report.reference) if report.reference else known
        await adapter.close()
    return made


async def test_nothing_is_lost_that_nobody_declared(simulation, offerings):
    adapters = await carried(simulation, offerings)
    for adapter in adapters.values():
        book = losses_of(adapter)
        assert book is not None
        assert [str(one) for one in book.findings] == []
    charged = adapters[Role.BILLING].losses.report("O-1:charge")
    fates = {one.member: one.fate for one in charged.members if one.direction is Direction.TO_LEGACY}
    assert fates["order.items.prices.net"] is fates["order.items.prices.alterations.duration"] is Fate.MAPPED
    assert fates["order.items.prices.period"] is Fate.DROPPED
    assert all(one.note for one in charged.members if one.fate is Fate.DROPPED)
    seen = {one.member for one in adapters[Role.FIELD_WORK].losses.report("O-1:build").members}
    assert {"ticket.Visit.Documents.Sha256", "ticket._url", "order.items.appointment.id"} <= seen
