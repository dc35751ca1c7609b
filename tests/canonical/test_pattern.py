"""Patterns find what Python's own engine finds, and never run away."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.canonical.pattern import Pattern

ATOMS = st.sampled_from(
    ["a", "b", ".", "[ab]", "[^a]", "[a-c-]", r"\d", r"\W", r"\.", "(?:ab|c)", "(a|)", "^", "$", "é"]
)
COUNTS = st.sampled_from(["", "", "*", "+", "?", "{2}", "{1,2}", "{0,}"])


@st.composite
def patterns(draw):
    parts = [atom + ("" if atom in "^$" else draw(COUNTS)) for atom in draw(st.lists(ATOMS, max_size=6))]
    cut = draw(st.integers(0, len(parts)))
    text = "".join(parts[:cut]) + draw(st.sampled_from(["", "|"])) + "".join(parts[cut:])
    return draw(st.sampled_from([text, f"^(?:{text})$", f"x({text})+"]))


@given(pattern=patterns(), text=st.text("abcdx1.é-", max_size=10))
def test_a_pattern_finds_what_pythons_engine_finds(pattern, text):
    try:
        wanted = re.compile(pattern.replace("$", r"\Z"))
    except re.error:
        return
    assert Pattern(pattern).found_in(text) is (wanted.search(text) is not None)


@pytest.mark.parametrize(
    "pattern", ["(a*)*b", "(a|a)*b", "(a|aa)+$", "a*a*a*a*a*a*b", ".*.*.*.*=.*", "(.{0,20}){0,9}b"]
)
def test_what_makes_other_engines_run_away_is_read_in_one_pass(pattern):
    begin = time.perf_counter()
    assert not Pattern(pattern).found_in("a" * 5000 + "c")
    assert time.perf_counter() - begin < 5


@pytest.mark.parametrize(
    ("pattern", "word"),
    [
        (r"(a)\1", r"\\1"),
        ("(?=a)", "look around"),
        ("(?<=a)b", "look around"),
        ("(?P<x>a)", "look around"),
        ("a**", "repetition"),
        ("*a", "nothing"),
        ("(a", "too soon"),
        ("a)", "opened"),
        ("[a", "too soon"),
        ("a{3,2}", "ends before"),
        ("a{999}", "count"),
        ("a{x}", "count"),
        ("a{2", "without an end"),
        ("^*", "anchor"),
        ("[z-a]", "range"),
        ("a" * 300, "longer"),
        ("((a{100}){100}){100}", "too much"),
        ("\\", "too soon"),
    ],
)
def test_what_is_not_read_is_refused_with_its_reason(pattern, word):
    with pytest.raises(ValueError, match=word):
        Pattern(pattern)
