"""If-Match, as RFC 9110 has it."""

import pytest

from gateway.faces.preconditions import match
from gateway.ports.errors import FaceError


@pytest.mark.parametrize("said", ['"3"', ' "3" ', '"1", "3"', '"1","3","5"', 'W/"1", "3"', ', "3" ,', '"a,b", "3"'])
def test_one_of_the_tags_is_the_present_one(said):
    assert match(said, 3)


@pytest.mark.parametrize("said", [None, "*", " * "])
def test_any_version_will_do(said):
    assert not match(said, 3)


@pytest.mark.parametrize("said", ['"2"', 'W/"3"', '"33"', '"2,3"', '""', '"1", W/"3"'])
def test_none_of_the_tags_is_the_present_one(said):
    with pytest.raises(FaceError) as refused:
        match(said, 3)
    assert (refused.value.status, refused.value.code) == (412, "staleVersion")


@pytest.mark.parametrize(
    "said", ["", "3", '"3', '3"', "'3'", '"3" "4"', '*, "3"', 'w/"3"', '"\x00"', ",", '"' + '",' * 400]
)
def test_what_is_no_list_of_tags_is_refused(said):
    with pytest.raises(FaceError) as refused:
        match(said, 3)
    assert (refused.value.status, refused.value.path) == (400, "If-Match")


def test_a_long_list_is_read_in_little_time():
    assert match('"a", ' * 20_000 + '"3"', 3)
    with pytest.raises(FaceError):
        match(' ,"a"' * 20_000 + "x", 3)
