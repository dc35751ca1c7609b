"""Exceptions in the database: written with the hold, counted by queries, replayed once."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from gateway.canonical.exceptions import (
    Case,
    FaultClass,
    Fix,
    GroupEvent,
    GroupStatus,
    Origin,
    ReplayState,
    Signature,
)
from gateway.canonical.ids import new_id
from gateway.canonical.judgement import Gate, Hold
from gateway.canonical.lifecycle import Checkpoint
from gateway.canonical.states import BlockedBy
from gateway.ports.errors import StaleVersion
from gateway.ports.exceptions import GroupQuery
from gateway.ports.repository import Change, Closed, Replayed, Work
from gateway.storage.exceptions import SqlExceptionStore

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
DAY = timedelta(days=1)
ONE = Signature(rule="BIL-008@1", gate=Gate.ACTIVATION_TO_BILLING, value="ratio≈100")
TWO = Signature(rule="MISSING@1", gate=Gate.INTAKE, value="missing:credit.ok")


@pytest.fixture
def store(database):
    return SqlExceptionStore(database)


@pytest.fixture
def a_case():
    def make(order_id, signature=ONE, opened=NOW - DAY, **more):
        given = {
            "id": new_id(), "order_id": order_id, "fingerprint": signature.fingerprint, "signature": signature,
            "fault_class": FaultClass.IMBALANCE, "origin": Origin.HOLD, "checkpoint": "charged", "opened_at": opened,
            "known_at": Gate.INTAKE, "monthly": {"EUR": 3000}, "release": "0.1",
        }  # fmt: skip
        return Case(**(given | more))

    return make


async def listed(store, **asked):
    views, total = await store.groups(GroupQuery(**asked), NOW)
    assert total >= len(views)
    return [view.group.signature.rule for view in views]


async def test_cases_are_stored_with_the_hold_or_not_at_all(store, repository, a_case, a_lifecycle):
    hold = Hold(id=new_id(), order_id="order-1", gate=ONE.gate, checkpoint="charged", since=NOW)
    await repository.save(Change(lifecycle=a_lifecycle("order-1"), holds=(hold,), opened=(a_case("order-1"),)))
    with pytest.raises(StaleVersion):
        await repository.save(Change(lifecycle=a_lifecycle("order-1", 7), opened=(a_case("order-1", TWO),)))
    assert await listed(store) == ["BIL-008@1"]
    cases, total = await store.cases(ONE.fingerprint)
    assert (total, cases[0].order_id, cases[0].signature, cases[0].closed_at) == (1, "order-1", ONE, None)


async def test_figures_are_of_this_moment(store, repository, a_case):
    cases = [
        a_case(f"order-{n}", opened=NOW - n * DAY, monthly={"EUR": 3000} if n < 4 else {"JPY": 900, "KWD": 30000})
        for n in range(1, 6)
    ]
    await repository.save(Change(opened=tuple(cases)))
    await repository.save(Change(closed=(Closed("order-1", ONE.fingerprint, "charge reported", NOW),)))
    view = await store.group(ONE.fingerprint, NOW)
    assert (view.figures.cases, view.figures.orders, view.figures.open_orders) == (5, 5, 4)
    # 30.00 a month is 1.00 a day: two orders, held two and three days.
    assert dict(view.figures.money) == {"EUR": 500, "JPY": 270, "KWD": 9000}
    assert dict(view.figures.ages) == {"0-4h": 0, "4-24h": 0, "1-3d": 1, "3-7d": 3, ">7d": 0}
    assert (view.figures.last_at, view.figures.oldest_open_at) == (NOW - DAY, NOW - 5 * DAY)
    cases, total = await store.cases(ONE.fingerprint, open_only=True, limit=2)
    assert ([case.order_id for case in cases], total) == (["order-5", "order-4"], 4)
    ended = (await store.cases(ONE.fingerprint))[0][-1]
    assert (ended.order_id, ended.closed_at, ended.cause) == ("order-1", NOW, "charge reported")


async def test_a_group_is_found_by_the_beginning_of_its_fingerprint(store, repository, a_case):
    await repository.save(Change(opened=(a_case("order-1"), a_case("order-1", TWO))))
    assert (await store.group(TWO.fingerprint[:10], NOW)).group.signature == TWO
    assert await store.group("", NOW) is None  # two of them begin so
    assert await store.group("f" * 64, NOW) is None


async def test_the_clock_stands_while_the_customer_is_waited_for(store, repository, a_case):
    mine = a_case("order-1", opened=NOW - 9 * DAY)
    theirs = a_case("order-1", opened=NOW - 8 * DAY, blocked_by=BlockedBy.CUSTOMER)
    await repository.save(Change(opened=(mine,)))
    away = Closed("order-1", ONE.fingerprint, "the customer is asked", NOW - 8 * DAY)
    await repository.save(Change(closed=(away,), opened=(theirs,)))
    view = await store.group(ONE.fingerprint, NOW)
    assert {name: count for name, count in view.figures.ages.items() if count} == {"1-3d": 1}
    assert (view.figures.cases, view.figures.orders, view.figures.open_orders) == (2, 1, 1)
    assert await store.owners(NOW) == {"": view.figures.ages}


async def test_groups_are_filtered_and_sorted(store, repository, a_case):
    more = [a_case(f"order-{n}", TWO, NOW - 2 * DAY, monthly={}, fault_class=FaultClass.MISSING_FACT) for n in (1, 2)]
    await repository.save(Change(opened=(a_case("order-3"), *more)))
    assert await listed(store) == ["BIL-008@1", "MISSING@1"]
    assert await listed(store, sort="count") == ["MISSING@1", "BIL-008@1"]
    assert await listed(store, sort="age") == ["MISSING@1", "BIL-008@1"]
    assert await listed(store, gate="intake") == ["MISSING@1"]
    assert await listed(store, fault_class="imbalance") == ["BIL-008@1"]
    assert await listed(store, status="closed") == []
    event = GroupEvent(fingerprint=TWO.fingerprint, at=NOW, what="amended", who="anna", detail={"owner": "crm desk"})
    await store.amend(TWO.fingerprint, {"owner": "crm desk", "note": "seen"}, event)
    assert await listed(store, owner="crm desk") == ["MISSING@1"]
    assert await listed(store, owner="") == ["BIL-008@1"]
    assert await listed(store, limit=1, offset=1) == ["MISSING@1"]
    assert await store.events(TWO.fingerprint) == [event]
    assert set(await store.owners(NOW)) == {"", "crm desk"}


async def test_a_group_that_holds_an_order_by_now_is_not_closed(store, repository, a_case):
    await repository.save(Change(opened=(a_case("order-1"),)))
    event = GroupEvent(fingerprint=ONE.fingerprint, at=NOW, what="closed")
    with pytest.raises(StaleVersion):
        await store.amend(ONE.fingerprint, {"status": "closed"}, event)
    assert (await store.group(ONE.fingerprint, NOW)).group.status is GroupStatus.OPEN
    assert await store.events(ONE.fingerprint) == []


@pytest.mark.parametrize("status", [GroupStatus.VERIFIED, GroupStatus.CLOSED])
async def test_a_group_that_was_done_with_opens_again(store, repository, a_case, status):
    await repository.save(Change(opened=(a_case("order-1"),)))
    await repository.save(Change(closed=(Closed("order-1", ONE.fingerprint, "mended", NOW),)))
    event = GroupEvent(fingerprint=ONE.fingerprint, at=NOW, what=status.value)
    await store.amend(ONE.fingerprint, {"status": status.value}, event)
    later = NOW + timedelta(seconds=1)
    await repository.save(Change(opened=(a_case("order-2", opened=later),)))
    await repository.save(Change(opened=(a_case("order-3", opened=later),)))
    group = (await store.group(ONE.fingerprint, later)).group
    assert (group.status, group.reopened) == (GroupStatus.OPEN, 1)
    assert [one.what for one in await store.events(ONE.fingerprint)] == [status.value, "reopened"]


@pytest.fixture
async def replaying(store, repository, a_case):
    """Two members of a group whose replay has begun."""
    await repository.save(Change(opened=(a_case("order-1"), a_case("order-2"))))
    fix = Fix(id=new_id(), fingerprint=ONE.fingerprint, staged_at=NOW, policy={"rateTolerancePercent": 12})
    await store.put_fix(fix, GroupEvent(fingerprint=fix.fingerprint, at=NOW, what="staged"), GroupStatus.FIX_STAGED)
    works = [
        Work("replay", order_id, f"{fix.id}:{order_id}", b"{}") for order_id in await store.members(fix.fingerprint)
    ]
    adopted = fix.model_copy(update={"adopted_at": NOW})
    begun = GroupEvent(fingerprint=fix.fingerprint, at=NOW, what="replaying")
    assert await store.begin_replay(adopted, works, begun) == 2
    return adopted, works, begun


def ended(order_id):
    return Change(closed=(Closed(order_id, ONE.fingerprint, "activate reported", NOW),))


async def test_members_are_enlisted_once(store, replaying):
    fix, works, begun = replaying
    assert await store.begin_replay(fix, works, begun) == 0
    assert (await store.progress(fix.id))[ReplayState.PENDING] == 2
    assert await store.adopted() == [fix]
    assert (await store.group(fix.fingerprint, NOW)).group.status is GroupStatus.REPLAYING


async def test_the_mark_that_systems_are_asked_is_written_with_the_question(store, repository, replaying, a_lifecycle):
    fix, _, _ = replaying
    await repository.save(Change(lifecycle=a_lifecycle("order-1"), replayed=(Replayed(fix.id, "order-1", NOW),)))
    assert await store.replay_state(fix.id, "order-1") == (ReplayState.ASKED, NOW)
    assert await store.replay_state(fix.id, "order-2") == (ReplayState.PENDING, None)
    assert await store.replay_state(fix.id, "order-9") is None
    assert (await store.numbers()).touches == 1


async def test_the_last_member_verifies_the_group(store, repository, replaying):
    fix, _, _ = replaying
    for order_id in ("order-1", "order-2"):
        assert (await store.group(fix.fingerprint, NOW)).group.status is GroupStatus.REPLAYING
        await repository.save(ended(order_id))
        await store.settle(fix, order_id, ReplayState.RELEASED, NOW)
    assert (await store.group(fix.fingerprint, NOW)).group.status is GroupStatus.VERIFIED
    assert [one.what for one in await store.events(fix.fingerprint)] == ["staged", "replaying", "verified"]


async def test_members_that_still_hold_keep_the_group_open_and_can_be_tried_again(
    store, repository, replaying, database
):
    fix, works, begun = replaying
    await repository.save(ended("order-1"))
    await store.settle(fix, "order-1", ReplayState.RELEASED, NOW)
    await store.settle(fix, "order-2", ReplayState.HELD, NOW)
    assert (await store.group(fix.fingerprint, NOW)).group.status is GroupStatus.OPEN
    assert (await store.events(fix.fingerprint))[-1].detail["left"] == 1
    assert await store.begin_replay(fix, works[1:], begun) == 1
    assert (await store.progress(fix.id))[ReplayState.PENDING] == 1
    rounds = await database.read(lambda conn: conn.cursor.execute("SELECT round FROM exception_replay").fetchall())
    assert sorted(rounds) == [(1,), (2,)]


async def test_only_product_orders_past_intake_that_nothing_holds_are_healthy(store, repository, a_lifecycle):
    for name, checkpoint in (
        ("a", Checkpoint.QUALIFY),
        ("b", Checkpoint.CLOSED),
        ("c", Checkpoint.READY),
        ("d", Checkpoint.ENDED),
    ):
        await repository.save(Change(lifecycle=a_lifecycle(name, checkpoint=checkpoint)))
    hold = Hold(id=new_id(), order_id="c", gate=ONE.gate, checkpoint="ready", since=NOW)
    await repository.save(Change(lifecycle=a_lifecycle("c", 2, checkpoint=Checkpoint.READY), holds=(hold,)))
    assert await store.healthy(10) == ["b"]


async def test_numbers_count_refused_orders_too(store, repository, a_case, a_lifecycle):
    await repository.save(Change(lifecycle=a_lifecycle("order-1"), opened=(a_case("order-1"),)))
    refused = a_case("order-2", TWO, origin=Origin.REJECT, closed_at=NOW, cause="refused")
    await repository.save(Change(opened=(refused, a_case("order-2", ONE, origin=Origin.REJECT, closed_at=NOW))))
    numbers = await store.numbers()
    assert {one.order_id for one in numbers.orders} == {"order-1", "order-2"}
    assert len(numbers.openings) == 3
    assert {one.closed_at for one in numbers.openings if one.origin == "reject"} == {NOW}


async def test_many_writers_of_one_group_wait_for_nobody(store, repository, a_case):
    await asyncio.gather(*(repository.save(Change(opened=(a_case(f"order-{n}"),))) for n in range(200)))
    assert (await store.group(ONE.fingerprint, NOW)).figures.open_orders == 200
