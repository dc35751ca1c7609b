"""Who has to act, as people write it in notes and reasons."""

import re

from gateway.canonical.states import BlockedBy

__all__ = ["who_acts"]

_CUSTOMER = r"(?:customer|subscriber|end.?user|client|buyer|tenant)"
_PROVIDER = (
    r"(?:provider|partner|supplier|vendor|carrier|wholesaler|seller|field(?: force| team)?|technicians?|engineers?|crew"
    r"|network|capacity|ports?|stock|spares?|parts?|equipment|permit|wayleave|construction|civil works?|delivery)"
)
_WAITS = r"\b(?:waits?|waiting|awaits?|awaiting|pending|hold|held|blocked)"
_DEED = r"(?:action|input|response|decision|confirmation|approval|signature|answer)"
_SHAPES = (
    _WAITS + r"(?: for| on| by)?(?: an?| the| our| free)*(?: \w+)? {0}\b",
    r"\b{0}(?:'s)? " + _DEED + r"\b.* (?:required|needed|missing)\b",
    r"\bdelay(?:ed)? (?:by|at|of|from)(?: an?| the)* {0}\b",
    r"\b{0} (?:must|has to|have to|needs? to|should|is to)\b",
    r"\b{0} to (?:act|answer|confirm|sign|choose|provide|call|deliver)\b",
    r"\b{0} (?:has not|hasn't|have not|did not|didn't|was asked|is asked|were asked)\b",
    r"\b(?:answer|reply|confirmation|signature|approval|information|documents?) (?:of|from|by)(?: an?| the)* {0}\b",
)
_ASKED = (
    rf"\b{_CUSTOMER} (?:is |was )?(?:absent|unreachable|not (?:at home|available|reachable|reached|present))",
    r"^\s*(?:dear customer|please (?:confirm|send|choose|sign|provide|call|tell))\b",
)
_LACKING = (
    r"\b(?:no|out of|lack of|missing)(?: free| spare)? (?:ports?|stock|capacity|technicians?|engineers?|crew)\b",
    r"\bjeopardy\b",
)


def _any_of(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.IGNORECASE)


_BY_CUSTOMER = _any_of(*(shape.format(_CUSTOMER) for shape in _SHAPES), *_ASKED)
_BY_PROVIDER = _any_of(*(shape.format(_PROVIDER) for shape in _SHAPES), *_LACKING)


def who_acts(text: str) -> BlockedBy | None:
    """Return who has to act by what a text says; None where it does not say, or names both."""
    customer, provider = _BY_CUSTOMER.search(text) is not None, _BY_PROVIDER.search(text) is not None
    if customer == provider:
        return None
    return BlockedBy.CUSTOMER if customer else BlockedBy.PROVIDER
