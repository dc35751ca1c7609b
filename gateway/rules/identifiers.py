"""Identifiers that only one service may have: numbers as E.164, cards, serials, ports, addresses."""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any, NamedTuple

import phonenumbers
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

from gateway.canonical.common import Characteristic

__all__ = [
    "SWAPS",
    "Identifier",
    "identifiers",
    "identifiers_in",
    "kind_of",
    "normal",
    "numbers",
    "phone_problem",
    "region_in",
]

SWAPS = ("swap", "swapped", "swappedFrom", "replaces", "previousSerial", "oldSerial")
"""Members by which a fact says that one device took the place of another."""

_KINDS: dict[str, str] = {
    name: kind
    for kind, names in {
        "number": "msisdn telephonenumber phonenumber number telmsisdn",
        "iccid": "iccid simiccid",
        "imsi": "imsi",
        "serial": "serial serialnumber ont ontserial deviceserial cpeserial routerserial stbserial",
        "port": "port portid oltport accessport",
        "ipv4": "ipv4 ipv4address ipaddress staticip staticipv4 ipv4block",
    }.items()
    for name in names.split()
}
_TAILS = {"msisdn": "number", "iccid": "iccid", "imsi": "imsi", "serialnumber": "serial"}
_REGION_NAMES = frozenset({"region", "country", "countrycode", "numberregion", "numbercountry"})
_LOOSE = 6  # a characteristic that is just called `number` is a telephone number from this many digits on
_SEPARATORS = re.compile(r"[\s().\-/]+")
_E164 = re.compile(r"\+[1-9]\d{6,14}")


class Identifier(NamedTuple):
    """A value that names one thing: its kind, its normal form, and where it was stated."""

    kind: str
    value: str
    path: str


@lru_cache(maxsize=1024)
def _kind(name: str) -> str | None:
    bare = name.lower().replace("_", "").replace("-", "")
    return _KINDS.get(bare) or next((kind for tail, kind in _TAILS.items() if bare.endswith(tail)), None)


def kind_of(name: str, value_type: str | None = None) -> str | None:
    """Return number, iccid, imsi, serial, port or ipv4 for a characteristic's name, or None."""
    return "number" if value_type is not None and value_type.lower() == "msisdn" else _kind(name)


def region_in(characteristics: Iterable[Characteristic]) -> str | None:
    """Return the region (two letters) that an item's characteristics state for its numbers, or None."""
    for characteristic in characteristics:
        if characteristic.name.lower() in _REGION_NAMES and isinstance(characteristic.value, str):
            return characteristic.value.strip().upper()
    return None


def _texts(name: str, kind: str, value: Any, region: str | None) -> Iterator[tuple[str, str | None]]:
    if isinstance(value, list | tuple):
        for one in value:
            yield from _texts(name, kind, one, region)
    elif isinstance(value, dict):
        inner = value.get("number", value.get("value"))
        stated = next((v for k, v in value.items() if k.lower() in _REGION_NAMES and isinstance(v, str)), region)
        if isinstance(inner, str | int):
            yield str(inner), stated
    elif isinstance(value, str | int) and not isinstance(value, bool):
        text = str(value).strip()
        if kind != "number":
            if text:
                yield text, region
            return
        digits = sum(map(str.isdigit, text))
        loose = name.lower() == "number"
        if digits and not (loose and (isinstance(value, int) or digits < _LOOSE)):
            yield text, region


def numbers(characteristic: Characteristic, region: str | None) -> Iterator[tuple[str, str | None]]:
    """Yield (text, region) for every telephone number that a characteristic states."""
    stated = characteristic.extras.get("region") or region
    yield from _texts(characteristic.name, "number", characteristic.value, stated)


def identifiers(characteristics: tuple[Characteristic, ...], path: str) -> Iterator[Identifier]:
    """Yield the identifiers among characteristics; `path` is where their tuple stands."""
    region: str | None = None
    for number, characteristic in enumerate(characteristics):
        kind = kind_of(characteristic.name, characteristic.value_type)
        if kind is None or characteristic.value is None:
            continue
        region = region or region_in(characteristics)
        for text, stated in _texts(characteristic.name, kind, characteristic.value, region):
            yield Identifier(kind, normal(kind, text, stated), f"{path}[{number}].value")


def identifiers_in(value: dict[str, Any], path: str) -> Iterator[Identifier]:
    """Yield the identifiers among the members of a fact's value; `path` is the fact's."""
    for name, member in value.items():
        kind = _kind(name)
        if kind is None or member is None:
            continue
        if member.__class__ is str and kind != "number":
            plain = normal(kind, member)
            if plain:
                yield Identifier(kind, plain, f"{path}.value.{name}")
        else:
            for text, stated in _texts(name, kind, member, None):
                yield Identifier(kind, normal(kind, text, stated), f"{path}.value.{name}")


def normal(kind: str, text: str, region: str | None = None) -> str:
    """Return an identifier as it compares: a number as E.164 where it can be read, others without blanks and case."""
    if kind == "number":
        return _e164(text, region) or _SEPARATORS.sub("", text)
    return "".join(text.split()).upper()


def phone_problem(text: str, region: str | None) -> str | None:
    """Return why a text is no telephone number that the whole world can dial, or None."""
    bare = _SEPARATORS.sub("", text.removeprefix("tel:"))
    if bare.startswith("+"):
        if _E164.fullmatch(bare) is None:
            return "is not + and 7 to 15 digits"
        return None if _country_known(bare) else "begins with a country code that is assigned to nobody"
    if region is None and _e164(text, None) is not None:
        return None
    if region is None:
        return "has no country code and no stated region"
    return None if _e164(text, region) else f"is no number of region {region}"


def _country_known(bare: str) -> bool:
    return any(int(bare[1:end]) in COUNTRY_CODE_TO_REGION_CODE for end in (2, 3, 4))


@lru_cache(maxsize=4096)
def _e164(text: str, region: str | None) -> str | None:
    bare = _SEPARATORS.sub("", text.removeprefix("tel:"))
    if region is None and bare.startswith("00"):  # as it is dialled from most of the world
        bare = text = "+" + bare[2:]
    if _E164.fullmatch(bare):
        return bare
    try:
        parsed = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(parsed):
        return None
    return str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164))
