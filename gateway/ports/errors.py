"""Every error of the gateway, named by what happens next.

`str(error)` is "code: reason. Fix: …", fit to be shown to a client: no body text, no secret, no stack trace.
"""

from collections.abc import Sequence
from typing import ClassVar

from gateway.canonical.judgement import Finding

__all__ = [
    "AdapterError",
    "DuplicateOrder",
    "FaceError",
    "GateRefused",
    "GatewayError",
    "IllegalTransition",
    "LifecycleError",
    "NeedsOperator",
    "NotSupported",
    "OutcomeUnknown",
    "Refused",
    "SetupError",
    "StaleVersion",
    "StateNotForClients",
    "StoreUnavailable",
    "TryLater",
    "UnknownCode",
    "Unreadable",
]


class GatewayError(Exception):
    """Something that can be said plainly: what is wrong, and what to do next."""

    status: ClassVar[int] = 500

    def __init__(self, code: str, reason: str, fix: str) -> None:
        super().__init__(code, reason, fix)
        self.code, self.reason, self.fix = code, reason, fix

    def __str__(self) -> str:
        """Code, reason and remedy in one line."""
        return f"{self.code}: {self.reason.rstrip('.')}. Fix: {self.fix}"


class FaceError(GatewayError):
    """A request that a face cannot take. `status` is 400, 401, 403, 404, 405, 406, 412, 413, 415, 422 or 501."""

    def __init__(  # noqa: PLR0913 - an error answer has this many members
        self,
        status: int,
        code: str,
        reason: str,
        fix: str,
        *,
        path: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(code, reason, fix)
        self.status = status  # type: ignore[misc]
        self.path = path
        self.headers = headers or {}


class GateRefused(GatewayError):
    """A gate refused: the sender can correct it now, and nothing was stored. Carries every finding at once."""

    status = 422

    def __init__(self, findings: Sequence[Finding]) -> None:
        first = findings[0]
        more = f" (and {len(findings) - 1} more)" if len(findings) > 1 else ""
        super().__init__(first.code, f"{first.reason}{more}", first.fix)
        self.findings = tuple(findings)


class LifecycleError(GatewayError):
    """What was asked does not fit where the order stands."""

    status = 409


class IllegalTransition(LifecycleError):
    """The state asked for cannot follow the present one."""

    status = 422

    def __init__(self, present: str, wanted: str, allowed: Sequence[str]) -> None:
        can = ", ".join(sorted(allowed)) or "nothing: it is final"
        super().__init__(
            "illegalTransition", f"state {present} cannot be followed by {wanted}", f"allowed from {present}: {can}"
        )
        self.present, self.wanted, self.allowed = present, wanted, tuple(allowed)


class StateNotForClients(LifecycleError):
    """The state asked for may follow, but not because a client says so; `allowed` are those that a client can have."""

    def __init__(self, present: str, wanted: str, allowed: Sequence[str], instead: str) -> None:
        can = f"a client can ask for {', '.join(sorted(allowed))}" if allowed else instead
        super().__init__(
            "stateFollowsFacts", f"state {present} changes to {wanted} only when verified facts or a task say so", can
        )
        self.present, self.wanted, self.allowed, self.instead = present, wanted, tuple(allowed), instead


class StaleVersion(LifecycleError):
    """Somebody else changed it in between."""

    def __init__(self, what: str) -> None:
        super().__init__("staleVersion", f"{what} was changed by somebody else", "read it again and repeat the change")


class DuplicateOrder(LifecycleError):
    """The same id was stored before."""


class StoreUnavailable(GatewayError):
    """The database does not answer; nothing was stored."""

    status = 503


class SetupError(GatewayError):
    """A bad setting, document, landscape or vocabulary. The program does not start: exit 2."""

    def __init__(self, reason: str, fix: str, *, file: str | None = None, line: int | None = None) -> None:
        where = "" if file is None else f"{file}:{line}: " if line else f"{file}: "
        super().__init__("setup", where + reason, fix)
        self.file, self.line = file, line


class AdapterError(GatewayError):
    """A legacy system did not do what was asked."""

    status = 503


class TryLater(AdapterError):
    """Not reached, or busy; nothing was sent. The work stays and is tried again."""

    def __init__(self, reason: str, *, retry_after_seconds: float | None = None) -> None:
        super().__init__("tryLater", reason, "nothing to do: it is tried again")
        self.retry_after_seconds = retry_after_seconds


class OutcomeUnknown(AdapterError):
    """Sent, and no answer came. The legacy system is asked before anything is sent again."""

    def __init__(self, reason: str) -> None:
        super().__init__("outcomeUnknown", reason, "nothing to do: the legacy system is asked first")


class Refused(AdapterError):
    """The legacy system said no. `legacy_text` is redacted already."""

    def __init__(self, legacy_code: str, legacy_text: str, *, subject: str | None = None) -> None:
        super().__init__(
            "refused", f"{legacy_code}: {legacy_text}", "correct what the legacy system names, then release"
        )
        self.legacy_code, self.legacy_text, self.subject = legacy_code, legacy_text, subject


class Unreadable(AdapterError):
    """The legacy system answered something that its own dialect does not have. `quote` is redacted and short."""

    def __init__(self, reason: str, quote: str) -> None:
        super().__init__("unreadable", f"{reason}; it said: {quote!r}", "look at the legacy system, then release")
        self.quote = quote


class UnknownCode(AdapterError):
    """A code, unit or state that the vocabulary lacks. Never defaulted, never passed through (VOC-001)."""

    def __init__(self, vocabulary: str, legacy_code: str, *, subject: str | None = None) -> None:
        super().__init__(
            "VOC-001", f"vocabulary {vocabulary} lacks {legacy_code!r}", f"add {legacy_code!r} to {vocabulary}"
        )
        self.vocabulary, self.legacy_code, self.subject = vocabulary, legacy_code, subject


class NeedsOperator(AdapterError):
    """Wrong credentials, a licence, a setting: only a person can mend it."""

    def __init__(self, reason: str, fix: str) -> None:
        super().__init__("needsOperator", reason, fix)


class NotSupported(AdapterError):
    """The adapter does not declare this capability."""

    status = 501

    def __init__(self, adapter: str, operation: str) -> None:
        super().__init__("notSupported", f"{adapter} has no {operation}", "choose an adapter that declares it")
