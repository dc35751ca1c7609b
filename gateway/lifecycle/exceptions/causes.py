"""What probably lies behind a group: the usual cause of its value class, and what only its members have in common."""

from collections.abc import Mapping, Sequence

from gateway.canonical.exceptions import FaultClass, Signature
from gateway.canonical.fact import Fact

__all__ = ["CAUSES", "shared_only", "sources_of", "suspected"]

CAUSES: Mapping[str, str] = {
    "ratio≈1000": "a unit read as the next larger one, such as kbit/s as Mbit/s",
    "ratio≈0.001": "a unit read as the next smaller one, such as Mbit/s as kbit/s",
    "ratio≈1000000": "a unit read two steps too large, such as bit/s as Mbit/s",
    "ratio≈0.000001": "a unit read two steps too small, such as Mbit/s as bit/s",
    "ratio≈100": "minor units read as major ones, such as cents as euros",
    "ratio≈0.01": "major units read as minor ones, or a percentage as a share",
    "ratio≈10": "a decimal point that slipped",
    "ratio≈0.1": "a decimal point that slipped",
    "ratio≈12": "a price of a year taken for one of a month",
    "ratio≈1/12": "a price of a month taken for one of a year",
    "ratio≈8": "bytes read as bits, or a double count",
    "ratio≈1/8": "bits read as bytes",
    "ratio≈2": "something counted twice",
    "ratio≈0.5": "half of it: one direction or one part for the whole",
    "sign": "a credit taken for a charge, or the reverse",
    "zero": "a value that was not filled in",
    "unit:none": "a figure sent without its unit",
    "unit:other": "a unit of another dimension",
    "Δday=1": "a day cut in another time zone, or an end that belongs to the period on one side only",
    "Δday<1": "an instant with another offset",
    "Δday>1": "a date taken from another event, such as the order's instead of the activation's",
}
"""By value class."""

_BEGINNINGS: Mapping[str, str] = {
    "unknown-code:": "a code that the vocabulary lacks: new in the legacy system, or spelled otherwise",
    "unit:": "a unit that the table of units lacks",
    "missing:": "a system that has not said it yet, or never will",
    "state:": "a state mapped to another one, or an event that overtook another",
    "refused:": "the legacy system's own rules, or data that it lacks: its code says which",
    "currency:": "a currency read as another one, or amounts of two markets mixed",
}

_OF_CLASS: Mapping[FaultClass, str] = {
    FaultClass.RULE_ERROR: "a defect of the rule itself",
    FaultClass.TECHNICAL: "the legacy system, its account or the way to it",
    FaultClass.CAPABILITY: "a release of a system that its adapter does not know",
    FaultClass.IDENTITY: "an identifier used twice, or one taken for another",
}


def suspected(signature: Signature, fault_class: FaultClass) -> str | None:
    """Return the usual cause of a group, or None where there is none."""
    value = signature.value
    known = CAUSES.get(value)
    if known is not None:
        return known
    started = next((cause for beginning, cause in _BEGINNINGS.items() if value.startswith(beginning)), None)
    return started or _OF_CLASS.get(fault_class)


def sources_of(facts: Sequence[Fact]) -> frozenset[str]:
    """Return the adapters and vocabularies, with their versions, that an order's facts were read by."""
    return frozenset(
        name
        for fact in facts
        for said in (fact.source.adapter, fact.source.vocabulary)
        for name in (said or "").split()
        if "@" in name
    )


def shared_only(members: Sequence[frozenset[str]], healthy: Sequence[frozenset[str]]) -> tuple[str, ...]:
    """Return what all members have and no healthy order has. Nothing where there is nobody to compare with."""
    if not members or not healthy:
        return ()
    return tuple(sorted(frozenset.intersection(*members) - frozenset().union(*healthy)))
