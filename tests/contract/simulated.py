"""The four reference adapters as targets of the kit, over simulated systems in this process."""

import inspect
from functools import cache
from pathlib import Path

import httpx

from adapters.simulated import plugins
from contract_tests.adapter import (
    ActivationContract,
    AdapterTarget,
    BillingContract,
    CustomerContract,
    Fault,
    FieldWorkContract,
    LegacySide,
)
from contract_tests.adapter.base import excuse
from contract_tests.checks import check_of
from contract_tests.drive import Excused
from gateway.ports.adapter import OPERATIONS, Role
from gateway.vocabulary.load import load_vocabularies

ADAPTERS = Path(plugins.__file__).parent
PARTS = {
    Role.CUSTOMER: (plugins.CRM, "crm", CustomerContract),
    Role.FIELD_WORK: (plugins.FIELD, "field", FieldWorkContract),
    Role.ACTIVATION: (plugins.ACTIVATION, "activation", ActivationContract),
    Role.BILLING: (plugins.BILLING, "billing", BillingContract),
}
CALLED = {Fault.REFUSED: "refuse-item:1", Fault.DOWN: "down:60"}


class SimulatedLegacy(LegacySide):
    """One simulated system, told by its control routes."""

    def __init__(self, simulation, role):
        self.simulation, self.role, self.url = simulation, role, simulation.urls[role]
        self.faults = frozenset(Fault) - (set() if role is Role.ACTIVATION else {Fault.REFUSED})
        self.told = set()

    async def misbehave(self, fault, reference):
        self.told.add(reference)
        body = {"reference": reference, "fault": CALLED.get(fault, fault.value)}
        async with httpx.AsyncClient(trust_env=False, verify=False) as http:
            (await http.post(f"{self.url}/_faults", json=body)).raise_for_status()

    async def heal(self):
        async with httpx.AsyncClient(trust_env=False, verify=False) as http:
            while self.told:
                await http.delete(f"{self.url}/_faults", params={"reference": self.told.pop()})

    async def made(self, reference):
        store = self.simulation._served[self.role]._system.store
        entries = [f"{one['operation']} {one['item']}" for one in store.journal(reference)["entries"]]
        withdrawn = [row["NR"] for row in store.of_reference("case", reference) if row["STATUS"] == "STORNO"]
        withdrawn += [
            row["id"]
            for contract in store.of_reference("contract", reference)
            for row in store.of_reference("charge", contract["id"])
            if row["state"] == "CANC"
        ]
        return [*entries, *(f"withdraw {number}" for number in withdrawn)]


@cache
def tables_of(codes):
    """The tables of a file, read once for all adapters of these tests."""
    return load_vocabularies(codes)


def target_of(simulation, role, made=None, codes=None, conformance=None):
    """Return the target of a role. `made` makes its adapter of settings and tables in place of the class itself."""
    plugin, part, _ = PARTS[role]
    codes = codes or ADAPTERS / part / "codes.yaml"
    settings = plugin.settings(**simulation.settings[role])
    hurried = plugin.settings(**simulation.settings[role], answer_seconds=0.2)
    adapter = made or type(plugin.create(role, settings, codes.parent))
    return AdapterTarget(
        create=lambda: adapter(settings, tables_of(codes)),
        conformance=conformance or ADAPTERS / part / "conformance.yaml",
        vocabularies=[codes],
        legacy=SimulatedLegacy(simulation, role),
        hurried=lambda: adapter(hurried, tables_of(codes)),
    )


async def run(contract, target, only=(), reference=None):
    """Run the checks of a contract without pytest; return {case: what is wrong}, '' for nothing, None if excused."""
    found = {}
    for name in dir(contract):
        function = getattr(contract, name)
        check = check_of(function)
        if check is None or (only and check.code not in only):
            continue
        wanted = inspect.signature(function).parameters
        cases = [{}]
        if "scenario" in wanted:
            cases = [{"scenario": one} for one in contract.all_scenarios().values()]
        elif "operation" in wanted:
            cases = [{"operation": one} for one in OPERATIONS[contract.role]]
        for case in cases:
            arguments = case | ({"reference": reference} if "reference" in wanted else {})
            label = f"{check.code} {'/'.join(getattr(one, 'name', str(one)) for one in case.values())}".strip()
            try:
                excuse(target, function, case.get("scenario"))
                await function(contract(), target=target, **arguments)
                found[label] = ""
            except Excused:
                found[label] = None
            except Exception as error:  # noqa: BLE001 - whatever a check raises is its verdict
                found[label] = f"{type(error).__name__}: {error}"
            await target.close()
    return found
