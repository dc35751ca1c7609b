"""What is asked of a server at an address, whoever made it: `pytest --pyargs contract_tests --contract-url …`."""

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from contract_tests.checks import Check, checks_in

__all__ = ["checks_of"]


def checks_of(face: str) -> Iterator[Check]:
    """Yield the checks that a face (`tmf641-v4`) has to pass."""
    names = sorted(path.stem for path in Path(__file__).parent.glob("test_*.py"))
    modules = [import_module(f"{__name__}.{name}") for name in names]
    yield from (one for one in checks_in(*modules) if one.applies_to(face.partition("-")[0]))
