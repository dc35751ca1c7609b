"""VER-003: each version in its own words."""

from collections.abc import Iterator

from gateway.canonical.judgement import Severity
from gateway.rules.context import Context
from gateway.rules.rule import Problem, rule
from gateway.rules.versions import is_of_another_version

__all__ = ["a_word_of_another_version"]


@rule("VER-003", gate=None, severity=Severity.REJECT, reads=(), since="0.1", level=5)
def a_word_of_another_version(ctx: Context) -> Iterator[Problem]:
    """No document has a code that only another version of its face has.

    What it checks: each state, status, action and type that the version of the trace does not have is not a word of
        the same list in another version. A word of no version is for VOC-001. In v5, which has all the words of v4, it
        can only be a word of orders that stands at an item or a service order (inProgress.accepted): that is a warning.
    Why it matters: the consumer stops at a word that it does not know, or takes it for its default.
    Passes: inProgress for what v5 calls inProgress.accepted.
    Fails: draft in a v4 order.
    Harmless look-alike: draft and inProgress.accepted in a v5 order.
    How to fix: say it through the map of the version, never as it stands in the other one.
    """
    for one in ctx.trace.unread:
        if is_of_another_version(ctx.trace, one):
            reason = f"{one.value} is no word of {ctx.trace.version}, only of another list or version"
            yield Problem(one.path, reason, severity=None if ctx.trace.version == "v4" else Severity.WARN)
