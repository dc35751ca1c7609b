"""TM Forum's example bodies, by what they are made of: the same members, classes, words and faults, with values of ours.

`python -m tests.openapi.examples` writes the page that lists them.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

__all__ = ["EXAMPLES", "PAGE", "Example", "page"]

HERE = Path(__file__).parent / "samples"
PAGE = HERE / "README.md"

HEAD = """# Samples

`v4-*.json` are bodies of ours, each with what a document says of it. `examples-*.json` stand for the example bodies that
TM Forum publishes: with their members, classes, words and faults, and values of ours. Each is taken or refused as TM
Forum's own document says, which was asked of that document with the bodies as they were published;
`test_examples.py` asks it of our documents, `tests/faces/test_published_examples.py` of the faces. This page is
generated: `python -m tests.openapi.examples`.

## Refused, since they break their own document

| example | as | what is wrong | our document | the gateway |
| --- | --- | --- | --- | --- |
"""

TAKEN = """
Where our document or the gateway takes what the standard's refuses:

"""

REST = """
## Accepted

| face | operation | as | examples |
| --- | --- | --- | --- |
"""


@dataclass(frozen=True)
class Example:
    """One body: where it belongs, and what is said of it. `part` is `request`, or the status that it answers with."""

    face: str
    example: str
    operation: str
    part: str
    media: str
    body: Any
    refused: dict[str, Any] | None = None
    document: str = ""
    gateway: str = ""
    because: str = ""

    @property
    def is_request(self) -> bool:
        """Whether a client sends it."""
        return self.part == "request"

    @property
    def by_document(self) -> str:
        """What our document says of it."""
        return self.document or ("refused" if self.refused else "accepted")

    @property
    def by_gateway(self) -> str:
        """What the gateway says of it, where it is sent there."""
        return self.gateway or self.by_document if self.is_request else "-"

    @property
    def name(self) -> str:
        """The face and the example, told apart from its answer."""
        return f"{self.face} {self.example} {self.part}"


def _read() -> Iterator[Example]:
    for file in sorted(HERE.glob("examples-*.json")):
        face = file.stem.removeprefix("examples-")
        yield from (Example(face, **row) for row in json.loads(file.read_text(encoding="utf-8")))


EXAMPLES = tuple(_read())


@cache
def page() -> str:
    """Return the page that lists every example."""
    refused = [one for one in EXAMPLES if one.refused]
    rows = [
        f"| {one.face} `{one.example}` | {one.operation}, {one.part} | {one.refused['says']} "
        f"| {one.by_document} | {one.by_gateway} |\n"
        for one in refused
        if one.refused
    ]
    why = dict.fromkeys(f"- {one.because}: `{one.example}`, {one.part}\n" for one in refused if one.because)
    taken: dict[tuple[str, str, str], list[str]] = {}
    for one in EXAMPLES:
        if not one.refused:
            taken.setdefault((one.face, one.operation, one.part), []).append(f"`{one.example}`")
    accepted = [f"| {face} | {op} | {part} | {', '.join(names)} |\n" for (face, op, part), names in taken.items()]
    return "".join([HEAD, *rows, TAKEN, *why, REST, *accepted])


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
