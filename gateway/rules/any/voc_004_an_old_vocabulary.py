"""VOC-004: everybody reads from one edition."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from gateway.canonical.judgement import Severity
from gateway.rules.amounts import number_in
from gateway.rules.context import Context
from gateway.rules.rule import Problem, rule

__all__ = ["an_old_vocabulary"]


@rule("VOC-004", gate=None, severity=Severity.WARN, reads=("facts",), since="0.1", level=5)
def an_old_vocabulary(ctx: Context) -> Iterator[Problem]:
    """A statement was read with the version of its vocabulary that is in force.

    What it checks: the version that a fact's source names (`aaa-states@7`) is the one that the reference or the trace
        says is in force; where neither does, it is not older than the one with which an earlier statement was read.
    Why it matters: after a release the old table goes on translating, and its mistakes come back.
    Passes: aaa-states@7, and 7 is in force.
    Fails: aaa-states@5, and 7 is in force.
    Harmless look-alike: a statement of before the release; another vocabulary; a vocabulary without a version.
    How to fix: load the version in force in the adapter that is behind, and read the message again.
    """
    stated = [(number, fact) for number, fact in enumerate(ctx.trace.facts) if "@" in (fact.source.vocabulary or "")]
    if not stated:
        return
    active = {**(ctx.reference.vocabularies or {}), **_versions(ctx.trace.extras.get("vocabularies"))}
    seen: dict[str, tuple[str, int]] = {}
    for number, fact in sorted(stated, key=lambda one: _known(ctx, one[1].recorded_at or one[1].observed_at)):
        name, _, version = (fact.source.vocabulary or "").partition("@")
        path = f"facts[{number}].source.vocabulary"
        if name in active:
            if not _equal(version, active[name]):
                yield Problem(path, f"{name} is at version {active[name]}, but version {version} was read with")
            continue
        newest, where = seen.get(name, (version, number))
        if _is_older(version, newest):
            reason = f"version {version} of {name} was read with after version {newest} had been"
            yield Problem(path, reason, (f"facts[{where}].source.vocabulary",))
        else:
            seen[name] = version, number


def _known(ctx: Context, moment: datetime) -> datetime:
    return ctx.instant(moment)


def _versions(said: Any) -> Mapping[str, str]:
    return {str(name): str(version) for name, version in said.items()} if isinstance(said, dict) else {}


def _bare(version: str) -> str:
    return version.strip().lower().removeprefix("v")


def _equal(one: str, other: str) -> bool:
    return _bare(one) == _bare(other)


def _is_older(one: str, other: str) -> bool:
    mine, theirs = number_in(_bare(one)), number_in(_bare(other))
    return mine is not None and theirs is not None and mine < theirs
