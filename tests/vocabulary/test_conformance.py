"""The declaration of an adapter: what it must say, and where it says it wrongly."""

import pytest

from gateway.ports.adapter import Capability, Role
from gateway.ports.errors import SetupError
from gateway.ports.loss import Direction
from gateway.vocabulary.conformance import Todo, load_declaration

GOOD = """\
system: acme-crm
gather: {status: partial, comment: "no credit check", todo: "read the score"}
cancel:
  gather: {status: impossible, comment: "a question cannot be called back"}
lookup:
  gather: {status: full}
observe: {status: unknown, todo: "ask the vendor"}
inventory: {status: not-implemented, comment: "nobody asked for it"}
todo:
  - "fill codes.yaml"
contract:
  reordering: {status: exempt, comment: "one question, one answer"}
  duplicates: {status: todo, comment: "ask the vendor", until: "2027-01-31"}
ignored:
  to-legacy:
    order.notes.*: "no place for them"
  gather:
    from-legacy: {"case[*].href": "leads nowhere"}
"""
SAID = {
    "gather": Capability.PARTIAL,
    "cancel gather": Capability.IMPOSSIBLE,
    "lookup gather": Capability.FULL,
    "observe": Capability.UNKNOWN,
}


@pytest.fixture
def write(tmp_path):
    def written(text):
        path = tmp_path / "conformance.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return written


def test_a_declaration_says_all_there_is_to_say(write):
    declaration = load_declaration(write(GOOD))
    assert {word: entry.status for word, entry in declaration.answers.items()} == {
        **SAID,
        "inventory": Capability.NOT_IMPLEMENTED,
    }
    assert list(declaration.problems(Role.CUSTOMER, SAID)) == []
    assert declaration.todos == (
        Todo(where="gather", what="read the score"),
        Todo(where="observe", what="ask the vendor"),
        Todo(where="duplicates", what="ask the vendor"),
        Todo(where="todo", what="fill codes.yaml"),
    )
    assert declaration.ignored.fits(Direction.TO_LEGACY, "order.notes.text") == "order.notes.*"
    assert declaration.ignored.fits(Direction.FROM_LEGACY, "order.notes.text") is None
    assert declaration.ignored.within("gather").fits(Direction.FROM_LEGACY, "case[1].href") == "case[*].href"


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("system: acme-crm\n", "", 1, "names no system"),
        ("status: partial", "status: mostly", 2, "'full', 'partial', 'not-implemented', 'impossible' or 'unknown'"),
        ('comment: "a question cannot be called back"', "", 4, "impossible without a comment: say why"),
        ('comment: "a question cannot be called back"', 'comment: "  "', 4, "at least 1 character"),
        ("lookup:", "idempotent:", 6, "idempotent gather names no key"),
        ("lookup:", "peek:", 5, "peek is not known"),
        ("  gather: {status: full}", "  gathr: {status: full}", 6, "lookup gathr is no operation"),
        ("todo:\n", "todos:\n", 9, "todos is not known"),
        ('order.notes.*: "no place for them"', 'order.notes.*: ""', 16, "at least 1 character"),
        ("status: exempt, ", "status: never, ", 12, "contract.reordering.status"),
        ("from-legacy:", "from_leg:", 18, "ignored.gather.from_leg"),
        ("{status: full}", "{status: full, status: full}", 6, "stands twice"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(write, old, new, line, words):
    assert old in GOOD
    with pytest.raises(SetupError) as caught:
        load_declaration(write(GOOD.replace(old, new)))
    assert (caught.value.line, caught.value.file.rpartition("/")[2]) == (line, "conformance.yaml")
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("said", "words", "line"),
    [
        (SAID | {"gather": Capability.FULL}, "gather is partial here and full in Adapter.capabilities", 2),
        (SAID | {"idempotent gather": Capability.FULL}, "idempotent gather is full in Adapter.capabilities", None),
        ({**SAID, "lookup gather": Capability.UNKNOWN}, "lookup gather is full here and unknown", 6),
        (
            {word: one for word, one in SAID.items() if word != "lookup gather"},
            "lookup gather is full here and absent",
            6,
        ),
    ],
)
def test_what_the_code_says_must_be_declared(write, said, words, line):
    (problem,) = load_declaration(write(GOOD)).problems(Role.CUSTOMER, said)
    assert words in str(problem)
    assert problem.line == line


def test_silence_is_a_failure(write):
    declaration = load_declaration(write("system: acme\ngather: {status: full}\n"))
    silent = [str(one) for one in declaration.problems(Role.CUSTOMER, {"gather": Capability.FULL})]
    assert [one.split(": ")[2].split(". Fix")[0] for one in silent] == [
        f"says nothing of {word}" for word in ("cancel gather", "lookup gather", "observe", "inventory")
    ]
    assert "add cancel: {gather: …} with one of full, partial" in silent[0]
