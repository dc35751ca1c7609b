"""Every error of the gateway, named by what happens next.

`str(error)` is "code: reason. Fix: …", fit to be shown to a client: no body text, no secret, no stack trace.
"""

from collections.abc import Sequence
from typing import Any, ClassVar

from gateway.canonical.judgement import Finding

__all__ = [
    "AdapterError",
    "ClaimTaken",
    "DuplicateOrder",
    "FaceError",
    "GateRefused",
    "GatewayError",
    "IllegalTransition",
    "LeaseLost",
    "LifecycleError",
    "NeedsOperator",
    "NotSupported",
    "OtherContent",
    "OutcomeUnknown",
    "Refused",
    "SetupError",
    "SlowQuery",
    "StaleVersion",
    "StateNotForClients",
    "StoreUnavailable",
    "TakenBefore",
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


class LeaseLost(LifecycleError):
    """The work was taken over by another process meanwhile; nothing was stored."""

    def __init__(self, what: str) -> None:
        super().__init__("leaseLost", f"the lease of {what} is another's", "nothing to do: another process goes on")


class DuplicateOrder(LifecycleError):
    """The same id was stored before."""


class ClaimTaken(LifecycleError):
    """A key of what was to be stored stands for another resource; nothing was stored."""

    def __init__(self, name: str) -> None:
        super().__init__("duplicate", f"{name} is that of another resource", "use the one that is there")
        self.name = name


class TakenBefore(LifecycleError):
    """The very same was taken in before. Carries it as it was then: the answer to give again."""

    def __init__(self, name: str, first: Any) -> None:
        super().__init__("duplicate", f"{name} was sent before; it made {first.id}", "use the one that is there")
        self.first = first


class OtherContent(LifecycleError):
    """A key came before with other content. Carries what differs: both sides, without what the gateway sets.

    `first` is None where the key stands for another kind of resource.
    """

    def __init__(self, name: str, what: str, first: Any | None, wanted: Any) -> None:
        super().__init__(
            "otherContent", f"{name} was used before, for {what}", "send it with that content, or under another one"
        )
        self.first, self.wanted = first, wanted


class StoreUnavailable(GatewayError):
    """The database does not answer; nothing was stored."""

    status = 503


class SlowQuery(GatewayError):
    """A list takes too long, since no index answers what is asked of the `paths`, in canonical names."""

    status = 400

    def __init__(self, paths: Sequence[str], seconds: float) -> None:
        super().__init__(
            "slowFilter",
            f"the list took more than {seconds:g} seconds, since no index answers what is asked of {', '.join(paths)}",
            "ask for an attribute that is indexed as well, with = and a value that few have",
        )
        self.paths, self.seconds = tuple(paths), seconds


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
    """Not reached, or busy; nothing was sent. The work stays and is tried again.

    `only_this` says that the system is well, and that nothing but this message has to wait.
    """

    def __init__(self, reason: str, *, retry_after_seconds: float | None = None, only_this: bool = False) -> None:
        super().__init__("tryLater", reason, "nothing to do: it is tried again")
        self.retry_after_seconds, self.only_this = retry_after_seconds, only_this


class OutcomeUnknown(AdapterError):
    """Sent, and no answer came. The legacy system is asked before anything is sent again."""

    def __init__(self, reason: str, fix: str = "nothing to do: the legacy system is asked first") -> None:
        super().__init__("outcomeUnknown", reason, fix)


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
    """Wrong credentials, a licence, a setting: only a person can mend it, and until then nobody else gets in either.

    `only_this` says that the system is well, and that it is this one order which a person has to look at.
    """

    def __init__(self, reason: str, fix: str, *, only_this: bool = False) -> None:
        super().__init__("needsOperator", reason, fix)
        self.only_this = only_this


class NotSupported(AdapterError):
    """The adapter does not have this capability: it was never declared, or is declared as one that it lacks.

    A client that asks for it is answered 501; an order that needs it is held.
    """

    status = 501

    def __init__(self, adapter: str, operation: str, declared: str | None = None) -> None:
        says = f" (declared {declared})" if declared else ""
        super().__init__("notSupported", f"{adapter} has no {operation}{says}", "choose an adapter that declares it")
