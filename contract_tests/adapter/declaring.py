"""Level 1: what an adapter supports is said, and is what it says of itself."""

from contract_tests.adapter.base import Checks
from contract_tests.agreement import members_of
from contract_tests.checks import check, checks_in, require
from contract_tests.drive import applying, does
from contract_tests.recorded import RECORDINGS
from contract_tests.scenario import Run, Step
from contract_tests.target import SECRET, AdapterTarget, Fault
from gateway.canonical.fact import PREDICATES
from gateway.ports.adapter import OPERATIONS, Operation
from gateway.ports.errors import AdapterError, NotSupported
from gateway.ports.outcome import OutcomeTeller
from gateway.ports.readback import ReadBack

__all__ = ["DeclarationChecks"]


class DeclarationChecks(Checks):
    """The conformance file, the capabilities, and whether they are the same."""

    @check("DEC-1", 1, "the conformance file says of everything whether it is supported, and why not")
    async def test_everything_is_declared(self, target: AdapterTarget) -> None:
        """Silence is a failure, and so is an excuse that has run out."""
        declaration = target.declaration
        rows = [*declaration.missing(self.role), *declaration.expired()]
        scenarios = self.all_scenarios()
        names = {one.code for one in checks_in(type(self))} | set(scenarios) | PREDICATES
        names |= {member for one in scenarios.values() for step in one.steps for member in members_of(step.expected)}
        rows += declaration.unknown(names | {fault.value for fault in Fault} | {RECORDINGS})
        require(self.test_everything_is_declared, rows)

    @check("DEC-2", 1, "the adapter's capabilities are those of its conformance file")
    async def test_capabilities_are_as_declared(self, target: AdapterTarget) -> None:
        """Both name the same operations with the same answers, and what is promised beside them is there."""
        adapter, declaration, rows = target.adapter(), target.declaration, []
        if adapter.role is not self.role:
            rows.append(f"the adapter plays {adapter.role}, and this is the contract of {self.role}")
        names = [operation.value for operation in OPERATIONS[self.role]]
        silent = set(declaration.missing(self.role))
        rows += [row for row in declaration.differences(self.role, adapter.capabilities) if row not in silent]
        if not isinstance(adapter, ReadBack) and (does(target, "observe") or does(target, "inventory")):
            rows.append("observe or inventory is declared, and the adapter has no such method")
        looks = any(adapter.capabilities.get(f"lookup {name}") in {"full", "partial"} for name in names)
        if looks and not isinstance(adapter, OutcomeTeller):
            rows.append("a lookup is declared, and the adapter has no outcome_of")
        require(self.test_capabilities_are_as_declared, rows)

    @check("DEC-3", 1, "the adapter says in one line how its system is, and names no secret")
    async def test_it_says_how_it_is(self, target: AdapterTarget) -> None:
        """`check` answers while the system is well."""
        said, rows = await target.adapter().check(), []
        if not isinstance(said, str) or not said.strip() or "\n" in said:
            rows.append(f"check() says {said!r}")
        elif SECRET in said:
            rows.append("check() shows a secret")
        require(self.test_it_says_how_it_is, rows)

    @check("DEC-4", 1, "what is not declared is answered with NotSupported, and nothing is sent")
    async def test_what_is_not_declared_is_not_supported(self, target: AdapterTarget) -> None:
        """Operations of other roles, and those of this one that are declared not to be done."""
        adapter, rows = target.adapter(), []
        scenario = applying(target, self.all_scenarios().values())[0]
        for operation in Operation:
            if does(target, operation.value) and operation in OPERATIONS[self.role]:
                continue
            run = Run(scenario, target)
            message = run.message(Step(operation.value, operation, {}))
            before = list(await target.legacy.made(message.reference_key))
            try:
                await adapter.submit(message)
                rows.append(f"{operation}: a report came back")
            except NotSupported:
                pass
            except AdapterError as error:
                rows.append(f"{operation}: {type(error).__name__} ({error.code}) came back")
            if list(await target.legacy.made(message.reference_key)) != before:
                rows.append(f"{operation}: something was sent")
        require(self.test_what_is_not_declared_is_not_supported, rows)
