"""NATS JetStream through FastStream: events out, statements in. Imported only where a broker of NATS is configured."""

import asyncio
import ssl
from itertools import count

from faststream import AckPolicy
from faststream.exceptions import FastStreamException
from faststream.nats import JStream, NatsBroker, NatsCredentials, NatsMessage, NatsToken, PullSub
from faststream.security import BaseSecurity, SASLPlaintext
from nats.aio.client import Client
from nats.errors import (
    AuthorizationError,
    ConnectionClosedError,
    Error,
    MaxPayloadError,
    NoServersError,
)
from nats.errors import (
    TimeoutError as NoAnswer,
)
from nats.js.api import AckPolicy as Acks
from nats.js.api import ConsumerConfig, DeliverPolicy, RetentionPolicy, StorageType
from nats.js.errors import APIError, NoStreamResponseError, NotFoundError

from gateway.app.broker_link import Link, Linked
from gateway.app.broker_terms import BrokerTerms
from gateway.app.intake import Take
from gateway.canonical.ids import shard_of
from gateway.ports.broker import Arrived, Outgoing
from gateway.ports.errors import AdapterError, NeedsOperator, Refused, TryLater
from gateway.streams.backoff import Backoff
from gateway.streams.cloud_events import CONTENT_TYPE
from gateway.vocabulary.broker import FactSource

__all__ = ["NatsListener", "NatsOutlet"]

_DUPLICATE_WINDOW_SECONDS = 120.0
_ACK_WAIT_SECONDS = 4.0
_PULL_SECONDS = 2.0
_TOO_LARGE = 10054  # JetStream's own code for a message beyond the stream's limit
_MEANT: dict[type[Exception], str] = {
    NoStreamResponseError: "no JetStream stream takes the subject",
    NotFoundError: "the JetStream stream is not there",
}
_LOST = (ConnectionClosedError, NoAnswer, NoServersError, OSError, asyncio.TimeoutError)


class NatsOutlet(Linked[NatsBroker]):
    """Publishes to a JetStream stream, which it makes where there is none; one that is there it leaves as it is."""

    def __init__(self, terms: BrokerTerms) -> None:
        self._terms = terms
        self._broker = _broker(terms)
        self._client: Client | None = None
        self._has_stream = False
        self._link = Link("the NATS server", self._connect, explain)

    async def publish(self, message: Outgoing) -> None:
        """Return once the stream has stored the message, or says that it has had it."""
        self._link.check()
        if self._client is None or not self._client.is_connected:  # else the client would keep it in memory
            raise TryLater("the NATS server does not answer")
        headers = {"Nats-Msg-Id": message.id, "content-type": CONTENT_TYPE}
        try:
            if not self._has_stream:
                await self._make_stream(self._client)
            await self._broker.publish(
                message.body,
                f"{self._terms.subject}.{shard_of(message.order_id)}",
                headers=headers,
                correlation_id=message.order_id,
                stream=self._terms.stream,
                timeout=self._terms.timeout_seconds,
            )
        except (TimeoutError, Error, FastStreamException, OSError) as error:
            self._has_stream = self._has_stream and not isinstance(error, NoStreamResponseError)
            raise explain(error) from error

    async def _connect(self) -> None:
        self._client = await self._broker.connect()

    async def _make_stream(self, client: Client) -> None:
        jetstream = client.jetstream(timeout=self._terms.timeout_seconds)
        try:
            await jetstream.stream_info(self._terms.stream)
        except NotFoundError:
            await jetstream.add_stream(
                name=self._terms.stream,
                subjects=[f"{self._terms.subject}.*"],
                storage=StorageType.FILE,
                retention=RetentionPolicy.LIMITS,
                duplicate_window=_DUPLICATE_WINDOW_SECONDS,
            )
        self._has_stream = True


class NatsListener(Linked[NatsBroker]):
    """Hands each message of a subject to `take`, one after the other, and acknowledges it then."""

    def __init__(self, terms: BrokerTerms, source: FactSource, take: Take) -> None:
        self._terms, self._source, self._take = terms, source, take
        self._broker = _broker(terms)
        self._is_heard = False
        self._link = Link(f"facts from {source.name}", self._connect, explain)

    async def _connect(self) -> None:
        client = await self._broker.connect()
        stream = self._source.stream
        if stream is None:
            stream = await client.jetstream().find_stream_name_by_subject(self._source.name)
        if not self._is_heard:
            self._hear(stream)
        await self._broker.start()

    def _hear(self, stream: str) -> None:
        # One message on its way at a time, whichever process has it: statements keep their order.
        config = ConsumerConfig(
            ack_policy=Acks.EXPLICIT,
            ack_wait=_ACK_WAIT_SECONDS,
            deliver_policy=DeliverPolicy.ALL,
            max_ack_pending=1,
            max_deliver=-1,
        )
        subscriber = self._broker.subscriber(
            self._source.name,
            stream=JStream(stream, declare=False),
            durable=self._source.group,
            config=config,
            pull_sub=PullSub(batch_size=1, timeout=_PULL_SECONDS),
            ack_policy=AckPolicy.MANUAL,
            decoder=_undecoded,
        )
        subscriber(self._one)
        self._is_heard = True

    async def _one(self, message: NatsMessage) -> None:
        place = message.raw_message.metadata
        name = f"{place.stream}:{place.sequence.stream}:{place.timestamp.isoformat()}"
        arrived = Arrived(name, message.raw_message.subject, message.body)
        async with asyncio.TaskGroup() as both:
            waiting = both.create_task(_hold(message))
            is_taken = await self._take(arrived)
            waiting.cancel()
        if is_taken:
            await _acknowledge(message)
        else:
            await message.nack()


async def _hold(message: NatsMessage) -> None:
    """Tell the server that the message is being worked on, as long as that lasts."""
    while True:
        await asyncio.sleep(_ACK_WAIT_SECONDS / 3)
        await message.in_progress()


async def _acknowledge(message: NatsMessage) -> None:
    """Acknowledge until the server has heard it; where it does not in time, it delivers the message again."""
    pause = Backoff(first_seconds=0.1, cap_seconds=1.0)
    try:
        async with asyncio.timeout(_ACK_WAIT_SECONDS):
            for attempt in count(1):
                try:
                    await message.ack_sync()
                except (Error, OSError):
                    await asyncio.sleep(pause.pause(attempt))
                else:
                    return
    except TimeoutError:
        return


async def _undecoded(message: NatsMessage) -> NatsMessage:
    return message


def _broker(terms: BrokerTerms) -> NatsBroker:
    scheme = "tls" if terms.is_encrypted else "nats"
    return NatsBroker(
        [f"{scheme}://{server}" for server in terms.servers],
        name="tmf-gateway",
        security=_security(terms),
        max_reconnect_attempts=-1,
        reconnect_time_wait=1,
        connect_timeout=max(1, round(terms.timeout_seconds)),
        apply_types=False,
        logger=None,
        graceful_timeout=5.0,
    )


def _security(terms: BrokerTerms) -> BaseSecurity | None:
    context = ssl.create_default_context() if terms.is_encrypted else None
    secret = terms.secret
    if secret is None:
        return BaseSecurity(ssl_context=context) if context else None
    if "BEGIN NATS USER JWT" in secret:
        return NatsCredentials.from_raw(secret, ssl_context=context)
    user, colon, password = secret.partition(":")
    if colon:
        return SASLPlaintext(user, password, ssl_context=context)
    return NatsToken(secret, ssl_context=context)


def explain(error: Exception) -> AdapterError:
    """Return what an error means for the message that met it. It repeats no text that could hold a secret."""
    if isinstance(error, MaxPayloadError) or getattr(error, "err_code", None) == _TOO_LARGE:
        return Refused("tooLarge", "the NATS server takes no message of this size")
    if isinstance(error, AuthorizationError) or "authorization" in str(error).lower():
        return NeedsOperator("the NATS server does not let us in", "correct broker_credentials, or the user's rights")
    if isinstance(error, APIError):
        said = f"JetStream answered {error.code} ({str(error.description or 'no reason')[:100]})"
        return TryLater(_MEANT.get(type(error), said))
    what = "does not answer" if isinstance(error, _LOST) else "could not be used"
    return TryLater(f"the NATS server {what} ({type(error).__name__})")
