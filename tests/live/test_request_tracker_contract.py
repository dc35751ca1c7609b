"""The contract kit, asked of the adapter of a real Request Tracker; a proxy makes the faults that it never shows."""

import sqlite3
from contextlib import closing

import httpx
import pytest

from adapters.request_tracker.settings import RequestTrackerSettings
from contract_tests.adapter import Fault, FieldWorkContract
from contract_tests.proxy import FaultProxy
from gateway.ports.adapter import Role
from tests.adapters.keeping import kept
from tests.adapters.playing import RECORD
from tests.adapters.request_tracker.kit import target_of

TICKETS = """
    SELECT t.id, t.Status, (SELECT Content FROM ObjectCustomFieldValues v JOIN CustomFields f ON f.id = v.CustomField
        WHERE v.ObjectType = 'RT::Ticket' AND v.ObjectId = t.id AND f.Name = 'Item')
    FROM Tickets t JOIN ObjectCustomFieldValues o ON o.ObjectId = t.id AND o.ObjectType = 'RT::Ticket'
    WHERE o.Content = ? ORDER BY t.id"""
CHANGES = """
    SELECT x.Type, x.NewValue FROM Transactions x WHERE x.ObjectType = 'RT::Ticket' AND x.ObjectId = ?
        AND (x.Type = 'Create' OR x.Type = 'Status' AND x.NewValue <> 'resolved') ORDER BY x.id"""
TIMES = {"Starts": "2030-01-07 08:00:00", "Due": "2030-01-07 12:00:00"}
FOUND, STRANGE = ["PHOTO house.jpg", "OTDR trace.sor -18.2 dBm"], ["SKETCH cellar.png"]


class Tickets(FaultProxy):
    """Request Tracker behind a proxy, with a dispatcher and a crew; what was changed is read out of its database."""

    def __init__(self, tracker):
        said = tracker.settings[Role.FIELD_WORK]
        super().__init__(said["url"])
        self.faults |= {Fault.UNKNOWN_CODE, Fault.REFUSED}
        self.settings, self.database, self.told = RequestTrackerSettings(**said), tracker.database, {}

    def rows(self, text, *values):
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)) as connection:
            return connection.execute(text, values).fetchall()

    async def misbehave(self, fault, reference):
        if fault in {Fault.UNKNOWN_CODE, Fault.REFUSED}:
            self.told[reference] = fault
        else:
            await super().misbehave(fault, reference)

    async def heal(self):
        await super().heal()
        self.told.clear()

    async def made(self, reference):
        return [
            f"{kind} {ticket} {value or ''}".strip()
            for ticket, _, _ in self.rows(TICKETS, reference)
            for kind, value in self.rows(CHANGES, ticket)
        ]

    async def put(self, ticket, body):
        """Change a ticket as people do: past the proxy, and past what is recorded."""
        who = (self.settings.user, self.settings.secret())
        async with httpx.AsyncClient(base_url=self.settings.url, auth=who, verify=False, trust_env=False) as http:
            (await http.put(f"/REST/2.0/ticket/{ticket}", json=body)).raise_for_status()

    async def carry_on(self, reference):
        """Set the times of a visit, and close what was handed over to a crew."""
        fault = self.told.get(reference)
        for ticket, status, item in self.rows(TICKETS, reference):
            if fault is Fault.REFUSED and item == "1" and status in {"new", "open"}:
                await self.put(ticket, {"Status": "rejected"})
            elif status == "new":
                await self.put(ticket, TIMES)
            elif status == "open":
                said = STRANGE if fault is Fault.UNKNOWN_CODE else FOUND
                await self.put(ticket, {"CustomFields": {"Serial": [f"ALCL{ticket:08}"], "Evidence": said}})
                await self.put(ticket, {"Status": "resolved"})


@pytest.fixture
async def target(request_tracker):
    said = request_tracker.settings[Role.FIELD_WORK]
    async with Tickets(request_tracker) as side:
        yield target_of(RequestTrackerSettings(**{**said, "url": side.url, "wait_seconds": 0.1}), side)


class TestRequestTracker(FieldWorkContract):
    """Every check of the role."""


if RECORD:

    @pytest.mark.parametrize("scenario", FieldWorkContract.all_scenarios().values(), ids=lambda one: one.name)
    async def test_what_it_says_is_kept(target, scenario):
        await kept(target, scenario)
        await target.close()
