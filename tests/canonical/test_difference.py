"""What differs is named, and only that: spelling is no difference."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.canonical.common import Characteristic, ExternalId
from gateway.canonical.difference import differences
from gateway.canonical.order import ProductOrder, ProductOrderItem
from gateway.canonical.states import ItemAction

WORDS = st.text(alphabet="ab.é0", min_size=1, max_size=3)
SCALARS = st.booleans() | st.integers(-9, 9) | st.decimals(-99, 99, places=2).map(float) | WORDS
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abcd"), inner, max_size=3),
    max_leaves=8,
)
OBJECTS = st.dictionaries(st.sampled_from("abcd"), JSON, min_size=1, max_size=4)


def respelled(value, draw):
    """The same JSON, spelled otherwise where it can be."""
    if isinstance(value, dict):
        keys = draw(st.permutations(list(value)))
        said = {key: respelled(value[key], draw) for key in keys}
        return said | ({"z": None} if draw(st.booleans()) else {})
    if isinstance(value, list):
        return [respelled(one, draw) for one in value]
    if isinstance(value, int | float) and not isinstance(value, bool):
        forms = [value, Decimal(repr(value)), Decimal(repr(value)) * Decimal("1.000")]
        forms += [float(value)] if float(value) == value else []
        forms += [int(value)] if int(value) == value else []
        return draw(st.sampled_from(forms))
    return value


def places(value, path=""):
    """Each innermost place of a value, with the function that puts something else there."""
    if isinstance(value, dict) and value:
        for key, one in value.items():
            here = f"{path}.{key}" if path else key
            yield from (
                (place, lambda new, key=key, put=put: {**value, key: put(new)}) for place, put in places(one, here)
            )
    elif isinstance(value, list) and value:
        for index, one in enumerate(value):
            yield from (
                (place, lambda new, index=index, put=put: [*value[:index], put(new), *value[index + 1 :]])
                for place, put in places(one, f"{path}[{index}]")
            )
    else:
        yield path, lambda new: new


@settings(max_examples=30, deadline=None)
@given(OBJECTS, st.data())
def test_another_spelling_is_no_difference(value, data):
    again = respelled(value, data.draw)
    assert list(differences(value, again)) == []
    assert list(differences(again, value)) == []


@settings(max_examples=30, deadline=None)
@given(OBJECTS, st.data())
def test_one_change_is_named_by_its_path_and_nothing_else_is(value, data):
    path, put = data.draw(st.sampled_from(list(places(value))))
    assert list(differences(value, put({"quite": "other"}))) in ([path], [f"{path}.quite"])
    assert list(differences(value, put("quite other"))) == [path]


@settings(max_examples=30, deadline=None)
@given(OBJECTS, OBJECTS)
def test_both_sides_name_the_same_places(one, other):
    assert sorted(differences(one, other)) == sorted(differences(other, one))


@settings(max_examples=30, deadline=None)
@given(st.lists(JSON, max_size=4), JSON)
def test_a_longer_list_differs_in_what_it_has_more(value, more):
    assert list(differences({"a": value}, {"a": [*value, more]})) == [f"a[{len(value)}]"]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(WORDS, JSON), max_size=3), st.integers(0, 10**9))
def test_a_stored_order_does_not_differ_from_the_one_that_was_sent(values, moment):
    characteristics = tuple(Characteristic(name=name, value=value) for name, value in values)
    item = ProductOrderItem(id="1", action=ItemAction.ADD, extras={"said": [value for _, value in values]})
    sent = ProductOrder(
        external_ids=tuple(ExternalId(value=name) for name, _ in values),
        requested_start=datetime.fromtimestamp(moment, UTC),
        items=(item.model_copy(update={"extras": {"all": characteristics[0].model_dump() if values else 1}}),),
    )
    stored = ProductOrder.model_validate_json(sent.model_dump_json(exclude_none=True))
    elsewhere = sent.requested_start.astimezone(timezone(timedelta(hours=5, minutes=30)))
    assert list(differences(stored, sent.model_copy(update={"requested_start": elsewhere}))) == []


def test_a_truth_is_no_number_and_a_text_is_neither():
    for one, other in ((True, 1), (False, 0), ("1", 1), ("true", True), (None, ""), (None, 0), ([], {}), ([], None)):
        assert list(differences({"a": one}, {"a": other})) == ["a"], (one, other)


def test_digits_count_beyond_what_a_float_can_say():
    assert list(differences({"a": 9007199254740993}, {"a": 9007199254740992})) == ["a"]
    assert list(differences({"a": Decimal("0.1")}, {"a": 0.1})) == []
