"""Which class of fault a finding is: overrides first, then the family of its code, then what is left."""

from collections.abc import Mapping

from gateway.canonical.exceptions import FaultClass
from gateway.canonical.judgement import Finding

__all__ = ["BY_CODE", "BY_FAMILY", "FAULTS", "RULE_ERROR", "class_of"]

RULE_ERROR = "rule error:"
"""How the reason of a finding begins whose rule could not be evaluated."""

FAULTS: Mapping[str, FaultClass] = {
    "VOC-001": FaultClass.UNKNOWN_VOCABULARY,
    "notSupported": FaultClass.CAPABILITY,
    "unreadable": FaultClass.CAPABILITY,
    "refused": FaultClass.TECHNICAL,
    "needsOperator": FaultClass.TECHNICAL,
    "tryLater": FaultClass.TECHNICAL,
    "outcomeUnknown": FaultClass.TECHNICAL,
}
"""What an adapter's error is. An answer that its own dialect does not have is another version of the system."""

BY_CODE: Mapping[str, FaultClass] = {
    "ORD-003": FaultClass.IDENTITY,
    "ORD-006": FaultClass.ILLEGAL_TRANSITION,
    "ORD-014": FaultClass.IDENTITY,
    "ORD-015": FaultClass.IDENTITY,
    "ORD-016": FaultClass.IDENTITY,
    "BLD-003": FaultClass.IMBALANCE,
    "BLD-010": FaultClass.ILLEGAL_TRANSITION,
    "ACT-004": FaultClass.ILLEGAL_TRANSITION,
    "ACT-006": FaultClass.IMBALANCE,
    "ACT-007": FaultClass.ILLEGAL_TRANSITION,
    "ACT-009": FaultClass.IDENTITY,
    "BIL-004": FaultClass.IDENTITY,
    "BIL-007": FaultClass.IDENTITY,
    "VOC-003": FaultClass.IMBALANCE,
}
"""Codes that are of another class than their family."""

BY_FAMILY: Mapping[str, FaultClass] = {
    "VOC": FaultClass.UNKNOWN_VOCABULARY,
    "LIF": FaultClass.ILLEGAL_TRANSITION,
    "TIM": FaultClass.ILLEGAL_TRANSITION,
    "MON": FaultClass.IMBALANCE,
    "BIL": FaultClass.IMBALANCE,
    "CLO": FaultClass.IMBALANCE,
    "IDN": FaultClass.IDENTITY,
    "CAP": FaultClass.CAPABILITY,
    "VER": FaultClass.CAPABILITY,
    "AGR": FaultClass.CONTRADICTION,
    "CTX": FaultClass.CONTRADICTION,
    "ACT": FaultClass.CONTRADICTION,
    "BLD": FaultClass.CONTRADICTION,
    "ORD": FaultClass.CONTRADICTION,
}
"""By the letters of a code. A family that is not here contradicts something: every rule compares."""


def class_of(finding: Finding) -> FaultClass:
    """Return the class of a finding; the first table that knows it decides."""
    if finding.reason.startswith(RULE_ERROR):
        return FaultClass.RULE_ERROR
    code = finding.code
    for table, key in ((FAULTS, code), (BY_CODE, code), (BY_FAMILY, code.partition("-")[0])):
        found = table.get(key)
        if found is not None:
            return found
    return FaultClass.CONTRADICTION
