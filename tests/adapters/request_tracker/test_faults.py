"""What Request Tracker's sentences mean."""

from datetime import UTC, datetime

import pytest

from adapters.request_tracker.crew import Crews
from adapters.request_tracker.faults import check_change
from adapters.request_tracker.from_legacy import Words, closed_at, read_ticket
from adapters.request_tracker.plugin import PLUGIN
from adapters.request_tracker.settings import RequestTrackerSettings
from gateway.ports.adapter import Role
from gateway.ports.errors import Refused, SetupError, Unreadable
from gateway.vocabulary.load import load_vocabularies

WORDS = Words.of(load_vocabularies(PLUGIN.vocabularies[Role.FIELD_WORK]))


def row(**fields):
    said = {"Order": ["O-1"], "Item": ["1"], "Work": ["VISIT"], "Site": [], "Devices": [], "Serial": [], "Evidence": []}
    return {
        "id": "7",
        "Status": "resolved",
        "Subject": "Visit for EXT-1, item 1",
        "Created": "2026-03-01T09:00:00Z",
        "LastUpdated": "2026-03-01T10:00:00Z",
        "Starts": "1970-01-01T00:00:00Z",
        "Due": "2026-03-02T10:00:00Z",
        "CustomFields": [{"name": name, "values": values} for name, values in (said | fields).items()],
    }


@pytest.mark.parametrize(
    ("sentence", "code"),
    [
        ("Ticket 1: Status 'nix' isn't a valid status for this ticket.", "STATUS"),
        ("Ticket 1: You can't change status from 'open' to 'new'.", "TRANSITION"),
        ("Ticket 1: Permission Denied", "RIGHT"),
    ],
)
def test_a_refusal_with_status_200_is_a_refusal(sentence, code):
    with pytest.raises(Refused) as caught:
        check_change([sentence])
    assert caught.value.legacy_code == code


def test_a_change_is_believed_only_in_its_own_words():
    check_change(["Ticket 1: Status changed from 'new' to 'open'"])
    for said in ([], None, ["Ticket 1: Something else"], {"message": "?"}):
        with pytest.raises(Unreadable):
            check_change(said)


def test_a_time_that_was_not_set_is_none():
    ticket = read_ticket(row(), WORDS)
    assert (ticket.starts, ticket.due) == (None, datetime(2026, 3, 2, 10, tzinfo=UTC))


@pytest.mark.parametrize("fields", [{"Work": []}, {"Work": ["DIG"]}, {"Item": []}, {"Order": []}])
def test_a_ticket_of_something_else_cannot_be_read(fields):
    with pytest.raises(Unreadable):
        read_ticket(row(**fields), WORDS)


def test_when_it_was_done_is_read_of_its_history():
    ticket = read_ticket(row(), WORDS)
    moved = {"Type": "Status", "OldValue": "open", "NewValue": "resolved", "Created": "2026-03-01T09:59:00Z"}
    assert closed_at([moved, {"Type": "Comment"}], ticket, WORDS) == datetime(2026, 3, 1, 9, 59, tzinfo=UTC)
    with pytest.raises(Unreadable):
        closed_at([], ticket, WORDS)


async def test_crews_do_wrong_only_what_they_are_told():
    crews = Crews(RequestTrackerSettings(url="http://127.0.0.1:9", password="x"), 0.0)
    with pytest.raises(SetupError):
        crews.misbehave("EXT-1", "sleep")
    assert len(crews._found(row())["Evidence"]) == 3
    crews.misbehave("EXT-1", "no-evidence")
    assert "Evidence" not in crews._found(row())
    crews.misbehave("EXT-1", "same-serial:A-1")
    assert crews._found(row())["Serial"] == ["A-1"]
    await crews.stop()
