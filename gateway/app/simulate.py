"""`tmf-gateway landscape simulate`: the simulated systems of a landscape for processes that share them."""

import asyncio
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

from gateway.app.landscape import LiveLandscape, read_landscape
from gateway.ports.adapter import Role
from gateway.ports.errors import SetupError
from gateway.vocabulary.document import read_document

__all__ = ["landscape_with", "simulate"]

_HEAD = "# Written by tmf-gateway: it leads to simulated systems that run in a process of their own.\n"


async def simulate(name: str, file: Path, folder: Path, pace: float, stop: asyncio.Event) -> None:
    """Run what is simulated until `stop` is set, and write the landscape file that leads there. Raises SetupError.

    The file appears, whole, once every system answers.
    """
    live = await LiveLandscape.start(name, folder.absolute(), pace)  # noqa: ASYNC240 - before anything runs
    try:
        if not live.simulations:
            raise SetupError(f"landscape {name} has nothing to simulate", "name one whose roles have no url")
        text = landscape_with(name, live.addresses)
        part = file.with_name(f"{file.name}.part")
        try:
            part.write_text(text, encoding="utf-8")
            part.replace(file)
        except OSError as error:
            raise SetupError(f"cannot write {file}: {error.strerror}", "name another file") from error
        print(f"tmf-gateway simulates {name}; use --landscape {file}", flush=True)  # noqa: T201
        await stop.wait()
    finally:
        await live.stop()


def landscape_with(name: str, addresses: Mapping[Role, Mapping[str, Any]]) -> str:
    """Return a landscape file's text, with more settings for its roles. Raises SetupError."""
    landscape, _ = read_landscape(name)
    said = read_document(landscape.file).data
    for role, binding in landscape.roles.items():  # as they were checked: whatever file they name is absolute
        said["roles"][role.value]["settings"] = {**binding.settings, **addresses.get(role, {})}
    for member in ("catalogue", "rules"):  # relative to where the landscape lies
        if member in said:
            said[member] = str(landscape.directory.absolute() / said[member])
    return _HEAD + yaml.dump(said, Dumper=_Dumper, sort_keys=False, allow_unicode=True)


class _Dumper(yaml.SafeDumper):
    """Writes what `read_document` reads."""


_Dumper.add_representer(Decimal, lambda dumper, value: dumper.represent_scalar("tag:yaml.org,2002:float", f"{value:f}"))
