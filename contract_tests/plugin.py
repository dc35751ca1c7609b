"""The pytest plug-in: options, cases for each check, pinned versions, no undeclared skip, the reports at the end."""

from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from contract_tests.checks import VERSION, Check, check_of, is_newer

__all__ = [
    "pytest_addoption",
    "pytest_collection_modifyitems",
    "pytest_configure",
    "pytest_generate_tests",
    "pytest_runtest_logreport",
    "pytest_runtest_makereport",
    "pytest_sessionfinish",
    "pytest_terminal_summary",
]

# The hooks stay small and import what they need late: the plug-in is loaded with every run of pytest, this one or not.


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of the kit."""
    group = parser.getgroup("contract", "TM Forum gateway contract kit")
    group.addoption("--contract-version", default=VERSION, help="run the checks of this version and older ones only")
    group.addoption("--contract-report", metavar="DIR", help="write contract.json and contract.html there")
    group.addoption("--contract-live", action="store_true", help="send recorded messages to the system itself")
    group.addoption("--contract-url", metavar="URL", help="the server to test, without the face's own path")
    group.addoption("--contract-face", metavar="FACE", action="append", help="tmf622-v4, tmf641-v5 …; may be repeated")
    group.addoption("--contract-base", metavar="PATH", help="the path of the face on that server, where it is another")
    group.addoption("--contract-conformance", metavar="FILE", help="what the server declares not to support")
    group.addoption("--contract-samples", metavar="DIR", help="bodies to create: FACE.json in place of the kit's own")
    group.addoption(
        "--contract-header",
        metavar="NAME:VALUE",
        action="append",
        default=[],
        help="sent along; VALUE may be {env:NAME}",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Say what the mark means, and begin the report."""
    config.addinivalue_line("markers", "contract: a check of the contract kit")
    pinned = config.getoption("--contract-version")
    named = config.getoption("--contract-face")
    if named:
        from contract_tests.address.face import FACES  # noqa: PLC0415

        unknown = [name for name in named if name not in FACES]
        if unknown:
            raise pytest.UsageError(f"--contract-face {unknown[0]}: use {', '.join(FACES)}")
    if not all(part.isdecimal() for part in pinned.split(".")) or is_newer(pinned, VERSION):
        raise pytest.UsageError(f"--contract-version {pinned}: this kit has the checks of {VERSION} and older ones")


@pytest.fixture
def target() -> Any:
    """Stand in for the target that a vendor gives."""
    pytest.fail("give a fixture `target` that returns a contract_tests.adapter.AdapterTarget", pytrace=False)


@pytest.fixture
def reference() -> Any:
    """Return another target to agree with; None for what the kit ships of the reference adapters."""
    return None


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give each check of an adapter its scenarios and operations."""
    contract = metafunc.cls
    if contract is None or check_of(metafunc.function) is None or not hasattr(contract, "all_scenarios"):
        return
    if "scenario" in metafunc.fixturenames:
        scenarios = contract.all_scenarios()
        metafunc.parametrize("scenario", list(scenarios.values()), ids=list(scenarios))
    if "operation" in metafunc.fixturenames:
        from gateway.ports.adapter import OPERATIONS  # noqa: PLC0415

        metafunc.parametrize("operation", OPERATIONS[contract.role], ids=str)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is newer than the pinned version; let coroutines run whatever asyncio's mode is."""
    pinned = config.getoption("--contract-version")
    kept: list[pytest.Item] = []
    newer: list[pytest.Item] = []
    for item in items:
        found = _check(item)
        if found is None:
            kept.append(item)
            continue
        (newer if is_newer(found.since, pinned) else kept).append(item)
    if newer:
        config.hook.pytest_deselected(items=newer)
        items[:] = kept


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Make an undeclared skip a failure, and keep what came of each check."""
    report = yield
    found = _check(item)
    if found is None:
        return report
    from contract_tests.drive import Excused  # noqa: PLC0415
    from contract_tests.report.collect import PROPERTY, record_of  # noqa: PLC0415

    error = call.excinfo.value if call.excinfo else None
    if report.skipped and not isinstance(error, Excused):
        report.outcome = "failed"
        report.longrepr = f"{found.code} was skipped, and nothing declares it: say so in the conformance file\n{error}"
    if report.when == "call" or not report.passed:
        report.user_properties.append((PROPERTY, record_of(item, found, report.outcome, error)))
    return report


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Keep what came of each check, wherever it was run."""
    for name, value in report.user_properties:
        if name == "contract":
            from contract_tests.report.collect import KEPT  # noqa: PLC0415

            KEPT.take(str(value))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write the reports, where checks were run and a folder is named."""
    folder = session.config.getoption("--contract-report")
    if folder and not hasattr(session.config, "workerinput"):
        from contract_tests.report.collect import KEPT  # noqa: PLC0415
        from contract_tests.report.write import write_reports  # noqa: PLC0415

        write_reports(KEPT, Path(folder), session.config.getoption("--contract-version"))


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Say which level was reached."""
    import sys  # noqa: PLC0415

    if "contract_tests.report.collect" not in sys.modules:
        return
    from contract_tests.report.collect import KEPT  # noqa: PLC0415
    from contract_tests.report.levels import summary_lines  # noqa: PLC0415

    lines = summary_lines(KEPT, config.getoption("--contract-version"))
    if lines:
        terminalreporter.section("contract")
        for line in lines:
            terminalreporter.write_line(line)


def _check(item: pytest.Item) -> Check | None:
    return check_of(getattr(item, "function", None))
