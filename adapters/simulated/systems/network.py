"""What the simulated network delivers: rates by profile, resources in sequence, and how faults distort them."""

from typing import Any
from xml.etree.ElementTree import Element

from adapters.sdk.xml import element
from adapters.simulated.systems.store import Faults, Store

__all__ = ["PROFILES", "TYPES", "delivered", "next_resource", "session_of"]

PROFILES: dict[str, tuple[int, int]] = {
    "FTTH_100_20": (100_000, 20_000),
    "FTTH_250_25": (250_000, 25_000),
    "FTTH_500_50": (500_000, 50_000),
    "FTTH_1000_100": (1_000_000, 100_000),
}
"""Profile → kbit/s down and up."""

TYPES = frozenset({"FTTH", "VOIP", "IPTV", "TVSP", "STIP", "MOB", "TARIF", "COVER", "VCPE", "ETH"})
"""The service types that can be provisioned."""

_DAY = 86_400_000
_KBIT = {"B": 0.001, "K": 1, "M": 1000}
_FACTORS = {"slow-profile": 2, "thousandth-rate": 1000}


def next_resource(store: Store, kind: str) -> str:
    """Return the next free port (`PRT`), number (`NUM`), SIM (`SIM`) or address (`IP4`)."""
    number = store.count_codes(kind) + 1
    while not store.take_code(kind, str(number)):
        number += 1
    made = {
        "PRT": f"OLT-{number // 1024 + 1:02}/1/{number // 64 % 16 + 1}/{number % 64 + 1}",
        "NUM": f"4930{5550_0000 + number}",
        "SIM": f"894920{number:013}",
        "IP4": f"100.{64 + number // 65536}.{number // 256 % 256}.{number % 256}",
    }
    return made[kind]


def delivered(row: dict[str, Any], faults: Faults) -> Element:
    """Return a service as the provisioning system shows it."""
    at = row["at"] - (_DAY if "activated-before-field" in faults else 0)
    parts = [element(name, str(row[name])) for name in _SHOWN if row.get(name)]
    parts += [element("rate", str(kbit), {"dir": way, "unit": "K"}) for way, kbit in _rates(row, faults).items()]
    parts += [element("param", text, {"name": name, "type": kind}) for name, (text, kind) in row["params"].items()]
    parts += [element("order", mark) for mark in row["orders"]]
    return element("service", None, {"id": row["id"], "at": str(at)}, *parts)


def session_of(row: dict[str, Any], faults: Faults) -> Element:
    """Return a service as the access server sees it: in bit/s, with the session it has open."""
    at = row["at"] - (_DAY if "activated-before-field" in faults else 0)
    up = row["state"] == "ACT"
    parts = [element(name, str(row[name])) for name in _SEEN if row.get(name)]
    rates = _rates(row, faults).items() if up else ()
    parts += [element("rate", str(int(kbit * 1000)), {"dir": way, "unit": "B"}) for way, kbit in rates]
    parts += [element("param", text, {"name": name, "type": kind}) for name, (text, kind) in row["params"].items()]
    session = f"AAA-{row['id']}-{len(row['orders'])}"
    state = "ONLINE" if up else "OFFLINE"
    return element("session", None, {"id": session, "state": state, "since": str(at)}, *parts)


_SEEN = ("serial", "site", "port", "msisdn", "iccid", "ip")
_SHOWN = ("type", "product", "offer", "soldItem", "profile", "reason", *_SEEN)


def _rates(row: dict[str, Any], faults: Faults) -> dict[str, float]:
    if row["profile"] in PROFILES:
        down, up = PROFILES[row["profile"]]
        kbit: dict[str, float] = {"D": down, "U": up}
    else:
        kbit = {way: float(amount) * _KBIT[unit] for way, (amount, unit) in row["rates"].items()}
    factor = next((factor for name, factor in _FACTORS.items() if name in faults), 1)
    return {way: _whole(rate / factor) for way, rate in kbit.items()}


def _whole(rate: float) -> float:
    return int(rate) if rate == int(rate) else round(rate, 3)
