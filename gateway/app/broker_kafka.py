"""Kafka through FastStream: events out, statements in. Imported only where a Kafka broker is configured."""

import ssl

from aiokafka.errors import (
    AuthenticationFailedError,
    ClusterAuthorizationFailedError,
    GroupAuthorizationFailedError,
    KafkaError,
    MessageSizeTooLargeError,
    SaslAuthenticationFailed,
    TopicAuthorizationFailedError,
)
from faststream import AckPolicy
from faststream.exceptions import FastStreamException
from faststream.kafka import KafkaBroker, KafkaMessage
from faststream.security import BaseSecurity, SASLPlaintext, SASLScram256, SASLScram512

from gateway.app.broker_link import Link, Linked
from gateway.app.broker_terms import BrokerTerms
from gateway.app.intake import Take
from gateway.ports.broker import Arrived, Outgoing
from gateway.ports.errors import AdapterError, NeedsOperator, Refused, TryLater
from gateway.streams.cloud_events import CONTENT_TYPE
from gateway.vocabulary.broker import FactSource

__all__ = ["KafkaListener", "KafkaOutlet", "make_kafka"]

_SASL = {"plain": SASLPlaintext, "scram-sha-256": SASLScram256, "scram-sha-512": SASLScram512}
_BARRED = (
    AuthenticationFailedError,
    ClusterAuthorizationFailedError,
    GroupAuthorizationFailedError,
    SaslAuthenticationFailed,
    TopicAuthorizationFailedError,
)


class KafkaOutlet(Linked[KafkaBroker]):
    """Publishes to a topic; the order's id is the key, so that one partition has all of an order."""

    def __init__(self, terms: BrokerTerms, broker: KafkaBroker | None = None) -> None:
        self._terms = terms
        self._broker = broker or make_kafka(terms)
        self._link = Link("the Kafka broker", self._broker.start, explain)

    async def publish(self, message: Outgoing) -> None:
        """Return once all replicas in sync have the message."""
        self._link.check()
        try:
            await self._broker.publish(
                message.body,
                self._terms.subject,
                key=message.order_id.encode(),
                headers={"content-type": CONTENT_TYPE},
                correlation_id=message.order_id,
            )
        except (KafkaError, FastStreamException, OSError, TimeoutError) as error:
            raise explain(error) from error


class KafkaListener(Linked[KafkaBroker]):
    """Hands each message of a topic to `take`, one after the other, and commits its place then."""

    def __init__(self, terms: BrokerTerms, source: FactSource, take: Take, broker: KafkaBroker | None = None) -> None:
        self._source, self._take = source, take
        self._broker = broker or make_kafka(terms)
        subscriber = self._broker.subscriber(
            source.name,
            group_id=source.group,
            auto_offset_reset="earliest",
            ack_policy=AckPolicy.MANUAL,
            max_poll_records=1,
            decoder=_undecoded,
        )
        subscriber(self._one)
        self._link = Link(f"facts from {source.name}", self._broker.start, explain)

    async def _one(self, message: KafkaMessage) -> None:
        record = message.raw_message
        assert not isinstance(record, tuple)  # no batch is subscribed to
        place = f"{record.topic}:{record.partition}:{record.offset}:{record.timestamp}"
        if await self._take(Arrived(place, record.topic, message.body)):
            await message.ack()
        else:
            await message.nack()


async def _undecoded(message: KafkaMessage) -> KafkaMessage:
    return message


def make_kafka(terms: BrokerTerms) -> KafkaBroker:
    """Return a broker that is not connected yet."""
    return KafkaBroker(
        list(terms.servers),
        client_id="tmf-gateway",
        security=_security(terms),
        acks="all",
        enable_idempotence=True,
        request_timeout_ms=round(terms.timeout_seconds * 1000),
        apply_types=False,
        logger=None,
        graceful_timeout=5.0,
    )


def _security(terms: BrokerTerms) -> BaseSecurity | None:
    context = ssl.create_default_context() if terms.is_encrypted else None
    if terms.secret is None:
        return BaseSecurity(ssl_context=context) if context else None
    user, _, password = terms.secret.partition(":")
    return _SASL[terms.mechanism](user, password, ssl_context=context)


def explain(error: Exception) -> AdapterError:
    """Return what an error means for the message that met it. It repeats no text that could hold a secret."""
    if isinstance(error, MessageSizeTooLargeError):
        return Refused("tooLarge", "the Kafka broker takes no message of this size")
    if isinstance(error, _BARRED):
        return NeedsOperator("the Kafka broker does not let us in", "correct broker_credentials, or the user's rights")
    return TryLater(f"the Kafka broker could not be used ({type(error).__name__})")
