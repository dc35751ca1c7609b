"""A system that says something else is corrected, not contradicted; a system without authority does not count alone."""

from datetime import UTC, datetime

import pytest

from gateway.canonical.fact import Assurance, Fact, Source, Verifier
from gateway.canonical.lifecycle import Checkpoint, Lifecycle, ResourceKind
from gateway.lifecycle.authority import set_aside
from gateway.lifecycle.draft import Draft
from gateway.lifecycle.rerun import check_chain, context_at
from gateway.lifecycle.statements import record, restating
from gateway.ports.errors import FaceError
from gateway.ports.repository import Aggregate

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)


def said(rate, system="network", vocabulary="units@1", **more):
    return Fact(
        predicate="service.activated",
        subject="item:1",
        value={"downstreamRate": {"amount": rate, "units": "Mbit/s"}},
        observed_at=NOW,
        source=Source(system=system, vocabulary=vocabulary),
        **more,
    )


@pytest.fixture
def draft():
    lifecycle = Lifecycle(id="order", root=ResourceKind.PRODUCT_ORDER, checkpoint=Checkpoint.ACTIVATED)
    return Draft(Aggregate(lifecycle=lifecycle), NOW)


def test_what_a_newer_vocabulary_reads_supersedes_what_the_older_one_read(draft):
    wrong = draft.add_fact(said(500_000))
    right = restating(draft, said(500, vocabulary="units@2"))
    assert right.supersedes == wrong.id
    assert "units@2" in right.reason


def test_a_system_that_is_asked_again_corrects_itself(draft):
    wrong = draft.add_fact(said(500_000))
    assert restating(draft, said(500)).supersedes is None
    draft.move(generation=2)
    assert restating(draft, said(500)).supersedes == wrong.id


def test_a_correction_corrects_the_last_word_and_not_one_that_was_corrected_before(draft):
    draft.move(generation=2)
    first = draft.add_fact(said(500_000))
    second = draft.add_fact(restating(draft, said(50_000)))
    assert second.supersedes == first.id
    assert restating(draft, said(500)).supersedes == second.id


def test_another_system_contradicts(draft):
    draft.move(generation=2)
    draft.add_fact(said(500_000))
    assert restating(draft, said(500, system="probe", vocabulary="units@2")).supersedes is None


def test_the_same_words_with_better_backing_are_another_statement(draft):
    draft.add_fact(said(500))
    assert draft.add_fact(said(500)) is None
    assert draft.add_fact(said(500, assurance=Assurance.VERIFIED)) is not None


def test_only_a_statement_about_the_same_thing_can_be_superseded(draft):
    other = draft.add_fact(said(500).model_copy(update={"subject": "item:2"}))
    with pytest.raises(FaceError, match="is about service"):
        record(draft, [said(500, supersedes=other.id, reason="no")])


def test_a_statement_without_authority_counts_only_beside_one_with_it(draft):
    authority = {"service.activated": frozenset({"network"})}
    weak = draft.add_fact(said(500, system="crm"))
    assert set_aside(draft.facts, authority) == {weak.id}
    draft.add_fact(said(500))
    assert set_aside(draft.facts, authority) == frozenset()


def test_a_named_human_needs_no_authority_and_an_unnamed_one_does(draft):
    authority = {"service.activated": frozenset({"network"})}
    unnamed = draft.add_fact(said(500, system="desk", assurance=Assurance.ATTESTED))
    assert set_aside(draft.facts, authority) == {unnamed.id}
    draft.add_fact(
        said(500, system="desk", assurance=Assurance.ATTESTED, verifier=Verifier(kind="human", id="A. Meyer"))
    )
    assert set_aside(draft.facts, authority) == frozenset()


def test_a_fact_changed_after_the_event_breaks_the_chain(draft):
    facts = [draft.add_fact(said(rate)) for rate in (100, 200, 300)]
    end = draft.lifecycle.context_hash
    assert check_chain(facts, end).broken_at is None
    assert check_chain([], "").broken_at is None
    forged = [facts[0], facts[1].model_copy(update={"value": {"downstreamRate": 1}}), facts[2]]
    assert check_chain(forged, end).broken_at == facts[2].id
    assert check_chain([facts[0], facts[2]], end).broken_at == facts[2].id
    assert check_chain(facts[:2], end).broken_at == facts[1].id


def test_a_context_hash_stands_for_the_facts_up_to_it(draft):
    facts = [draft.add_fact(said(rate)) for rate in (100, 200, 300)]
    assert context_at(facts, facts[1].digest()) == tuple(facts[:2])
    assert context_at(facts, "") == ()
