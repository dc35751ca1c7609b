"""What makes a table unsound, with the line that it is told by; and what is only doubtful."""

from pathlib import Path

import pytest
import yaml

from gateway.ports.errors import SetupError, UnknownCode
from gateway.vocabulary.actions import read_action
from gateway.vocabulary.checks import doubts
from gateway.vocabulary.document import parse_documents
from gateway.vocabulary.file import TableFile
from gateway.vocabulary.load import table_of
from gateway.vocabulary.texts import joined, texts_of

WRONG = yaml.safe_load((Path(__file__).parent / "wrong.yaml").read_text(encoding="utf-8"))
CHANGES = [(sort, change) for sort, one in WRONG.items() for change in one["changes"]]


def table(text):
    (document,) = parse_documents(text, "t.yaml")
    return table_of(document)


def doubtful(text):
    (document,) = parse_documents(text, "t.yaml")
    return [reason for reason, _, _ in doubts(document.read(TableFile))]


@pytest.mark.parametrize("sort", WRONG)
def test_a_sound_table_is_taken_without_doubt(sort):
    assert table(WRONG[sort]["text"]).version == 1
    assert doubtful(WRONG[sort]["text"]) == []


@pytest.mark.parametrize(("sort", "change"), CHANGES, ids=[change["words"] for _, change in CHANGES])
def test_an_unsound_table_is_refused_with_its_line(sort, change):
    text = WRONG[sort]["text"]
    assert change["old"] in text
    with pytest.raises(SetupError) as raised:
        table(text.replace(change["old"], change["new"], 1))
    assert change["words"] in raised.value.reason
    assert raised.value.line == change["line"], raised.value.reason


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (
            "NEW: {to: acknowledged, rel: equivalent,",
            "NEW: {to: acknowledged, rel: equivalent, note: odd,",
            "how it differs",
        ),
        ("  END: []\n", "", "nothing says what may follow"),
        (", completed: END", "", "has no inverse"),
    ],
)
def test_what_looks_wrong_is_doubted(old, new, words):
    text = WRONG["codes"]["text"]
    assert old in text
    assert any(words in reason for reason in doubtful(text.replace(old, new)))


def test_codes_that_share_a_value_lose_which_they_were():
    text = WRONG["codes"]["text"].replace("[NEW, RUN, END]", "[NEW, RUN, DSP, END]")
    same = "{to: inProgress, rel: equivalent, class: {terminal: false, billable: false}}"
    text = text.replace("  END: {to", f"  DSP: {same}\n  END: {{to", 1).replace("  END: []", "  DSP: [END]\n  END: []")
    found = doubtful(text)
    assert any("a round trip loses which it was" in reason for reason in found)
    assert any("one is equivalent to 'inProgress' and another is not" in reason for reason in found)
    assert not any("round trip" in reason for reason in doubtful(text + "carry: {reason: true}\n"))


def test_a_state_that_a_face_cannot_say_is_declared_and_taken():
    old = "NEW: {to: acknowledged, rel: equivalent,"
    new = "NEW: {to: inProgress.accepted, rel: equivalent, shown: {tmf622-v4: inProgress, tmf641-v4: inProgress},"
    text = WRONG["codes"]["text"].replace(old, new).replace("inverse: {acknowledged: NEW, ", "inverse: {")
    assert table(text).translate("NEW") == "inProgress.accepted"


def test_a_move_that_hides_states_names_them():
    text = WRONG["codes"]["text"].replace("NEW: [RUN]", "NEW: {END: [inProgress], RUN: []}")
    assert table(text)


def test_macd_codes_become_modifications_of_a_kind():
    text = """\
vocab: a
version: 1
source: {system: s, codes: [MV, SP, RS, RN, NEW]}
target: canonical.item-action
onUnknown: hold
map:
  MV: {to: modify.move, rel: equivalent}
  SP: {to: modify.suspend, rel: equivalent}
  RS: {to: modify.resume, rel: equivalent}
  RN: {to: modify.rename, rel: equivalent}
  NEW: {to: add, rel: equivalent}
"""
    found = table(text)
    said = read_action(found.translate("MV"))
    assert (said.action, said.subtype) == ("modify", "move")
    assert read_action(found.translate("NEW")).subtype is None
    with pytest.raises(UnknownCode):
        found.translate("MOVE")
    with pytest.raises(SetupError, match="is not a value"):
        table(text.replace("modify.move", "move"))


def test_a_unit_may_be_a_multiple_of_ours():
    text = """\
vocab: u
version: 1
source: {system: s, codes: [D, KB]}
target: canonical.rate-unit
onUnknown: hold
map:
  D: {to: kbit/s, rel: equivalent, factor: 64}
  KB: {to: kbit/s, rel: narrower, note: bytes and not bits, factor: 8}
examples:
  - {legacy: 2 D, canonical: 128 kbit/s}
  - {legacy: KB 100, canonical: 800 kbit/s}
"""
    assert table(text).quantity(30, "D").base == 1_920_000
    with pytest.raises(SetupError, match="an example says"):
        table(text.replace("factor: 64", "factor: 640"))


def test_a_text_parts_into_tables_and_joins_again():
    both = WRONG["codes"]["text"] + "---\n# the fields\n" + WRONG["fields"]["text"]
    found = texts_of(both, "both.yaml")
    assert list(found) == ["t", "f"]
    assert "# the fields" in found["f"].text
    again = texts_of(joined(found.values()), "again.yaml")
    assert {key: one.digest for key, one in again.items()} == {key: one.digest for key, one in found.items()}
    spaced = texts_of("# a remark\n" + WRONG["codes"]["text"].replace(": ", ":  "), "spaced.yaml")
    assert spaced["t"].digest == found["t"].digest
    with pytest.raises(SetupError, match="stands twice"):
        texts_of(WRONG["codes"]["text"] + "---\n" + WRONG["codes"]["text"], "twice.yaml")
    with pytest.raises(SetupError, match="holds no vocabulary"):
        texts_of("# nothing\n", "none.yaml")


def test_the_example_of_the_handbook_is_sound():
    handbook = (Path(__file__).parents[2] / "adapters" / "README.md").read_text(encoding="utf-8")
    text = handbook.partition("### A table of codes")[2].partition("```yaml\n")[2].partition("```")[0]
    assert table(text).name == "field-status@2"
    assert doubtful(text) == []
