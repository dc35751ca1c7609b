"""Reading back where little can be read: what is not read never agrees. And what becomes of drifts and of a day."""

import sqlite3
from contextlib import closing
from datetime import UTC, date, datetime, timedelta

import pytest

from gateway.canonical.drift import Drift, PredicateScore, ProductInUse, RunCause
from gateway.canonical.judgement import Severity
from gateway.canonical.lifecycle import Checkpoint, Lifecycle, ResourceKind
from gateway.canonical.order import Product, ProductOrder, ProductOrderItem
from gateway.canonical.states import ItemAction, OrderState
from gateway.lifecycle.auditor import Auditor
from gateway.lifecycle.daily import day_counts, day_span
from gateway.lifecycle.desk import OrderDesk
from gateway.lifecycle.drifts import settle
from gateway.lifecycle.runs import begin_run
from gateway.lifecycle.terms import Terms
from gateway.ports.adapter import Capability, Report, Role
from gateway.ports.agreement import DriftQuery
from gateway.ports.clock import SystemClock
from gateway.ports.errors import NotSupported
from gateway.ports.readback import OBSERVE, reader_of
from gateway.ports.repository import Change
from gateway.rules.engine import Catalogue
from gateway.storage.database import Database
from gateway.storage.repository import SqlRepository

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


class Plain:
    """An adapter that does its work and offers no reading back."""

    name = "plain"
    capabilities = {"activate": Capability.FULL, "observe": Capability.NOT_IMPLEMENTED}  # noqa: RUF012

    def __init__(self, role):
        self.role = role

    async def submit(self, _message):
        raise AssertionError("nothing is to be done")

    fetch = cancel = submit

    async def check(self):
        return "well"

    async def close(self):
        pass


class Readable(Plain):
    """One that could, and declares only what it says."""

    async def observe(self, _message):
        return Report(outcome="done")

    async def inventory(self, after=0):
        for item in ()[after:]:
            yield item


@pytest.fixture
async def repository(tmp_path):
    database = await Database.open(f"sqlite:///{tmp_path / 'store.sqlite'}")
    yield SqlRepository(database)
    await database.close()


async def settled(repository, name):
    item = ProductOrderItem(id="1", action=ItemAction.ADD, state=OrderState.COMPLETED, product=Product(id=f"P-{name}"))
    order = ProductOrder(id=name, state=OrderState.COMPLETED, items=(item,), revision=1)
    lifecycle = Lifecycle(id=name, root=ResourceKind.PRODUCT_ORDER, checkpoint=Checkpoint.CLOSED, version=1)
    product = ProductInUse(id=f"P-{name}", order_id=name, item_id="1")
    put = ((ResourceKind.PRODUCT_ORDER, order),)
    await repository.save(Change(lifecycle=lifecycle, put=put, products=(product,)))


def test_an_adapter_that_does_not_declare_reading_back_cannot_be_read():
    for adapter in (Plain(Role.BILLING), Readable(Role.BILLING)):
        with pytest.raises(NotSupported, match="plain has no observe"):
            reader_of(adapter, OBSERVE)


async def test_what_cannot_be_read_back_never_agrees(repository):
    await settled(repository, "A")
    desk = OrderDesk(repository, Terms(), Catalogue.load(), SystemClock())
    auditor = Auditor(desk, {role: Plain(role) for role in (Role.ACTIVATION, Role.BILLING)}, 10)
    run = await auditor.begin()
    while await auditor.go_on(run.id):
        pass
    run = await repository.run(run.id)
    assert (run.state, run.read, run.agreeing) == ("done", 1, 0)
    assert run.unread == {"plain": "not read back", "plain inventory": "no inventory"}
    back = (await repository.read_backs(["A"]))["A"]
    assert back.agrees is None
    assert back.unread == {"delivery": "not read back", "charge": "not read back"}
    assert await repository.last_run() == run


async def test_a_run_looks_at_so_many_and_the_next_goes_on_from_there(repository):
    for number in range(5):
        await settled(repository, f"O-{number}")
    desk = OrderDesk(repository, Terms(), Catalogue.load(), SystemClock())
    auditor = Auditor(desk, {}, 2)
    seen = []
    for _ in range(3):
        run = await auditor.begin()
        while await auditor.go_on(run.id):
            pass
        run = await repository.run(run.id)
        assert run.read <= 2
        backs = await repository.read_backs([f"O-{number}" for number in range(5)])
        seen.append(len(backs))
    assert seen == [2, 4, 5]


async def test_a_run_that_was_stopped_goes_on_where_it_stood(repository):
    for number in range(45):
        await settled(repository, f"O-{number:02}")
    desk = OrderDesk(repository, Terms(), Catalogue.load(), SystemClock())
    run = await begin_run(repository, SystemClock().now(), RunCause.DEMAND, (), 100)
    assert await Auditor(desk, {}, 100).go_on(run.id)
    assert (await repository.run(run.id)).read == 20
    other = Auditor(desk, {}, 100)
    while await other.go_on(run.id):
        pass
    assert (await repository.run(run.id)).read == 45
    assert not await other.go_on(run.id)


async def test_a_product_that_is_being_changed_is_not_looked_at(repository):
    await settled(repository, "A")
    lifecycle = Lifecycle(id="B", root=ResourceKind.PRODUCT_ORDER, checkpoint=Checkpoint.READY, version=1)
    await repository.save(Change(lifecycle=lifecycle, products=(ProductInUse(id="P-A", changing="B"),)))
    later = SystemClock().now() + timedelta(minutes=1)
    assert await repository.products_due(later, 10) == ()
    ended = lifecycle.model_copy(update={"version": 2, "checkpoint": Checkpoint.ENDED})
    await repository.save(Change(lifecycle=ended, products=(ProductInUse(id="P-A"),)))
    (product,) = await repository.products_due(later, 10)
    assert product.order_id == "A"


async def test_a_day_on_which_less_was_charged_than_delivered_is_told_until_it_is_charged(repository, tmp_path):
    desk = OrderDesk(repository, Terms(), Catalogue.load(), SystemClock())
    auditor = Auditor(desk, {}, 10)

    async def run():
        begun = await auditor.begin()
        while await auditor.go_on(begun.id):
            pass
        return (await repository.find_drifts(DriftQuery(is_open=True)))[0]

    for name in ("A", "B"):
        await settled(repository, name)
    at = int((datetime.now(UTC) - timedelta(days=10)).timestamp() * 1_000_000)
    with closing(sqlite3.connect(tmp_path / "store.sqlite", timeout=10)) as db, db:
        db.execute("update lifecycle set created = ?", (at,))
        db.execute("update lifecycle set checkpoint = 'charged' where id = 'B'")
    (drift,) = await run()
    assert (drift.code, drift.aspect) == ("AGR-002", "count")
    assert "2 are delivered and 1 charged" in drift.reason
    assert [one.id for one in await run()] == [drift.id]
    with closing(sqlite3.connect(tmp_path / "store.sqlite", timeout=10)) as db, db:
        db.execute("update lifecycle set checkpoint = 'closed'")
    assert await run() == ()


def a_drift(code="ACT-006", aspect="delivery", **more):
    said = {
        "system": "network",
        "subject": "item:1",
        "reason": "r",
        "fix": "f",
        "order_id": "A",
        "severity": Severity.HOLD,
    }
    return Drift(code=code, aspect=aspect, opened_at=NOW, seen_at=NOW, **{**said, **more})


def test_a_drift_is_opened_seen_again_and_closed():
    first = settle((), [a_drift()], ("delivery",), NOW)
    assert (first.opened, first.closed) == (1, 0)
    later = NOW + timedelta(hours=1)
    again = settle(first.drifts, [a_drift(reason="still")], ("delivery",), later)
    (one,) = again.drifts
    assert (again.opened, one.id, one.opened_at, one.seen_at) == (0, first.drifts[0].id, NOW, later)
    over = settle(again.drifts, [], ("delivery",), later)
    assert (over.closed, over.drifts[0].closed_at) == (1, later)


def test_what_could_not_be_read_stays_open():
    first = settle((), [a_drift()], ("delivery",), NOW)
    assert settle(first.drifts, [], ("charge",), NOW).drifts == ()


def test_a_score_is_what_agrees_of_what_can_be_compared():
    one = PredicateScore(predicate="p", statements=4, comparable=2, agreeing=1)
    assert (one.score, one.coverage) == (0.5, 0.5)
    assert PredicateScore(predicate="p", statements=3).score is None
    assert one.plus(one).statements == 8


@pytest.mark.parametrize(
    ("found", "difference"),
    [
        ({("closed", "completed"): 92, ("ready", "inProgress"): 6, ("ended", "failed"): 2}, ""),
        ({("closed", "completed"): 90, ("charged", "completed"): 2}, "92 are delivered and 90 charged"),
        ({("closed", "completed"): 97, ("qualify", None): 3}, "100 orders came on 2026-03-01, but 97 are delivered"),
    ],
)
def test_a_day_adds_up_or_says_what_does_not(found, difference):
    said = day_counts(date(2026, 3, 1), found).difference
    assert difference in said
    assert bool(said) is bool(difference)


@pytest.mark.parametrize(("day", "hours"), [("2026-03-28", 24), ("2026-03-29", 23), ("2026-10-25", 25)])
def test_a_day_is_as_long_as_its_clock_says(day, hours):
    start, end = day_span(date.fromisoformat(day), "Europe/Berlin")
    assert (end.astimezone(UTC) - start.astimezone(UTC)).total_seconds() == hours * 3600
