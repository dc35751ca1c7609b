"""Writing an adapter's package out of the template: files are copied, and the word `template` becomes its name.

A role's and a transport's modules are ordinary modules of this package; in the copy they stand beside each other, or,
where an adapter plays several roles, each role in a folder of its own.
"""

import importlib.util
import json
import keyword
import re
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import entry_points, version
from pathlib import Path

from adapters.template.sample import read_sample
from gateway.ports.adapter import Role
from gateway.ports.errors import SetupError
from gateway.ports.template import Wanted

__all__ = ["TEMPLATE", "Template"]

_HERE = Path(__file__).parent
_NAME = re.compile(r"[a-z][a-z0-9_]{1,39}")
_FOLDERS: Mapping[Role, str] = {role: role.value.replace("-", "_") for role in Role}
_STANDS_IN: Mapping[Role, str] = {
    Role.CUSTOMER: "Customers",
    Role.FIELD_WORK: "FieldWork",
    Role.ACTIVATION: "Activation",
    Role.BILLING: "Billing",
}
_CONTRACTS: Mapping[Role, str] = {role: f"{name}Contract" for role, name in _STANDS_IN.items()} | {
    Role.CUSTOMER: "CustomerContract"
}
_SIMULATED: Mapping[Role, str] = {
    Role.CUSTOMER: "simulated-crm",
    Role.FIELD_WORK: "simulated-field",
    Role.ACTIVATION: "simulated-activation",
    Role.BILLING: "simulated-billing",
}
_SETTINGS: Mapping[str, str] = {
    "http": "--set url=http://127.0.0.1:8099",
    "soap": "--set url=http://127.0.0.1:8099",
    "sql": "--set database=sqlite:///template.sqlite",
    "files": "--set outbox=to-template --set inbox=from-template",
}
"""Transport → settings that lead to the system, as an example."""


class Template:
    """What the entry-point group `tmf_gateway.templates` names (`gateway.ports.template.AdapterTemplate`)."""

    transports: tuple[str, ...] = tuple(_SETTINGS)

    def write(self, wanted: Wanted, into: Path, *, force: bool = False) -> Sequence[Path]:
        """Write a package into a folder and return its files.

        Raises SetupError for a name that cannot be used, for a sample that cannot be read, and, unless forced, where a
        file is there already; nothing is written then.
        """
        check_name(wanted.name, into)
        if wanted.transport not in self.transports:
            raise SetupError(f"transport {wanted.transport!r} is not known", f"use one of {', '.join(self.transports)}")
        if not wanted.roles:
            raise SetupError("no role is named", f"name one of {', '.join(Role)}")
        files = dict(_files(wanted))
        if wanted.sample is not None:
            files |= dict(_with_sample(files, wanted, wanted.sample))
        there = [name for name in files if (into / name).exists()]
        if there and not force:
            raise SetupError(
                f"{into / there[0]} is there already", "name another folder, or say --force to write over it"
            )
        for name, text in files.items():
            path = into / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return [into / name for name in files]


def check_name(name: str, into: Path) -> None:
    """Raise SetupError for a name that no package can have, or that another one has."""
    if not _NAME.fullmatch(name) or keyword.iskeyword(name):
        fix = "use small letters, digits and underscores, and begin with a letter: acme_billing"
        raise SetupError(f"{name!r} is no name for a package", fix)
    if "template" in name:
        raise SetupError(f"{name!r} holds the word that is replaced", "leave out the word template")
    if name in {point.name for point in entry_points(group="tmf_gateway.adapters")} and not _is_in(name, into):
        raise SetupError(f"an adapter {name} is installed already", "choose another name")
    spec = importlib.util.find_spec(name)
    # A folder without __init__.py is found as well: it is nobody's package.
    if spec is not None and spec.origin is not None and not _is_in(name, into):
        raise SetupError(f"a package {name} is there already", "choose another name")


def _is_in(name: str, into: Path) -> bool:
    """Whether what is installed under a name is what stands in this folder, so that it is written anew."""
    spec = importlib.util.find_spec(name)
    places = [*(spec.submodule_search_locations or ()), spec.origin or ""] if spec is not None else []
    return any(place and Path(place).resolve().is_relative_to(into.resolve()) for place in places)


def _files(wanted: Wanted) -> Iterator[tuple[str, str]]:
    name, several = wanted.name, len(wanted.roles) > 1
    transport = _HERE / "transports" / wanted.transport
    yield from (
        (f"{name}/{one}.py", _copied(transport / f"{one}.py", wanted)) for one in ("client", "faults", "settings")
    )
    for role in wanted.roles:
        source = _HERE / "roles" / _FOLDERS[role]
        folder = f"{name}/{_FOLDERS[role]}" if several else name
        for file in sorted(source.iterdir()):
            if file.suffix in {".py", ".yaml"} and (several or file.name != "__init__.py"):
                yield f"{folder}/{file.name}", _copied(file, wanted)
        yield f"tests/{name}_legacy/{_FOLDERS[role]}.py", _copied(_HERE / "legacy" / f"{_FOLDERS[role]}.py", wanted)
        yield (
            f"tests/test_{_FOLDERS[role]}.py",
            _copied(_HERE / "project" / "tests" / f"test_{_FOLDERS[role]}.py.txt", wanted),
        )
    for one in ("__init__", "system"):
        yield f"tests/{name}_legacy/{one}.py", _copied(_HERE / "legacy" / f"{one}.py", wanted)
    yield f"tests/{name}_legacy/serving.py", _copied(transport / "serving.py", wanted)
    project = _HERE / "project"
    for file in sorted(project.rglob("*.txt")):
        path = file.relative_to(project).with_suffix("")
        if not path.name.startswith("test_") or path.name == "test_contract.py":
            placed = Path(name, *path.parts[1:]) if path.parts[0] == "package" else path
            yield placed.as_posix().replace("template", name), _copied(file, wanted)


def _with_sample(files: Mapping[str, str], wanted: Wanted, file: Path) -> Iterator[tuple[str, str]]:
    """Yield what a sample adds: its tables, and in the first declaration what is to be said of its members."""
    sample = read_sample(file, wanted)
    place = next(name for name in files if name.endswith("/conformance.yaml"))
    lines = "".join(f"  - {json.dumps(one, ensure_ascii=False)}\n" for one in sample.todo)
    yield place, files[place] + lines
    yield place.replace("conformance.yaml", "sample.yaml"), sample.tables


def _copied(file: Path, wanted: Wanted) -> str:
    text = file.read_text(encoding="utf-8")
    if file.name == "conformance.yaml":
        text = _with_excuses(text, (_HERE / "transports" / wanted.transport / "contract.txt").read_text("utf-8"))
    for token, value in _tokens(wanted).items():
        text = text.replace(f"<<{token}>>", value)
    for role, folder in _FOLDERS.items():
        inside = f"template.{folder}" if len(wanted.roles) > 1 else "template"
        text = text.replace(f"adapters.template.roles.{folder}", inside if role in wanted.roles else folder)
    text = text.replace("adapters.template.transports.http", "template")
    text = text.replace(f"adapters.template.transports.{wanted.transport}", "template")
    text = text.replace("adapters.template.legacy", "template_legacy")
    return text.replace("Template", _class_name(wanted.name)).replace("template", wanted.name)


def _with_excuses(text: str, excuses: str) -> str:
    """Return a declaration with what the stand-in of a transport cannot show, unless the role says it already."""
    head, rest = text.split("contract:\n", 1)
    more = [line for line in excuses.splitlines(keepends=True) if f"\n{line.partition(':')[0]}:" not in rest]
    return f"{head}contract:\n{''.join(more)}{rest}"


def _class_name(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


def _tokens(wanted: Wanted) -> Mapping[str, str]:
    several = len(wanted.roles) > 1
    parts = [f'    Role.{role.name}: "{_FOLDERS[role] if several else ""}",' for role in wanted.roles]
    legacy = [f"from template_legacy.{_FOLDERS[role]} import {_STANDS_IN[role]}" for role in wanted.roles]
    release = version("tmf-gateway")
    kits = [f"from contract_tests.adapter import {_CONTRACTS[role]}" for role in wanted.roles]
    folders = [f"{wanted.name}/{_FOLDERS[role]}" if several else wanted.name for role in wanted.roles]
    return {
        "parts": "\n".join(parts),
        "legacy_imports": "\n".join(legacy),
        "legacy_parts": ", ".join(f"{_STANDS_IN[role]}()" for role in wanted.roles),
        "roles_said": " and ".join(f"`{role}`" for role in wanted.roles),
        "first_role": wanted.roles[0].value,
        "transport": wanted.transport,
        "set_example": _SETTINGS[wanted.transport],
        "folders": " and ".join(f"`{folder}`" for folder in folders),
        "codes": " ".join(f"{folder}/codes.yaml" for folder in folders),
        "landscape_roles": "\n".join(_bindings(wanted)),
        "contract_imports": "\n".join(kits),
        "contract_classes": "\n\n\n".join(_contract(role) for role in wanted.roles),
        "requirement": f"tmf-gateway>={release}",
        "requirement_dev": f"tmf-gateway[contract]>={release}",
    }


def _contract(role: Role) -> str:
    return f'''class Test{_STANDS_IN[role]}({_CONTRACTS[role]}):
    """Every check of the role."""

    @pytest.fixture
    def target(self, legacy: Legacy) -> AdapterTarget:
        """Return a new adapter over a new stand-in."""
        return target_of(legacy, Role.{role.name})'''


def _bindings(wanted: Wanted) -> Iterator[str]:
    pairs = [one.strip().partition("=") for one in _SETTINGS[wanted.transport].split("--set ") if one]
    settings = ", ".join(f"{name}: {value}" for name, _, value in pairs)
    for role in Role:
        ours = role in wanted.roles
        yield f"  {role}:"
        yield f"    adapter: {wanted.name if ours else _SIMULATED[role]}"
        yield f"    settings: {{{settings}}}" if ours else "    settings: {}"


TEMPLATE = Template()
