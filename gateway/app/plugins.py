"""Adapters by entry point, ours included: there is no second door."""

from collections.abc import Mapping
from importlib.metadata import entry_points
from pathlib import Path

from gateway.ports.adapter import AdapterPlugin
from gateway.ports.errors import SetupError
from gateway.ports.template import AdapterTemplate

__all__ = ["GROUP", "TEMPLATES", "find_landscape", "find_plugins", "find_template"]

GROUP = "tmf_gateway.adapters"
TEMPLATES = "tmf_gateway.templates"


def find_plugins() -> Mapping[str, AdapterPlugin]:
    """Return the installed adapters by name. Raises SetupError for one that does not load."""
    found: dict[str, AdapterPlugin] = {}
    for entry in entry_points(group=GROUP):
        try:
            found[entry.name] = entry.load()
        except Exception as error:
            raise SetupError(f"adapter {entry.name} ({entry.value}) does not load: {error}", "reinstall it") from error
    return found


def find_template() -> AdapterTemplate:
    """Return the template of adapters that is installed; one that came later stands over ours. Raises SetupError."""
    points = sorted(entry_points(group=TEMPLATES), key=lambda point: point.value.startswith("adapters.template."))
    if not points:
        raise SetupError("no template for adapters is installed", "reinstall tmf-gateway")
    template: AdapterTemplate = points[0].load()
    return template


def find_landscape(name: str, plugins: Mapping[str, AdapterPlugin]) -> Path:
    """Return the landscape file that `name` means: a path, or one that comes with an adapter. Raises SetupError."""
    path = Path(name)
    if path.is_file():
        return path
    shipped = {title: file for plugin in plugins.values() for title, file in plugin.landscapes.items()}
    if name in shipped:
        return shipped[name]
    known = ", ".join(sorted(shipped)) or "none"
    raise SetupError(f"no landscape file {name!r}", f"give a path to a landscape.yaml, or one of: {known}")
