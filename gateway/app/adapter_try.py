"""`tmf-gateway adapter try`: finds the adapter, gives it one order, and shows each step."""

import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
from pydantic import ValidationError

from gateway.app.landscape import LiveLandscape, read_landscape, terms_of
from gateway.app.trial import Trial
from gateway.app.trial_report import as_data, print_end, print_start, print_step, trial_console
from gateway.canonical.order import ProductOrder
from gateway.faces.tmf622.v4 import order_from_wire
from gateway.ports.adapter import Adapter, AdapterPlugin, Role
from gateway.ports.errors import SetupError
from gateway.rules.engine import Catalogue
from gateway.vocabulary.landscape import Landscape

__all__ = ["sample_order", "try_adapter"]

_SIMULATED = "simulated"


async def try_adapter(
    name: str | None,
    landscape_name: str | None,
    role: Role | None,
    order_file: Path | None,
    said: Sequence[str],
    *,
    seconds: float,
    as_json: bool,
) -> int:
    """Send one order through one adapter; return 0 where every step went well, else 1. Raises SetupError."""
    landscape, plugins = read_landscape(landscape_name or _SIMULATED)
    plugin, role = _chosen(name, role, landscape, plugins)
    order = sample_order(landscape) if order_file is None else _read_order(order_file)
    settings = _settings(said)
    console = trial_console()
    steps = []
    with tempfile.TemporaryDirectory(prefix="tmf-gateway-") as folder:
        async with _made(landscape_name or _SIMULATED, Path(folder), plugin, role, settings) as (adapter, others):
            terms = terms_of(landscape)
            if landscape.roles[role].adapter != plugin.name:  # the landscape does not know it as one that may state
                terms = replace(terms, authority={})
            trial = Trial(order, adapter, others, terms, Catalogue.load())
            if not as_json:
                print_start(console, adapter, order)
            async for step in trial.steps(seconds):
                steps.append(step)
                if not as_json:
                    print_step(console, step)
    if as_json:
        print(orjson.dumps([as_data(step) for step in steps], option=orjson.OPT_INDENT_2).decode())  # noqa: T201
    else:
        print_end(console, steps)
    return 0 if steps and all(step.is_well for step in steps) else 1


def sample_order(landscape: Landscape) -> ProductOrder:
    """Return an order for the first offering with a service that is sold at a site, else for the first of all."""
    sold = [one for one in landscape.offerings if not one.no_service and one.decomposition == "gateway"]
    offering = next((one for one in sold if one.site_bound and one.needs_visit), None) or next(iter(sold), None)
    if offering is None:
        raise SetupError("the landscape sells nothing that has a service", "give an order with --order FILE")
    now = datetime.now(UTC).replace(microsecond=0)
    values = [
        {"name": one.name, "valueType": "object", "value": {"amount": one.values[0], "units": one.unit}}
        for one in offering.characteristics
        if one.unit and one.values
    ]
    return order_from_wire(
        {
            "externalId": "adapter-try",
            "description": "A sample order",
            "requestedStartDate": now.isoformat(),
            "requestedCompletionDate": (now + timedelta(days=5)).isoformat(),
            "relatedParty": [{"id": "CUST-1011", "role": "customer", "@referredType": "Customer"}],
            "productOrderItem": [
                {
                    "id": "1",
                    "action": "add",
                    "quantity": 1,
                    "productOffering": {"id": offering.id},
                    "billingAccount": {"id": "BA-1011"},
                    "product": {
                        "productCharacteristic": values,
                        "place": [
                            {"id": "ADDR-1011", "role": "installation address", "@referredType": "GeographicAddress"}
                        ],
                    },
                }
            ],
        }
    )


def _chosen(
    name: str | None, role: Role | None, landscape: Landscape, plugins: Mapping[str, AdapterPlugin]
) -> tuple[AdapterPlugin, Role]:
    if name is None:
        if role is None:
            raise SetupError("neither an adapter nor a role is named", "say NAME, or --landscape FILE and --role ROLE")
        return plugins[landscape.roles[role].adapter], role
    plugin = plugins.get(name)
    if plugin is None:
        fix = f"install it, or use one of {', '.join(sorted(plugins))}"
        raise SetupError(f"adapter {name!r} is not installed", fix)
    if role is None and len(plugin.roles) > 1:
        raise SetupError(f"{name} plays several roles", f"say --role {'|'.join(plugin.roles)}")
    role = role or plugin.roles[0]
    if role not in plugin.roles:
        raise SetupError(f"adapter {name} does not play {role}", f"it plays {', '.join(plugin.roles)}")
    return plugin, role


def _settings(said: Sequence[str]) -> Mapping[str, Any]:
    found: dict[str, Any] = {}
    for one in said:
        name, mark, value = one.partition("=")
        if not mark or not name:
            raise SetupError(f"--set {one} names no value", "say --set NAME=VALUE")
        found[name] = value
    return found


def _read_order(file: Path) -> ProductOrder:
    try:
        return order_from_wire(orjson.loads(file.read_bytes()))
    except orjson.JSONDecodeError as error:
        raise SetupError(
            f"it is no JSON: {error.msg}", "give a TMF622 v4 order", file=str(file), line=error.lineno
        ) from None
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise SetupError(
            f"it is no TMF622 v4 order: {error}", "give a body of POST productOrder", file=str(file)
        ) from None


@asynccontextmanager
async def _made(
    landscape: str, folder: Path, plugin: AdapterPlugin, role: Role, said: Mapping[str, Any]
) -> AsyncIterator[tuple[Adapter, Mapping[Role, Adapter]]]:
    """Give the adapter, and those of the roles that are simulated. No other system of the landscape is touched."""
    async with AsyncExitStack() as stack:
        live = await LiveLandscape.start(landscape, folder, 0.0)
        stack.push_async_callback(live.stop)
        own = live.landscape.roles[role]
        known = {**own.settings, **live.addresses.get(role, {})} if own.adapter == plugin.name else {}
        settings = _checked(plugin, {**known, **said})
        adapter = plugin.create(role, settings, live.landscape.directory)
        stack.push_async_callback(adapter.close)
        others = {one: live.make(one) for one in live.addresses if one is not role}
        for other in others.values():
            stack.push_async_callback(other.close)
        yield adapter, others


def _checked(plugin: AdapterPlugin, settings: Mapping[str, Any]) -> Any:
    try:
        return plugin.settings.model_validate(dict(settings))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        name = ".".join(map(str, first["loc"]))
        fix = f"say --set {name}=…, or --landscape FILE"
        raise SetupError(f"setting {name} of {plugin.name}: {first['msg']}", fix) from None
