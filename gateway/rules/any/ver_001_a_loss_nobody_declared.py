"""VER-001: what a version cannot say is said to be lost."""

from collections.abc import Iterator

from gateway.canonical.judgement import Severity
from gateway.rules.context import Context
from gateway.rules.rule import Problem, rule
from gateway.rules.versions import NEWER, loss_is_declared

__all__ = ["a_loss_nobody_declared"]


@rule("VER-001", gate=None, severity=Severity.REJECT, reads=(), since="0.1", level=5)
def a_loss_nobody_declared(ctx: Context) -> Iterator[Problem]:
    """A v4 document has no state that only v5 has, unless the loss is declared.

    What it checks: orders, items and services of a v4 trace have no state that v4 lacks (draft, inProgress.accepted, a
        partial item of a product order, a suspended service), where neither order nor trace states the loss. An event
        of the history in such a state is warned of: the history may be kept in the words of the newer version.
    Why it matters: two versions of one order say two things, and nobody knows that they do.
    Passes: inProgress in v4 for an order that v5 calls inProgress.accepted, and an extension that says so.
    Fails: a v4 item that is partial.
    Harmless look-alike: draft in a v5 trace; a partial item of a service order, which v4.1 has; a declared loss.
    How to fix: say the state as the map to v4 has it, and keep the finer word in an extension or a note.
    """
    trace = ctx.trace
    if trace.version != "v4" or not (trace.unread or trace.history):
        return
    for one in trace.unread:
        if one.value in NEWER.get(one.target, ()) and not loss_is_declared(trace):
            yield Problem(one.path, f"{one.value} is a word of v5: v4 loses it, and nobody says so")
    for number, entry in enumerate(trace.history or ()):
        words = NEWER["order-state" if entry.subject == "productOrder" else "item-state"]
        if entry.state in words and not loss_is_declared(trace):
            reason = f"{entry.subject} was {entry.state}, which v4 cannot say, and nobody says so"
            yield Problem(f"history[{number}].state", reason, severity=Severity.WARN)
            return
