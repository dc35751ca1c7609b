"""What all groups of checks share: the role, the scenarios, closing the adapters, excuses."""

from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import ClassVar

import pytest
import pytest_asyncio

from contract_tests.checks import check_of
from contract_tests.drive import Excused
from contract_tests.scenario import Scenario, scenarios_of
from contract_tests.target import AdapterTarget
from gateway.ports.adapter import Role

__all__ = ["Checks", "excuse"]


class Checks:
    """Base of the groups."""

    role: ClassVar[Role]
    scenarios: ClassVar[Sequence[Path]] = ()

    @classmethod
    def all_scenarios(cls) -> Mapping[str, Scenario]:
        """Return the scenarios of the role by name."""
        return scenarios_of(cls.role, tuple(cls.scenarios))

    @pytest_asyncio.fixture(autouse=True)
    async def _contract(self, request: pytest.FixtureRequest, target: AdapterTarget) -> AsyncIterator[None]:
        """Skip what is declared not to pass; close what a check has opened."""
        scenario = request.node.callspec.params.get("scenario") if hasattr(request.node, "callspec") else None
        request.node.funcargs.setdefault("target", target)  # for the report, also where the check is skipped here
        target.live = request.config.getoption("--contract-live")
        excuse(target, request.function, scenario)
        yield
        await target.close()


def excuse(target: AdapterTarget, function: object, scenario: Scenario | None = None) -> None:
    """Raise Excused where the target declares that a check, or a scenario, is not passed."""
    found = check_of(function)
    names = [found.code] if found else []
    if scenario is not None:
        names += [f"{names[0]} {scenario.name}", scenario.name] if names else [scenario.name]
    entry = target.declaration.excuse(*names)
    if entry is not None:
        raise Excused(entry)
