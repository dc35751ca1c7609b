"""What traces say beside the members that every trace has: of events, of vocabularies, of translations, of the policy."""

from gateway.faces.lifecycle.trace import trace_from_wire

NOW = {"now": "2026-04-02T00:00:00Z"}
FACT = {
    "predicate": "service.activated",
    "subject": "item:1",
    "observedAt": "2026-03-09T14:02:11Z",
    "source": {"system": "aaa"},
}


def test_an_event_keeps_what_it_says_beside_its_state():
    entry = {"subject": "productOrder", "state": "held", "at": "2026-03-01T09:00:00Z", "seq": 7, "reason": "no port"}
    [event] = trace_from_wire({**NOW, "history": [entry]}).history
    assert event.extras == {"seq": 7, "reason": "no port"}


def test_the_vocabularies_in_force_are_read_as_text():
    trace = trace_from_wire({**NOW, "reference": {"vocabularies": {"aaa-states": 7}}})
    assert trace.reference.vocabularies == {"aaa-states": "7"}
    assert trace_from_wire({**NOW, "reference": {}}).reference.vocabularies is None


def test_a_vocabulary_may_be_named_in_short():
    fact = {**FACT, "source": {"system": "aaa", "vocab": "aaa-states@7"}}
    assert trace_from_wire({**NOW, "facts": [fact]}).facts[0].source.vocabulary == "aaa-states@7"


def test_what_a_source_says_of_its_code_is_part_of_the_statement():
    fact = {
        **FACT,
        "source": {"system": "aaa", "code": "JEPX", "mapped": None, "colour": "blue"},
        "value": {"port": "1"},
    }
    assert trace_from_wire({**NOW, "facts": [fact]}).facts[0].value == {"code": "JEPX", "mapped": None, "port": "1"}


def test_the_policy_has_its_further_parameters():
    said = {"moveGapDays": 5, "numberQuarantineDays": 90, "magnitudeFactor": 10, "acceptedRelations": ["narrower"]}
    policy = trace_from_wire({**NOW, "policy": said}).policy
    assert (policy.move_gap_days, policy.number_quarantine_days, policy.magnitude_factor) == (5, 90, 10)
    assert policy.accepted_relations == ("narrower",)
