"""Events to Kafka and facts from it, on FastStream's own stand-in for a broker: no server can be started here."""

import asyncio

import orjson
import pytest

pytest.importorskip("aiokafka")

from aiokafka.errors import KafkaConnectionError, MessageSizeTooLargeError, SaslAuthenticationFailed
from faststream.kafka import TestKafkaBroker
from faststream.kafka.message import FakeConsumer

from gateway.app.broker_kafka import KafkaListener, KafkaOutlet, explain, make_kafka
from gateway.app.broker_terms import broker_terms
from gateway.app.settings import Settings
from gateway.ports.broker import Outgoing
from gateway.ports.errors import NeedsOperator, Refused, TryLater
from gateway.vocabulary.broker import FactSource

TERMS = broker_terms(Settings(broker_url="kafka://127.0.0.1:1"), "test")


async def connected(outlet):
    outlet.start()
    for _ in range(100):
        try:
            outlet._link.check()
        except TryLater:
            await asyncio.sleep(0.01)
        else:
            return
    outlet._link.check()


async def test_an_event_goes_to_the_topic_under_its_order():
    broker = make_kafka(TERMS)
    heard = []

    @broker.subscriber("tmf-gateway.test.orders", decoder=_undecoded)
    async def reader(message):
        heard.append((message.raw_message.key, message.body, dict(message.raw_message.headers)["content-type"]))

    async with TestKafkaBroker(broker):
        outlet = KafkaOutlet(TERMS, broker)
        await connected(outlet)
        await outlet.publish(Outgoing("event-1", "order-1", b'{"id":"event-1"}'))
        await outlet.close()
    assert heard == [(b"order-1", b'{"id":"event-1"}', b"application/cloudevents+json")]


async def test_a_message_is_taken_and_only_then_committed(monkeypatch):
    broker = make_kafka(TERMS)
    arrived, said = [], []
    answers = iter([False, True])

    async def take(message):
        arrived.append(message)
        return next(answers)

    source = FactSource(name="survey", is_subject=False, group="gateway")
    KafkaListener(TERMS, source, take, broker)

    async def commit(_):
        said.append("committed")

    monkeypatch.setattr(FakeConsumer, "commit", commit)
    monkeypatch.setattr(FakeConsumer, "seek", lambda *_, **__: said.append("given back"))
    async with TestKafkaBroker(broker):
        for _ in range(2):
            await broker.publish(orjson.dumps({"order": "order-1"}), "survey", key=b"order-1")
            said.append("published")
    assert [one.source for one in arrived] == ["survey", "survey"]
    assert arrived[0].body == b'{"order":"order-1"}'
    assert said == ["given back", "published", "committed", "published"]


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (MessageSizeTooLargeError(), Refused),
        (SaslAuthenticationFailed(), NeedsOperator),
        (KafkaConnectionError(), TryLater),
        (OSError(), TryLater),
    ],
)
def test_what_an_error_of_kafka_means(error, kind):
    assert isinstance(explain(error), kind)


async def test_while_kafka_is_not_there_nothing_is_published_and_nothing_is_lost():
    outlet = KafkaOutlet(TERMS)
    outlet.start()
    with pytest.raises(TryLater):
        await outlet.publish(Outgoing("event-1", "order-1", b"{}"))
    await outlet.close()


async def _undecoded(message):
    return message
