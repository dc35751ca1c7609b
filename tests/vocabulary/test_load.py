"""Vocabularies: what a table says, and where each error of one stands."""

from pathlib import Path

import pytest

from gateway.ports.errors import SetupError, UnknownCode
from gateway.vocabulary.document import read_document
from gateway.vocabulary.load import load_vocabularies, load_vocabulary

GOOD = """\
vocab: t
version: 1
source: {system: s, codes: [A, B]}
target: canonical.account-status
onUnknown: hold
map:
  A: {to: open, rel: equivalent}
  B: {rel: unmatched, note: "no such thing here"}
inverse: {open: A}
"""


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "codes.yaml"
    path.write_text(text)
    return path


def test_a_table_translates_and_never_guesses(tmp_path: Path):
    table = load_vocabulary(write(tmp_path, GOOD))
    assert (table.name, table.translate(" A "), table.inverse("open")) == ("t@1", "open", "A")
    for code in ("B", "a", "", None):
        with pytest.raises(UnknownCode):
            table.translate(code)
    with pytest.raises(UnknownCode):
        table.inverse("closed")


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("codes: [A, B]", "codes: [A, B, C]", 3, "'C' has no row"),
        ("codes: [A, B]", "codes: [A]", 8, "not among source.codes"),
        ("to: open, rel: equivalent", "to: ajar, rel: equivalent", 7, "not a value"),
        ("to: open, rel: equivalent", "to: open, rel: narrower", 7, "has no note"),
        ("inverse: {open: A}", "inverse: {closed: A}", 9, "which means"),
        ("target: canonical.account-status", "target: canonical.nothing", 4, "is not known"),
        ("version: 1", "version: 0", 2, "version"),
        ("version: 1", "version: 1\nversion: 2", 3, "stands twice"),
        ("version: 1", "version: &a 1", 2, "anchor"),
        ("onUnknown: hold", "onUnknown: guess", 5, "onUnknown"),
    ],
)
def test_an_error_names_file_and_line(tmp_path: Path, old: str, new: str, line: int, words: str):
    path = write(tmp_path, GOOD.replace(old, new))
    with pytest.raises(SetupError, match=words) as raised:
        load_vocabularies(path)
    assert f"{path}:{line}: " in str(raised.value)


def test_a_state_means_what_it_means(tmp_path: Path):
    text = GOOD.replace("canonical.account-status", "canonical.order-state").replace("to: open", "to: held")
    wrong = text.replace("rel: equivalent", "rel: equivalent, class: {terminal: true}").replace("{open: A}", "{}")
    with pytest.raises(SetupError, match="has terminal True"):
        load_vocabularies(write(tmp_path, wrong))


def test_plain_words_stay_words(tmp_path: Path):
    data = read_document(write(tmp_path, "a: NO\nb: 007\nc: 1.50\nd: ~\n")).data
    assert (data["a"], data["b"], str(data["c"]), data["d"]) == ("NO", "007", "1.50", None)


def test_a_missing_file_is_named(tmp_path: Path):
    with pytest.raises(SetupError, match=r"none\.yaml"):
        load_vocabularies(tmp_path / "none.yaml")


@pytest.mark.parametrize("part", ["crm", "field", "activation", "billing"])
def test_the_tables_that_come_with_it_are_sound(part: str):
    here = Path(__file__).parents[2] / "adapters" / "simulated" / part / "codes.yaml"
    assert load_vocabularies(here)
