"""`tmf-gateway adapter new`: asks for what was not said, and lets the template write the package."""

from collections.abc import Callable, Sequence
from pathlib import Path

from rich.console import Console

from gateway.app.plugins import find_template
from gateway.ports.adapter import Role
from gateway.ports.template import Wanted

__all__ = ["Ask", "write_adapter"]

_NONE = "none"

Ask = Callable[[str, str, Sequence[str], Callable[[str], tuple[str, ...]]], tuple[str, ...]]
"""Asks a question about an option, with what can be answered, until the answer can be read."""


def write_adapter(
    name: str,
    transport: str | None,
    roles: tuple[Role, ...],
    sample: Path | None,
    into: Path | None,
    *,
    force: bool,
    ask: Ask,
) -> None:
    """Write the package and say what to do next. Raises SetupError."""
    template = find_template()
    is_asking = transport is None or not roles
    if transport is None:
        (transport,) = ask(
            "How does the system talk?", "--transport", template.transports, _one_of(template.transports)
        )
    if not roles:
        words = [role.value for role in Role]
        roles = tuple(
            Role(one) for one in ask("What does it do? Several with commas", "--role", words, _some_of(words))
        )
    if is_asking and sample is None:
        (answer,) = ask("A file with one answer of it?", "--sample", (_NONE, "a path"), _a_file)
        sample = None if answer == _NONE else Path(answer)
    wanted = Wanted(name=name, roles=tuple(dict.fromkeys(roles)), transport=transport, sample=sample)
    folder = into or Path(name)
    files = template.write(wanted, folder, force=force)
    console = Console(highlight=False)
    is_here = folder.resolve() == Path.cwd()
    console.print(f"{len(files)} files are in {'this folder' if is_here else folder}. Next:", soft_wrap=True)
    console.print(f"  {'' if is_here else f'cd {folder} && '}python -m pytest", soft_wrap=True)
    if sample is not None:
        console.print("  what the sample showed stands in sample.yaml, beside codes.yaml", soft_wrap=True)
    console.print("  what is left for you stands as todo in conformance.yaml; README.md says where", soft_wrap=True)


def _a_file(said: str) -> tuple[str, ...]:
    if said.strip() != _NONE and not Path(said.strip()).is_file():
        raise ValueError(f"there is no file {said.strip()!r}")
    return (said.strip(),)


def _one_of(words: Sequence[str]) -> Callable[[str], tuple[str, ...]]:
    def read(said: str) -> tuple[str, ...]:
        if said.strip() not in words:
            raise ValueError(f"{said.strip()!r} is none of them")
        return (said.strip(),)

    return read


def _some_of(words: Sequence[str]) -> Callable[[str], tuple[str, ...]]:
    one = _one_of(words)

    def read(said: str) -> tuple[str, ...]:
        return tuple(found for part in said.split(",") for found in one(part))

    return read
