"""Tryton's adapters as targets of the contract kit."""

from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from adapters.sdk.recording import recorded
from adapters.tryton.billing.adapter import TrytonBilling
from adapters.tryton.customer.adapter import TrytonCustomer
from adapters.tryton.plugin import PLUGIN
from adapters.tryton.settings import TrytonSettings
from contract_tests.adapter import AdapterTarget
from gateway.ports.adapter import Role
from gateway.vocabulary.load import load_vocabularies

RECORDED = Path(__file__).with_name("recorded")
NAMES = {
    "CUST-1019": "CUST-1098",  # whose account BA-1099 is closed
    "TV-BASIC": "TV-LIGHT",
    "VOICE": "STATIC-IP",
}
NOWHERE = TrytonSettings(url="http://127.0.0.1:9", password="hidden", database="tryton")
TABLES = {role: load_vocabularies(file) for role, file in PLUGIN.vocabularies.items()}
DRIVEN = {role: {} for role in PLUGIN.roles}


def adapter_of(role, settings, now=None):
    """Return an adapter; of billing one that knows the time."""
    if role is Role.CUSTOMER:
        return TrytonCustomer(settings, TABLES[role])
    return TrytonBilling(settings, TABLES[role], *([] if now is None else [lambda: now]))


def target_of(role, create, legacy, hurried=None):
    """Return the target of a role."""

    @contextmanager
    def replay(folder):
        now = datetime.fromisoformat((folder / "now.txt").read_text().strip())
        with recorded(folder):
            yield adapter_of(role, NOWHERE, now)

    codes = PLUGIN.vocabularies[role]
    return AdapterTarget(
        create=create,
        hurried=hurried,
        conformance=codes.with_name("conformance.yaml"),
        vocabularies=[codes],
        legacy=legacy,
        names=NAMES,
        recorded=RECORDED / role.value,
        replay=replay,
        driven=DRIVEN[role],
        neighbours=2,
    )
