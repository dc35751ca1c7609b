"""The part of a landscape file about a message broker: where statements arrive."""

import re
from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from gateway.canonical.base import Model
from gateway.vocabulary.document import Document

__all__ = ["BrokerFile", "FactSource", "checked_sources"]

_TOKEN = re.compile(r"[A-Za-z0-9_$-]+")
_NAME = re.compile(r"[A-Za-z0-9_-]+")
_LONGEST = 249  # of a topic's name


class FactSource(Model):
    """A subject (NATS, with wildcards) or topic (Kafka) from which statements arrive.

    `systems` are those whose statements may come this way; empty is anybody. Processes of one `group` share the
    messages. `line` is where the file says it.
    """

    name: str
    is_subject: bool
    group: str
    stream: str | None = None
    systems: frozenset[str] = frozenset()
    line: int = 1

    def takes(self, name: str) -> bool:
        """Whether a message to that subject or topic arrives here."""
        return _overlap(self.name, name)


class _SourceFile(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=to_camel, populate_by_name=True)

    subject: str | None = None
    topic: str | None = None
    stream: str | None = None
    group: str | None = None
    systems: tuple[str, ...] = ()


class BrokerFile(BaseModel):
    """The member `broker`, as the file writes it."""

    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=to_camel, populate_by_name=True)

    facts_from: tuple[_SourceFile, ...] = ()


def checked_sources(document: Document, said: BrokerFile, landscape: str) -> Sequence[FactSource]:
    """Return where statements arrive. Raises SetupError with file and line for what cannot be meant."""
    member = "factsFrom" if document.at("broker", "factsFrom") is not None else "facts_from"
    found: list[FactSource] = []
    for index, one in enumerate(said.facts_from):
        here = ("broker", member, index)
        if (one.subject is None) == (one.topic is None):
            raise document.wrong("a source of facts is not named once", "give a subject or a topic", *here)
        name = one.subject or one.topic or ""
        fault = _fault(name, is_topic=one.subject is None)
        if fault:
            raise document.wrong(f"{name!r} {fault}", "correct the name", *here, "subject" if one.subject else "topic")
        if any(_overlap(name, other.name) for other in found):
            fix = "keep one of them: a message would be taken twice"
            raise document.wrong(f"{name!r} says the same as another source", fix, *here)
        group = one.group or "tmf-gateway-" + (re.sub(r"[^A-Za-z0-9_-]+", "-", landscape).strip("-") or "facts")
        if len(said.facts_from) > 1 and one.group is None:
            group += f"-{index + 1}"
        for key, value in (("stream", one.stream), ("group", group)):
            if value is not None and not _NAME.fullmatch(value):
                fix = "use letters, digits, dashes and underscores"
                raise document.wrong(f"{key} {value!r} is no name", fix, *here, key)
        if one.stream is not None and one.topic is not None:
            raise document.wrong("a topic has no stream", "remove it, or name a subject", *here, "stream")
        line = document.line(*here)
        found.append(
            FactSource(
                name=name,
                is_subject=one.subject is not None,
                group=group,
                stream=one.stream,
                systems=frozenset(one.systems),
                line=line,
            )
        )
    return tuple(found)


def _fault(name: str, *, is_topic: bool) -> str | None:
    """Return what is wrong with a name, None where nothing is."""
    tokens = name.split(".")
    if len(name) > _LONGEST:
        return "is too long"
    if is_topic:
        sound = all(_NAME.fullmatch(token) for token in tokens)
        return None if sound else "is no topic"
    if ">" in tokens[:-1]:
        return "has a > that is not at its end"
    if any(not (token in {"*", ">"} or _TOKEN.fullmatch(token)) for token in tokens):
        return "is no subject"
    return "would take everything" if tokens[0] in {"*", ">"} else None


def _overlap(one: str, other: str) -> bool:
    """Whether some subject fits both patterns."""
    mine, theirs = one.split("."), other.split(".")
    for index in range(max(len(mine), len(theirs))):
        if index >= len(mine) or index >= len(theirs):
            return False
        if ">" in {mine[index], theirs[index]}:
            return True
        if mine[index] != theirs[index] and "*" not in {mine[index], theirs[index]}:
            return False
    return True
