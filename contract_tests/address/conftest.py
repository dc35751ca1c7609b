"""The fixtures of the address checks: the faces named on the command line, and a server for each."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from contract_tests.address import checks_of
from contract_tests.address.face import FACES, Face, sample_of
from contract_tests.address.listener import EventListener
from contract_tests.address.server import Server
from contract_tests.checks import check_of
from contract_tests.declaration import Declaration, excuses_of
from contract_tests.drive import Excused
from gateway.vocabulary.document import read_document

__all__ = ["declared", "listener", "pytest_collection_modifyitems", "pytest_generate_tests", "server"]

_REFERENCE = re.compile(r"\{env:\s*(\w+)\}")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run each check on each face that it applies to."""
    config = metafunc.config
    named = config.getoption("--contract-face") or []
    if not config.getoption("--contract-url") or not named:
        raise pytest.UsageError("name a server and a face: --contract-url URL --contract-face tmf641-v4")
    found = check_of(metafunc.function)
    if found is not None:
        faces = [FACES[name] for name in named]
        metafunc.parametrize("face", faces, ids=str, scope="session")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out what a face does not have."""
    items[:] = [item for item in items if _applies(item)]


def _applies(item: pytest.Item) -> bool:
    found = check_of(getattr(item, "function", None))
    if found is None or not hasattr(item, "callspec"):
        return True
    face = item.callspec.params.get("face")
    return not isinstance(face, Face) or found.applies_to(face.name)


@pytest.fixture(scope="session")
def server(face: Face, request: pytest.FixtureRequest) -> Iterator[Server]:
    """The server, through one face."""
    option = request.config.getoption
    headers = dict(_header(text) for text in option("--contract-header"))
    folder = option("--contract-samples")
    sample = sample_of(face, Path(folder) if folder else None)
    made = Server(face, option("--contract-url"), base=option("--contract-base"), headers=headers, sample=sample)
    yield made
    made.close()


@pytest.fixture(scope="session")
def declared(request: pytest.FixtureRequest) -> Declaration:
    """What is declared of the server."""
    file = request.config.getoption("--contract-conformance")
    if not file:
        return Declaration("(no --contract-conformance)")
    excuses, problems = excuses_of(read_document(Path(file)))
    declaration = Declaration(file, excuses=excuses)
    codes = {one.code for face in FACES for one in checks_of(face)}
    wrong = [*problems, *declaration.unknown(codes | set(FACES))]
    if wrong:
        raise pytest.UsageError("; ".join(wrong))
    return declaration


@pytest.fixture(autouse=True)
def _excused(request: pytest.FixtureRequest, declared: Declaration, face: Face) -> None:
    found = check_of(request.function)
    if found is None:
        return
    over = [row for row in declared.expired() if f" {found.code} ended" in row]
    if over:
        pytest.fail(over[0], pytrace=False)
    entry = declared.excuse(f"{face} {found.code}", found.code)
    if entry is not None:
        raise Excused(entry)


@pytest.fixture
def listener() -> Iterator[EventListener]:
    """A listener that is told."""
    made = EventListener()
    yield made
    made.close()


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon:
        raise pytest.UsageError(f"--contract-header {name}: write NAME:VALUE")
    return name.strip(), _REFERENCE.sub(lambda found: os.environ.get(found[1], ""), value.strip())
