"""Four legacy systems in memory, a desk on a real store, and lanes that are worked off one job at a time, by hand."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import orjson

from gateway.canonical.bill import AppliedRate
from gateway.canonical.cancelling import CancellationTerms
from gateway.canonical.common import Characteristic, Party, Place, Ref
from gateway.canonical.fact import Fact, Source
from gateway.canonical.ids import new_id
from gateway.canonical.lifecycle import CancelTask, ResourceKind
from gateway.canonical.money import Money
from gateway.canonical.order import Product, ProductOrder, ProductOrderItem
from gateway.canonical.reference import Offering, OfferingPrice, ServiceTemplate
from gateway.canonical.service_order import Service, ServiceOrder, ServiceOrderItem
from gateway.canonical.states import ItemAction
from gateway.lifecycle.courier import Courier
from gateway.lifecycle.desk import LIFECYCLE_LANE, OrderDesk
from gateway.lifecycle.terms import Terms
from gateway.ports.adapter import Capability, Operation, Outcome, Report, Role
from gateway.ports.errors import FaceError, LifecycleError, NotSupported, OutcomeUnknown, Refused, TryLater
from gateway.rules.catalogue import Catalogue
from gateway.storage.repository import SqlRepository
from gateway.streams import queue
from gateway.streams.message import Again

LANES = (*(role.value for role in Role), LIFECYCLE_LANE)
ITEMS = ("1", "2")
OFFERING = Offering(
    id="FIBRE",
    site_bound=True,
    needs_visit=True,
    resources=("port",),
    devices=("ont",),
    services=(ServiceTemplate(specification="CFS", name="access"),),
    price=OfferingPrice(type="recurring", period="month", net=Money(amount=Decimal(30), currency="EUR"), tax_rate=20),
)


class Clock:
    """Goes on when it is told to."""

    def __init__(self):
        self.time = datetime(2026, 3, 1, 12, tzinfo=UTC)

    def now(self):
        return self.time

    def forward(self, seconds):
        self.time += timedelta(seconds=seconds)


class Landscape:
    """What the systems hold, by item; `journal` has every effect once for each time it was brought about."""

    def __init__(self, clock):
        self.clock, self.journal, self.street = clock, [], new_id()
        self.visits, self.tickets, self.ports, self.services, self.charges, self.fees = {}, {}, {}, {}, {}, {}
        self.refuses, self.down, self.cannot = set(), set(), {}
        self.loses_next_answer = False
        self.adapters = {role: System(self, role) for role in Role}

    def does(self, what, held, item, state):
        """Bring something about, once; the answer may be lost after that."""
        if held.get(item) == state:
            return
        held[item] = state
        self.journal.append((what, item))
        if self.loses_next_answer:
            self.loses_next_answer = False
            raise OutcomeUnknown("the line broke")

    def crew(self):
        self.tickets = {item: "done" if state == "open" else state for item, state in self.tickets.items()}

    def network(self):
        to = {"coming": "up", "going": "down"}
        self.services = {item: to.get(state, state) for item, state in self.services.items()}


class System:
    """One adapter: it looks for what it did before doing it, and never waits."""

    def __init__(self, world, role):
        self.world, self.role, self.name = world, role, f"fake-{role}"

    @property
    def capabilities(self):
        declared = {name.value: Capability.FULL for name in Operation}
        able = {f"{word} {name}": Capability.FULL for word in ("cancel", "idempotent") for name in Operation}
        return declared | able | self.world.cannot

    async def submit(self, message):
        return await self._do(message, sends=True)

    async def fetch(self, message):
        return await self._do(message, sends=False)

    async def cancel(self, message):
        world, items = self.world, message.items or ITEMS
        self._reach(f"cancel {message.operation}")
        if message.operation is Operation.GATHER:
            return Report(outcome=Outcome.DONE)
        if message.operation is Operation.BUILD:
            done = [item for item in items if world.tickets.get(item) == "done"]
            if done and not message.leave_done:
                raise Refused("CPD", f"ticket of item {done[0]} is completed")
            self._undo("called off", world.tickets, items, {"open": "off"})
            return self._done(*(self._fact("field.completed", item) for item in done))
        if message.operation is Operation.ACTIVATE:
            self._undo("ceased", world.services, items, {"up": "going", "coming": "going"})
            if any(world.services.get(item) == "going" for item in items):
                return Report(outcome=Outcome.WORKING, again_after_seconds=5)
            gone = [item for item in items if world.services.get(item) == "down"]
            return self._done(*(self._fact("service.ceased", item) for item in gone))
        held = {Operation.BOOK: world.visits, Operation.RESERVE: world.ports}.get(message.operation)
        if held is None:
            raise NotSupported(self.name, f"cancel {message.operation}")
        gone = [item for item in items if held.get(item) == "held"]
        self._undo(f"freed {message.operation}", held, items, {"held": "free"})
        released = gone if message.operation is Operation.RESERVE else ()
        return self._done(
            *(self._fact("resource.released", item, port=f"{self.world.street}/{item}") for item in released)
        )

    def _undo(self, what, held, items, moves):
        for item in items:
            if held.get(item) in moves:
                self.world.does(what, held, item, moves[held[item]])

    def _reach(self, operation):
        if operation in self.world.down:
            raise TryLater(f"{self.name} is down")
        if operation in self.world.refuses:
            raise Refused("NO", f"no {operation} here")

    async def _do(self, message, *, sends):
        world, items, operation = self.world, message.items or ITEMS, message.operation
        self._reach(operation.value)
        if operation is Operation.GATHER:
            return self._done(*self._gathered(items))
        if operation is Operation.FEE:
            for fee in message.fees:
                world.does("fee", world.fees, fee.item, fee.net)
            return Report(
                outcome=Outcome.DONE, rates=tuple(self._rate(message, fee.item, "fee") for fee in message.fees)
            )
        if operation is Operation.BILL:
            return Report(outcome=Outcome.WORKING, again_after_seconds=3600)
        held, first, last = {
            Operation.BOOK: (world.visits, "held", "held"),
            Operation.RESERVE: (world.ports, "held", "held"),
            Operation.BUILD: (world.tickets, "open", "done"),
            Operation.ACTIVATE: (world.services, "coming", "up"),
            Operation.CHARGE: (world.charges, "running", "running"),
        }[operation]
        for item in items:
            if sends and item not in held:
                world.does(operation.value, held, item, first)
        if any(held.get(item) != last for item in items):
            return Report(outcome=Outcome.WORKING, again_after_seconds=5)
        rates = tuple(self._rate(message, item, "recurring") for item in items) if operation is Operation.CHARGE else ()
        report = self._done(*(fact for item in items for fact in self._facts(operation, item)))
        return report.model_copy(update={"rates": rates})

    def _facts(self, operation, item):
        return {
            Operation.BOOK: lambda: [self._fact("appointment.booked", item, appointment=f"A{item}")],
            Operation.RESERVE: lambda: [self._fact("resource.reserved", item, port=f"{self.world.street}/{item}")],
            Operation.BUILD: lambda: [self._fact("field.completed", item), self._fact("device.bound", item)],
            Operation.ACTIVATE: lambda: [
                self._fact("service.activated", item),
                self._fact("resource.assigned", item, port=f"{self.world.street}/{item}"),
            ],
            Operation.CHARGE: lambda: [self._fact("charge.started", item), self._fact("rate.created", item)],
        }[operation]()

    def _gathered(self, items):
        for predicate in ("party.identified", "account.open"):
            yield self._fact(predicate, None)
        for item in items:
            for predicate in ("offer.valid", "address.resolved", "site.qualified", "price.agreed"):
                yield self._fact(predicate, item)

    def _fact(self, predicate, item, **value):
        subject = "productOrder" if item is None else f"item:{item}"
        at = datetime(2026, 3, 1, 12, tzinfo=UTC)  # the same each time it is said
        return Fact(predicate=predicate, subject=subject, value=value, observed_at=at, source=Source(system=self.name))

    @staticmethod
    def _rate(message, item, kind):
        return AppliedRate(
            id=f"{message.reference_key}-{kind}-{item}",
            name=kind,
            type=kind,
            item_id=item,
            net=Money(amount=Decimal(1), currency="EUR"),
        )

    @staticmethod
    def _done(*facts):
        return Report(outcome=Outcome.DONE, facts=facts)


class Race:
    """One order on its way, with everything that may happen to it as a method."""

    def __init__(self, database, *, cancellation=None):
        self.database, self.clock = database, Clock()
        self.world = Landscape(self.clock)
        self.repository = SqlRepository(database, self.clock)
        terms = Terms(offerings={"FIBRE": OFFERING}, cancellation=cancellation or CancellationTerms())
        self.desk = OrderDesk(self.repository, terms, Catalogue(()), self.clock)
        self.desk.adapters = self.adapters
        self.courier = Courier(self.desk, self)
        self.order_id, self.tasks, self.dies_next = None, [], False

    def adapters(self):
        return self.world.adapters

    async def met_unknown(self, *_):
        return False

    async def start(self):
        item = ProductOrderItem(
            id="1",
            action=ItemAction.ADD,
            offering=Ref(id="FIBRE"),
            billing_account=Ref(id="BA"),
            product=Product(places=(Place(id="PL"),), characteristics=(Characteristic(name="a", value=1),)),
        )
        items = tuple(item.model_copy(update={"id": one}) for one in ITEMS)
        order = ProductOrder(parties=(Party(id="C", role="customer"),), items=items)
        self.order_id = (await self.desk.accept_product_order(order)).id

    async def start_service_order(self):
        """An order from outside, for services that need neither visit nor port."""
        services = [Service(specification=Ref(id="VCPE")) for _ in ITEMS]
        items = tuple(
            ServiceOrderItem(id=one, action=ItemAction.ADD, service=service)
            for one, service in zip(ITEMS, services, strict=True)
        )
        self.order_id = (await self.desk.accept_service_order(ServiceOrder(items=items))).id

    async def cancel(self, *, service_order=None, **said):
        """Ask for a cancellation; the error where it is refused at once."""
        kind = ResourceKind.CANCEL_SERVICE_ORDER if service_order else ResourceKind.CANCEL_PRODUCT_ORDER
        task = CancelTask(kind=kind, order=Ref(id=service_order or self.order_id), reason="moved", **said)
        try:
            made = await self.desk.request_cancellation(task)
        except (LifecycleError, FaceError) as error:
            return error
        self.tasks.append(made.id)
        return made

    async def recheck(self):
        await self.desk.recheck(self.order_id)

    def lose(self):
        self.world.loses_next_answer = True

    def die(self):
        self.dies_next = True

    async def run(self, lane):
        """Do the next job of a lane that is due; whether there was one."""
        self.clock.forward(1)
        now = self.clock.now()
        ask = queue.Ask(lane, 1, 30.0)
        jobs = await self.database.write(lambda conn: queue.claim(conn, [ask], f"t{now}", now))
        for job in jobs:
            await self._do(job)
        return bool(jobs)

    async def _do(self, job):
        settle, rest = queue.ack, ()
        try:
            if job.lane == LIFECYCLE_LANE:
                said = orjson.loads(job.payload)
                answer = await self.desk.work(said["order"], said["what"])
            else:
                answer = await self.courier.carry(job)
            if isinstance(answer, Again):
                settle, rest = queue.again, (answer.seconds,)
        except (TryLater, OutcomeUnknown) as error:
            settle, rest = queue.retry, (2.0, str(error))
        if self.dies_next:  # the process ends before it has said how it went: the lease runs out
            self.dies_next = False
            self.clock.forward(60)
            return
        now = self.clock.now()
        assert await self.database.write(lambda conn: settle(conn, job, *rest, now))

    async def drain(self, rounds=80):
        """Let everything come to its end, the world moving on meanwhile."""
        for _ in range(rounds):
            busy = False
            for lane in LANES:
                busy |= await self.run(lane)
            self.world.crew()
            self.world.network()
            self.clock.forward(10)
            state = await self.state()
            if not busy and (state in {"cancelled", "completed", "partial"} or await self.holds()):
                return

    async def aggregate(self):
        return await self.repository.load(self.order_id)

    async def state(self):
        return (await self.aggregate()).product_order.state

    async def holds(self):
        return (await self.aggregate()).holds

    async def task(self, task_id):
        found = [one for one in (await self.aggregate()).cancel_tasks if one.id == task_id]
        return found[0]
