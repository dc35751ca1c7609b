"""Messages taken or kept as dead letters; on both databases."""

import asyncio
from datetime import UTC, datetime

import pytest

from gateway.app.intake import FactIntake, letter_id
from gateway.ports.broker import Arrived
from gateway.ports.clock import SystemClock
from gateway.ports.errors import FaceError, StoreUnavailable
from gateway.storage.database import Database
from gateway.storage.dead_letters import SqlDeadLetters


class Statements:
    """Answers each message with what the test has for it."""

    def __init__(self, *answers):
        self.answers, self.asked = list(answers), []

    async def record(self, body, systems):
        self.asked.append((body, systems))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if answer is not None:
            raise answer


@pytest.fixture
async def letters(store_url):
    database = await Database.open(store_url)
    yield SqlDeadLetters(database)
    await database.close()


def message(number):
    return Arrived(f"FACTS:{number}", "facts.here", f"message {number}".encode())


REFUSED = FaceError(404, "notFound", "order 'x' is not known", "use an id that a list shows")
AWAY = StoreUnavailable("storeUnavailable", "the database does not answer", "try again")


async def test_what_is_refused_and_what_meets_a_defect_is_kept_once_and_stands_in_nobodys_way(letters):
    intake = FactIntake(Statements(REFUSED, ValueError("secret words"), None, REFUSED), letters, SystemClock())
    assert [await intake.take(message(number)) for number in (1, 2, 3, 1)] == [True] * 4
    found, total = await letters.page(is_open=True, offset=0, limit=10)
    assert total == 2
    assert {one.id for one in found} == {letter_id(message(1)), letter_id(message(2))}
    by_code = {one.code: one for one in found}
    assert by_code["notFound"].body == b"message 1"
    assert by_code["internal"].reason == "unexpected ValueError"
    one = by_code["notFound"]
    assert abs((one.received - datetime.now(UTC)).total_seconds()) < 60
    assert await letters.close(one.id, "discarded", "olga", "a test")
    assert not await letters.close(one.id, "taken", "olga", "once more")
    closed = await letters.get(one.id)
    assert (closed.closed_as, closed.who, closed.why) == ("discarded", "olga", "a test")
    assert [kept.id for kept in (await letters.page(is_open=False, offset=0, limit=10))[0]] == [one.id]
    assert (await letters.page(is_open=None, offset=1, limit=10))[1] == 2
    assert await letters.get("none") is None


async def test_while_the_store_is_away_a_message_waits_and_is_then_taken(tmp_path):
    statements = Statements(AWAY, AWAY, None)
    assert await FactIntake(statements, None, SystemClock()).take(message(1))
    assert len(statements.asked) == 3


async def test_a_process_that_stops_gives_a_message_back():
    intake = FactIntake(Statements(AWAY), None, SystemClock())
    taking = asyncio.create_task(intake.take(message(1)))
    await asyncio.sleep(0)
    intake.stop()
    assert await taking is False
