"""Reading a landscape: the legacy systems of one operator, which adapter plays which role, what is sold and how."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, Literal, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from phonenumbers import SUPPORTED_REGIONS
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from gateway.canonical.base import Model
from gateway.canonical.cancelling import CancellationTerms
from gateway.canonical.fact import PREDICATES
from gateway.canonical.profile import PROFILES, STRICT, Profile
from gateway.canonical.reference import Offering, Policy
from gateway.ports.adapter import Role
from gateway.ports.errors import SetupError
from gateway.ports.lanes import LaneTerms
from gateway.vocabulary.broker import BrokerFile, FactSource, checked_sources
from gateway.vocabulary.cancellation import CancellationSection, cancellation_terms
from gateway.vocabulary.catalogue import load_catalogue
from gateway.vocabulary.document import Document, read_document
from gateway.vocabulary.lanes import LaneFile, checked_lanes, system_names
from gateway.vocabulary.load import load_vocabularies
from gateway.vocabulary.secrets import resolved

__all__ = ["ADAPTER_GROUP", "Landscape", "RoleBinding", "installed_adapters", "load_landscape"]

ADAPTER_GROUP = "tmf_gateway.adapters"
"""The entry-point group in which adapters are found."""

_M = TypeVar("_M", bound=BaseModel)


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=to_camel, populate_by_name=True)


class _Policy(_File):
    proration: Literal["actual", "30-day", "none"] = "actual"
    rate_tolerance_percent: Decimal = Field(default=Decimal(10), ge=0, le=100)
    backdate_days: int = Field(default=30, ge=0)
    bill_lag_days: int = Field(default=7, ge=0)
    grace_minutes: int = Field(default=60, ge=0)
    roll_up: Literal["partial", "failed", "cancelled"] = "partial"
    move_gap_days: int = Field(default=2, ge=0)
    number_quarantine_days: int = Field(default=0, ge=0)
    magnitude_factor: int = Field(default=50, ge=2)
    accepted_relations: tuple[Literal["equivalent", "narrower", "broader", "related"], ...] = ("equivalent",)


class _Binding(_File):
    adapter: str
    system: str | None = None
    settings: dict[str, Any] = {}


class _Landscape(_File):
    name: str
    zone: str
    region: str
    policy: _Policy = _Policy()
    authority: dict[str, tuple[str, ...]] = {}
    cancellation: CancellationSection = CancellationSection()
    catalogue: str
    rules: str | None = None
    tenant: str | None = None
    profile: str = STRICT.name
    prefix_aliases: bool | None = None
    roles: dict[str, _Binding]
    lanes: dict[str, LaneFile] = {}
    broker: BrokerFile = BrokerFile()


class RoleBinding(Model):
    """Which adapter plays a role, and its settings as the file has them."""

    adapter: str
    system: str = ""  # the name of the legacy system; roles of one name are played by one system
    settings: Mapping[str, Any] = Field(default_factory=dict)
    lines: Mapping[str, int] = Field(default_factory=dict)  # setting → line; "" is the binding's own


class Landscape(Model):
    """One operator's landscape, checked. `zone` is where local dates are local; `region` that of national numbers."""

    name: str
    file: Path
    zone: str
    region: str
    policy: Policy
    offerings: tuple[Offering, ...]
    roles: Mapping[Role, RoleBinding]
    authority: Mapping[str, frozenset[str]] = Field(default_factory=dict)
    """Predicate → the systems that may state it; anybody may state one that is not here."""
    cancellation: CancellationTerms = Field(default_factory=CancellationTerms)
    rules: Path | None = None  # the file or folder of its rule set
    tenant: str | None = None
    lanes: Mapping[str, LaneTerms] = Field(default_factory=dict)
    """What is set for a lane, by its name."""
    profile: Profile = STRICT
    facts_from: tuple[FactSource, ...] = ()
    """Where statements arrive by message."""

    @property
    def directory(self) -> Path:
        """Where relative paths of the landscape start."""
        return self.file.parent

    def settings_for(self, role: Role, model: type[_M], overrides: Mapping[str, Any] | None = None) -> _M:
        """Return a role's settings as the adapter's own model; `overrides` win. Raises SetupError with its line."""
        binding = self.roles[role]
        try:
            return model.model_validate({**binding.settings, **(overrides or {})})
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            name = ".".join(str(part) for part in first["loc"])
            line = binding.lines.get(str(first["loc"][0]) if first["loc"] else "", binding.lines.get(""))
            reason = f"roles.{role}.settings.{name}: {first['msg']}"
            raise SetupError(reason, "correct the setting", file=str(self.file), line=line) from None


def load_landscape(path: Path, adapters: Collection[str] | None = None) -> Landscape:
    """Return a landscape with its catalogue. `adapters` are the names that exist; by default those installed.

    Imports no adapter. Raises SetupError with file and line for an unknown or missing role, an unknown adapter,
    a file that is not there, a bad unit, an incomplete vocabulary that a setting names.
    """
    document = read_document(path)
    said = document.read(_Landscape)
    known = installed_adapters() if adapters is None else frozenset(adapters)
    _check_place(document, said)
    _check_roles(document, said, known)
    named = {role: binding.system for role, binding in said.roles.items()}
    systems = system_names(document, named, {role: binding.adapter for role, binding in said.roles.items()})
    return Landscape(
        name=said.name,
        file=path.resolve(),
        zone=said.zone,
        region=said.region,
        policy=Policy(**said.policy.model_dump()),
        offerings=load_catalogue(_beside(document, path, said.catalogue, "catalogue")),
        authority=_authority(document, said),
        cancellation=cancellation_terms(document, said.cancellation),
        roles={
            Role(role): _bound(document, path, role, said.roles[role], systems[role]) for role in map(Role, said.roles)
        },
        lanes=checked_lanes(document, said.lanes, systems),
        rules=None if said.rules is None else _beside(document, path, said.rules, "rules"),
        tenant=said.tenant,
        profile=_profile(document, said),
        facts_from=tuple(checked_sources(document, said.broker, said.name)),
    )


def installed_adapters() -> frozenset[str]:
    """Return the names under which adapters are installed, without importing any."""
    return frozenset(point.name for point in entry_points(group=ADAPTER_GROUP))


def _check_place(document: Document, said: _Landscape) -> None:
    try:
        datetime.now(UTC).astimezone(ZoneInfo(said.zone))
    except (ZoneInfoNotFoundError, ValueError):
        raise document.wrong(f"zone {said.zone!r} is not known", "use a name such as Europe/Berlin", "zone") from None
    if said.region not in SUPPORTED_REGIONS:
        raise document.wrong(f"region {said.region!r} is not known", "use a country code such as DE", "region")


def _profile(document: Document, said: _Landscape) -> Profile:
    profile = PROFILES.get(said.profile)
    if profile is None:
        raise document.wrong(f"profile {said.profile!r} is not known", f"use {' or '.join(PROFILES)}", "profile")
    return profile if said.prefix_aliases is None else profile.with_prefix_aliases(wanted=said.prefix_aliases)


def _authority(document: Document, said: _Landscape) -> Mapping[str, frozenset[str]]:
    """Return the table by whole predicates; `service.*` stands for all that begin so."""
    found: dict[str, frozenset[str]] = {}
    for name, systems in said.authority.items():
        stem = name.removesuffix("*")
        meant = [one for one in PREDICATES if one == name or (stem != name and one.startswith(stem))]
        if not meant:
            raise document.wrong(
                f"{name!r} is no predicate", "name one, or a family such as service.*", "authority", name
            )
        if not systems:
            raise document.wrong(f"nobody may state {name}", "name the systems that may", "authority", name)
        for one in meant:
            if one == name or one not in said.authority:
                found[one] = frozenset(systems)
    return found


def _check_roles(document: Document, said: _Landscape, known: Collection[str]) -> None:
    roles = [role.value for role in Role]
    for role, binding in said.roles.items():
        if role not in roles:
            raise document.wrong(f"role {role!r} is not known", f"use {', '.join(roles)}", "roles", role)
        if binding.adapter not in known:
            fix = f"install it, or use one of {', '.join(sorted(known)) or 'none installed'}"
            raise document.wrong(f"adapter {binding.adapter!r} is not installed", fix, "roles", role, "adapter")
    for role in roles:
        if role not in said.roles:
            raise document.wrong(f"role {role} is missing", f"say which adapter plays {role}", "roles")


def _bound(document: Document, path: Path, role: str, binding: _Binding, system: str) -> RoleBinding:
    here = ("roles", role, "settings")
    settings = {name: resolved(document, path, value, (*here, name)) for name, value in binding.settings.items()}
    if "vocabulary" in settings:
        file = _beside(document, path, str(settings["vocabulary"]), *here, "vocabulary")
        load_vocabularies(file)
        settings["vocabulary"] = str(file)
    lines = {name: document.line(*here, name) for name in settings} | {"": document.line("roles", role)}
    return RoleBinding(adapter=binding.adapter, system=system, settings=settings, lines=lines)


def _beside(document: Document, path: Path, name: str, *where: str) -> Path:
    file = path.parent / name
    if not (file.is_file() or (where == ("rules",) and file.is_dir())):
        raise document.wrong(f"file {name} is not there", "name a file beside the landscape", *where)
    return file
