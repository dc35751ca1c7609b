"""Every adapter declares what it supports in one form, and says the same in its code."""

from importlib import import_module
from pathlib import Path

import pytest

from gateway.vocabulary.conformance import load_declaration

ADAPTERS = Path(__file__).parents[2] / "adapters"
FILES = [
    path.relative_to(ADAPTERS)
    for path in sorted(ADAPTERS.rglob("conformance.yaml"))
    if "template" not in path.parts  # what is copied has tests of its own
]


@pytest.mark.parametrize("file", FILES, ids=lambda path: path.parent.as_posix())
def test_what_is_declared_is_what_the_code_says(file):
    module = import_module(".".join(("adapters", *file.parent.parts, "adapter")))
    (adapter,) = [
        one
        for one in vars(module).values()
        if isinstance(one, type) and one.__module__ == module.__name__ and hasattr(one, "role")
    ]
    declaration = load_declaration(ADAPTERS / file)
    read = {word: entry.status for word, entry in declaration.answers.items()}  # as a RoleAdapter does
    capabilities = getattr(adapter, "capabilities", read)
    assert [str(problem) for problem in declaration.problems(adapter.role, capabilities)] == []
