"""Whatever is sent as a vocabulary is a table or an error that says so; nothing else comes of it."""

import random
from pathlib import Path

import pytest

from gateway.ports.errors import SetupError
from gateway.vocabulary.texts import texts_of

CODES = sorted((Path(__file__).parents[2] / "adapters" / "simulated").glob("*/codes.yaml"))
DOCUMENTS = [part for file in CODES for part in file.read_text(encoding="utf-8").split("---\n")]
WORDS = [word for text in DOCUMENTS for word in text.replace("{", " { ").replace("}", " } ").split()]
ODD = ["null", "~", "[]", "{}", "1e308", ".inf", "-1", "0", "''", "NaN", "true", "9" * 40, "2026-03-01", "a: b"]


@pytest.mark.parametrize(
    "text",
    [
        "[" * 5000,
        "[" * 5000 + "]" * 5000,
        "a: " * 500,
        "\ud800",
        "\x00",
        "- a",
        "? [a]\n: b",
        "vocab: &a t",
        "---\n---\n",
    ],
    ids=range(9),
)
def test_what_is_no_vocabulary_is_refused(text):
    with pytest.raises(SetupError):
        texts_of(text, "text")


@pytest.mark.parametrize("seed", range(4))
def test_a_garbled_table_is_taken_or_refused_with_words(seed):
    chance = random.Random(seed)
    refused = 0
    for _ in range(150):
        words = chance.choice(DOCUMENTS).split(" ")
        for _ in range(chance.randint(1, 4)):
            place = chance.randrange(len(words))
            words[place] = chance.choice([*WORDS, *ODD]) + ("\n" if words[place].endswith("\n") else "")
        try:
            texts_of(" ".join(words), "text")
        except SetupError as error:
            assert error.reason
            assert error.fix
            refused += 1
    assert refused > 100
