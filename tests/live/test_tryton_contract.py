"""The contract kit, asked of both adapters of a real Tryton; a proxy makes the faults that Tryton never shows."""

import asyncpg
import orjson
import pytest

from adapters.tryton.client import TrytonClient
from adapters.tryton.settings import TrytonSettings
from contract_tests.adapter import BillingContract, CustomerContract, Fault
from contract_tests.proxy import FaultProxy
from gateway.ports.adapter import Role
from tests.adapters.keeping import kept
from tests.adapters.playing import RECORD
from tests.adapters.tryton.kit import adapter_of, target_of

LOOKS = {"search_read", "get_preferences", "login"}
SESSION = {}
LEADS = "SELECT 'lead ' || id || ' ' || state FROM sale_opportunity WHERE reference = $1 ORDER BY id"
CHARGES = """
    WITH line AS (SELECT l.id, s.state FROM sale_subscription_line l JOIN sale_subscription s ON s.id = l.subscription
        WHERE s.reference = $1),
    sold AS (SELECT l.id, s.state FROM sale_line l JOIN sale_sale s ON s.id = l.sale WHERE s.reference = $1),
    used AS (SELECT c.id, c.invoice_line FROM sale_subscription_line_consumption c JOIN line ON line.id = c.line)
    SELECT 'line ' || id || ' ' || state FROM line
    UNION ALL SELECT 'sold ' || id FROM sold
    UNION ALL SELECT 'period ' || id FROM used
    UNION ALL SELECT DISTINCT 'invoice ' || i.id || ' ' || i.state
        FROM account_invoice i JOIN account_invoice_line l ON l.invoice = i.id
        WHERE i.state <> 'draft' AND (l.id IN (SELECT invoice_line FROM used)
        OR l.origin IN (SELECT 'sale.line,' || id FROM sold))
"""
UNKNOWN = {
    Role.CUSTOMER: (
        "UPDATE currency_currency SET code = 'ECU' WHERE code = 'EUR'",
        "UPDATE currency_currency SET code = 'EUR' WHERE code = 'ECU'",
    ),
    Role.BILLING: (
        """CREATE FUNCTION strange() RETURNS trigger LANGUAGE plpgsql AS $do$ BEGIN
        NEW.description := replace(NEW.description, '[kind=', '[kind=strange-'); RETURN NEW; END $do$;
        CREATE TRIGGER strange BEFORE INSERT ON sale_subscription_line FOR EACH ROW EXECUTE FUNCTION strange()""",
        "DROP FUNCTION IF EXISTS strange CASCADE",
    ),
}
REFUSED = "UPDATE party_identifier SET active = %s WHERE code IN ('BA-1001', 'BA-1002', 'BA-1003')"


def changes(request):
    """Whether a call may change something: its method is the body's."""
    name, _, method = orjson.loads(request.content)["method"].rpartition(".")
    return method == "execute" if name.startswith("wizard.") else method not in LOOKS


class Books(FaultProxy):
    """Tryton behind a proxy; what it has made is read out of its database."""

    def __init__(self, tryton, role):
        super().__init__(tryton.settings[role]["url"], changes=changes)
        self.database, self.role = f"{tryton.postgres.url}tryton", role
        self.faults |= {Fault.UNKNOWN_CODE} | ({Fault.REFUSED} if role is Role.BILLING else set())
        self.healing = []

    async def sql(self, text, *values):
        connection = await asyncpg.connect(self.database)
        try:
            return await connection.fetch(text, *values) if values else await connection.execute(text)
        finally:
            await connection.close()

    async def misbehave(self, fault, reference):
        if fault is Fault.UNKNOWN_CODE:
            await self.sql(UNKNOWN[self.role][0])
            self.healing.append(UNKNOWN[self.role][1])
        elif fault is Fault.REFUSED:
            await self.sql(REFUSED % "false")
            self.healing.append(REFUSED % "true")
        else:
            await super().misbehave(fault, reference)

    async def heal(self):
        await super().heal()
        while self.healing:
            await self.sql(self.healing.pop())

    async def made(self, reference):
        rows = await self.sql(LEADS if self.role is Role.CUSTOMER else CHARGES, reference)
        return [one for (one,) in rows]


async def targeted(tryton, role):
    async with Books(tryton, role) as side:
        settings = TrytonSettings(**{**tryton.settings[role], "url": side.url})
        if not SESSION and not RECORD:  # a replay begins with its login
            client = TrytonClient(settings)
            await client.context()
            SESSION.update({name: vars(client)[name] for name in ("_session", "_user", "_context")})
            await client.close()

        def create(**more):
            adapter = adapter_of(role, settings.model_copy(update=more))
            vars(adapter._client).update(SESSION)  # Tryton takes 0.2 s to check a password, and there are 200 adapters
            return adapter

        yield target_of(role, create, side, lambda: create(answer_seconds=1.0))


class TestCustomer(CustomerContract):
    """Every check of parties, accounts and sites."""

    @pytest.fixture
    async def target(self, tryton):
        async for one in targeted(tryton, Role.CUSTOMER):
            yield one


class TestBilling(BillingContract):
    """Every check of charges and bills."""

    @pytest.fixture
    async def target(self, tryton):
        async for one in targeted(tryton, Role.BILLING):
            yield one


if RECORD:

    @pytest.mark.parametrize(("role", "contract"), [(Role.CUSTOMER, CustomerContract), (Role.BILLING, BillingContract)])
    async def test_what_it_says_is_kept(tryton, role, contract):
        async for target in targeted(tryton, role):
            for scenario in contract.all_scenarios().values():
                await kept(target, scenario)
            await target.close()
