"""The adapter to FreeRADIUS on PostgreSQL: rows, read back and verified by an Access-Request."""

import asyncio

import asyncpg
import pytest
from sqlalchemy.ext.asyncio import AsyncTransaction

from adapters.radius_sql.rows import ADDRESS
from gateway.canonical.fact import Assurance
from gateway.ports.adapter import Outcome
from gateway.ports.errors import (
    LeaseLost,
    NeedsOperator,
    OutcomeUnknown,
    Refused,
    SetupError,
    TryLater,
    UnknownCode,
    Unreadable,
)
from gateway.ports.exchange import watched
from gateway.ports.lease import Lease, under
from gateway.ports.outcome import Known
from tests.adapters.orders import done, fact, fibre, rates, said

pytestmark = pytest.mark.server

SOLD = {"downstreamRate": {"amount": 500000, "units": "kbit/s"}, "upstreamRate": {"amount": 50000, "units": "kbit/s"}}
ALL = "SELECT (SELECT count(*) FROM radcheck), (SELECT count(*) FROM radreply), (SELECT count(*) FROM radusergroup)"


async def attributes(rows, table="radcheck"):
    return dict(await rows(f"SELECT attribute, value FROM {table}"))


async def test_an_address_is_reserved_written_and_let_in_at_the_sold_rate(radius, rows):
    reserved = await radius.submit(fibre("reserve"))
    assert reserved.facts[0].value["ipv4"] == ["100.64.0.10"]
    report = await done(radius, fibre(facts=reserved.facts))
    (written,), (probed,) = (
        said(report, "service.activated", "radius-sql"),
        said(report, "service.activated", "radius-probe"),
    )
    assert written.value == probed.value == SOLD | {"ipv4": ["100.64.0.10"]}
    assert (written.assurance, probed.assurance) == (Assurance.ASSERTED, Assurance.VERIFIED)
    assert said(report, "resource.assigned")[0].value == {"ipv4": ["100.64.0.10"]}
    assert report.legacy_ids == {"service 1.1": "PR-O-1-1"}
    assert radius.losses.findings == ()
    assert (await attributes(rows, "radreply"))["Service-Type"] == "Framed-User"


async def test_a_probe_proves_one_order_only(radius):
    reports = [await done(radius, fibre(order=order)) for order in ("O-1", "O-2")]
    refs = [said(report, "service.activated", "radius-probe")[0].evidence[0].ref for report in reports]
    assert refs[0] != refs[1]


async def test_a_message_that_comes_again_writes_nothing(radius, rows):
    await done(radius, fibre())
    before = await rows(ALL), await attributes(rows)
    report = await done(radius, fibre())
    assert (await rows(ALL), await attributes(rows)) == before
    assert said(report, "service.activated", "radius-probe")


async def test_two_processes_at_once_make_one_subscriber(make_adapter, rows):
    await asyncio.gather(*(done(make_adapter(), fibre()) for _ in range(4)))
    assert await rows(ALL) == [(1, 1, 1)]


async def test_a_suspended_subscriber_is_rejected_and_a_resumed_one_is_let_in(radius, rows):
    await done(radius, fibre())
    off = await done(radius, fibre(order="O-2", action="modify", state="inactive", product="PR-O-1-1"))
    assert {one.source.system for one in said(off, "service.suspended")} == {"radius-sql", "radius-probe"}
    assert (await attributes(rows))["Auth-Type"] == "Reject"
    on = await done(radius, fibre(order="O-3", action="modify", product="PR-O-1-1", was="suspended"))
    assert {one.source.system for one in said(on, "service.resumed")} == {"radius-sql", "radius-probe"}
    assert "Auth-Type" not in await attributes(rows)


async def test_a_changed_rate_replaces_the_group(radius, rows):
    await done(radius, fibre())
    slower = fibre(order="O-2", action="modify", product="PR-O-1-1", characteristics=rates(100000, None))
    report = await done(radius, slower)
    assert said(report, "service.activated", "radius-probe")[0].value["downstreamRate"]["amount"] == 100000
    assert await rows("SELECT groupname FROM radusergroup") == [("FIBER-100",)]


async def test_a_rate_of_no_group_is_the_subscriber_s_own(radius, rows):
    report = await done(radius, fibre(characteristics=rates(30000, 2500)))
    assert (await attributes(rows, "radreply"))["Mikrotik-Rate-Limit"] == "2500k/30M"
    assert said(report, "service.activated", "radius-probe")[0].value["upstreamRate"]["amount"] == 2500


async def test_a_ceased_subscriber_leaves_no_row_and_gives_its_address_back(radius, rows):
    reserved = await radius.submit(fibre("reserve"))
    await done(radius, fibre(facts=reserved.facts))
    report = await done(radius, fibre(order="O-2", action="delete", state="terminated", product="PR-O-1-1"))
    assert {one.source.system for one in said(report, "service.ceased")} == {"radius-sql", "radius-probe"}
    assert said(report, "resource.released")[0].value == {"ipv4": ["100.64.0.10"]}
    assert await rows(ALL) == [(0, 0, 0)]
    assert await rows("SELECT count(*) FROM radippool WHERE expiry_time > now()") == [(0,)]


async def test_what_is_read_back_is_what_the_group_gives_not_what_was_asked(radius, rows):
    await rows("UPDATE radgroupreply SET value = '50k/500k' WHERE groupname = 'FIBER-500'")
    try:
        report = await done(radius, fibre())
    finally:
        await rows("UPDATE radgroupreply SET value = '50M/500M' WHERE groupname = 'FIBER-500'")
    assert {one.value["downstreamRate"]["amount"] for one in said(report, "service.activated")} == {500}


async def test_a_subscriber_who_is_not_let_in_is_on_by_one_word_only(radius, rows, server):
    await done(radius, fibre())
    await rows("UPDATE radcheck SET attribute = 'Crypt-Password'")
    report = await radius.observe(fibre())
    assert [one.source.system for one in said(report, "service.activated")] == ["radius-sql"]


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        ({"characteristics": ()}, "NoRate"),
        ({"characteristics": rates(30000, None)}, "HalfRate"),
        ({"action": "modify", "product": "PR-NOBODY"}, "NoUser"),
        ({"product": "Müller"}, "BadName"),
        ({"facts": (fact("resource.reserved", ipv4=["fe80::1"]),)}, "NoAddress"),
    ],
)
async def test_what_cannot_be_written_is_refused_and_writes_nothing(radius, rows, wanted, code):
    report = await done(radius, fibre(**wanted))
    assert [(one.subject, one.legacy_code) for one in report.refusals] == [("item:1", code)]
    assert await rows(ALL) == [(0, 0, 0)]


async def test_rows_that_no_order_made_are_not_taken_over(radius, rows):
    await rows(
        "INSERT INTO radcheck (username, attribute, op, value) VALUES ('PR-O-1-1', 'Cleartext-Password', ':=', 'x')"
    )
    report = await done(radius, fibre())
    assert report.refusals[0].legacy_code == "UserTaken"
    assert await radius.outcome_of(fibre()) is Known.ABSENT


async def test_a_pool_without_a_free_address_refuses_the_item(radius):
    for number in range(3):
        assert (await radius.submit(fibre("reserve", order=f"O-{number}"))).facts
    report = await radius.submit(fibre("reserve", order="O-9"))
    assert report.refusals[0].legacy_code == "PoolEmpty"


async def test_an_address_that_nobody_has_is_free_whatever_its_time_says(radius, rows):
    await rows("UPDATE radippool SET expiry_time = DEFAULT")  # rounded to a second, in the zone of the database
    assert (await radius.submit(fibre("reserve"))).facts
    await radius.cancel(fibre("reserve"))
    assert (
        len({(await radius.submit(fibre("reserve", order=f"O-{n}"))).facts[0].value["ipv4"][0] for n in range(3)}) == 3
    )


async def test_addresses_that_are_asked_for_at_once_are_different_ones(make_adapter):
    reports = await asyncio.gather(*(make_adapter().submit(fibre("reserve", order=f"O-{n}")) for n in range(3)))
    assert len({report.facts[0].value["ipv4"][0] for report in reports}) == 3


async def test_a_reservation_is_found_again_and_given_back(radius):
    first, again = [await radius.submit(fibre("reserve")) for _ in range(2)]
    assert first.facts[0].value == again.facts[0].value
    freed = await radius.cancel(fibre("reserve"))
    assert said(freed, "resource.released")[0].value == {"ipv4": ["100.64.0.10"]}
    assert await radius.outcome_of(fibre("reserve")) is Known.ABSENT
    assert (await radius.fetch(fibre("reserve"))).outcome is Outcome.WORKING


async def test_an_address_that_is_in_use_is_not_given_back(radius):
    reserved = await radius.submit(fibre("reserve"))
    await done(radius, fibre(facts=reserved.facts))
    with pytest.raises(Refused, match="in use"):
        await radius.cancel(fibre("reserve"))
    left = await radius.cancel(fibre("reserve").model_copy(update={"leave_done": True}))
    assert said(left, "resource.reserved")[0].value == {"ipv4": ["100.64.0.10"]}


async def test_what_was_added_is_removed_by_a_cancellation_and_a_change_is_not_undone(radius, rows):
    await done(radius, fibre())
    changed = fibre(order="O-2", action="modify", product="PR-O-1-1", characteristics=rates(100000, 20000))
    await done(radius, changed)
    with pytest.raises(Refused):
        await radius.cancel(changed)
    assert said(await radius.cancel(changed.model_copy(update={"leave_done": True})), "service.activated")
    for _ in range(2):
        assert said(await radius.cancel(fibre()), "service.ceased")
    assert await rows(ALL) == [(0, 0, 0)]


async def test_fetch_writes_nothing_and_still_knows_every_word(radius, rows):
    assert (await radius.fetch(fibre())).outcome is Outcome.WORKING
    assert await rows(ALL) == [(0, 0, 0)]
    with pytest.raises(UnknownCode):
        await radius.fetch(fibre(specification="CFS-VOICE"))
    with pytest.raises(UnknownCode):
        await radius.fetch(fibre("reserve", resources=("port",)))


@pytest.mark.parametrize(
    ("limit", "error"), [("50G/500G", UnknownCode), ("50M/500M 60M/600M", Unreadable), ("fast", Unreadable)]
)
async def test_a_rate_that_the_tables_do_not_have_is_never_guessed(radius, rows, limit, error):
    await done(radius, fibre(characteristics=rates(30000, 2500)))
    await rows(f"UPDATE radreply SET value = '{limit}' WHERE attribute = 'Mikrotik-Rate-Limit'")
    with pytest.raises(error):
        await radius.observe(fibre())


async def test_duplicate_rows_are_harmless_until_they_contradict_each_other(radius, rows):
    await done(radius, fibre(characteristics=rates(30000, 2500)))
    double = (
        "INSERT INTO radreply (username, attribute, op, value) VALUES ('PR-O-1-1', 'Mikrotik-Rate-Limit', ':=', '{}')"
    )
    await rows(double.format("2500k/30M"))
    assert said(await radius.observe(fibre()), "service.activated", "radius-sql")
    await rows(double.format("2500k/300M"))
    with pytest.raises(Unreadable, match="twice"):
        await radius.observe(fibre())


async def test_a_subscriber_who_may_administer_devices_is_held_and_is_no_fibre(radius, rows):
    await done(radius, fibre())
    await rows("UPDATE radreply SET value = 'Login-User' WHERE attribute = 'Service-Type'")
    with pytest.raises(UnknownCode, match="Login-User"):
        await radius.observe(fibre())


@pytest.mark.parametrize("address", ["255.255.255.254", "255.255.255.255"])
async def test_an_address_of_the_access_server_s_own_choice_is_none_that_was_assigned(radius, rows, address):
    await done(radius, fibre())
    await rows(
        f"INSERT INTO radreply (username, attribute, op, value) VALUES ('PR-O-1-1', '{ADDRESS}', ':=', '{address}')"
    )
    assert [one.value for one in (await radius.observe(fibre())).facts] == [SOLD, SOLD]


async def test_an_address_of_another_version_is_held(radius, rows):
    await rows("UPDATE radippool SET framedipaddress = 'fd00::1'")
    try:
        with pytest.raises(Unreadable, match="version 4"):
            await radius.submit(fibre("reserve"))
        assert await radius.outcome_of(fibre("reserve")) is Known.ABSENT
    finally:
        await rows("UPDATE radippool SET framedipaddress = '100.64.0.9'::inet + id")


async def test_what_the_tables_say_beyond_what_is_known_is_a_finding(radius, rows):
    await done(radius, fibre())
    await rows(
        "INSERT INTO radreply (username, attribute, op, value) VALUES ('PR-O-1-1', 'Session-Timeout', ':=', '60')"
    )
    assert radius.losses.findings == ()
    await radius.submit(fibre())
    assert {one.member for one in radius.losses.findings} == {"radreply.Session-Timeout", "access.Session-Timeout"}


async def test_an_auth_type_that_nobody_orders_is_held(radius, rows):
    await done(radius, fibre())
    await rows("INSERT INTO radcheck (username, attribute, op, value) VALUES ('PR-O-1-1', 'Auth-Type', ':=', 'Accept')")
    with pytest.raises(UnknownCode, match="Accept"):
        await radius.observe(fibre())
    assert [one.state async for one in radius.inventory()] == [None]


async def test_the_inventory_lists_whoever_is_in_the_tables(radius, rows):
    await done(radius, fibre())
    await done(radius, fibre(order="O-2", action="modify", state="inactive", product="PR-O-1-1"))
    await rows(
        "INSERT INTO radcheck (username, attribute, op, value) VALUES ('old@isp', 'Cleartext-Password', ':=', 'x')"
    )
    found = {one.legacy_id: one async for one in radius.inventory()}
    ours, foreign = found["PR-O-1-1"], found["old@isp"]
    assert (ours.state, ours.runs, ours.product, ours.offering) == ("inactive", False, "PR-O-1-1", "FIBRE-500")
    assert (foreign.state, foreign.runs, foreign.reference) == ("active", True, None)
    assert [one.legacy_id async for one in radius.inventory(after=1)] == ["old@isp"]


async def test_rows_stand_while_the_server_is_silent_and_nothing_is_written_again(make_adapter, server, rows):
    radius = make_adapter(radius_seconds=0.1)
    server.silent = True
    with pytest.raises(TryLater, match="no answer"):
        await radius.submit(fibre())
    before = await attributes(rows)
    assert await radius.outcome_of(fibre()) is Known.PRESENT
    server.silent = False
    assert said(await radius.submit(fibre()), "service.activated", "radius-probe")
    assert await attributes(rows) == before


async def test_a_lost_answer_to_the_commit_is_looked_up_not_repeated(radius, rows, monkeypatch):
    commit = AsyncTransaction.commit

    async def lost(self):
        await commit(self)
        raise ConnectionResetError

    with monkeypatch.context() as patch:
        patch.setattr(AsyncTransaction, "commit", lost)
        with pytest.raises(OutcomeUnknown):
            await radius.submit(fibre())
    before = await attributes(rows)
    assert await radius.outcome_of(fibre()) is Known.PRESENT
    await done(radius, fibre())
    assert await attributes(rows) == before


async def test_two_orders_that_make_the_same_subscriber_at_once_are_not_mixed_up(make_adapter, rows):
    orders = [fibre(order=order, product="PR-SAME") for order in ("O-1", "O-2")]
    reports = await asyncio.gather(*(done(make_adapter(), order) for order in orders))
    assert sorted([one.legacy_code for one in report.refusals] for report in reports) == [[], ["UserTaken"]]
    assert await rows(ALL) == [(1, 1, 1)]


async def test_rows_of_which_one_is_refused_are_not_half_written(radius, rows):
    await rows("ALTER TABLE radusergroup ADD CONSTRAINT closed CHECK (groupname <> 'FIBER-500')")
    try:
        report = await done(radius, fibre())
    finally:
        await rows("ALTER TABLE radusergroup DROP CONSTRAINT closed")
    assert [one.legacy_code for one in report.refusals] == ["SQLSTATE 23514"]
    assert await rows(ALL) == [(0, 0, 0)]
    assert await radius.outcome_of(fibre()) is Known.ABSENT


async def test_a_column_that_was_renamed_needs_a_person_and_writes_nothing(radius, rows):
    await rows("ALTER TABLE radreply RENAME COLUMN value TO wert")
    try:
        with pytest.raises(NeedsOperator, match=r"radreply\.value"):
            await radius.submit(fibre())
    finally:
        await rows("ALTER TABLE radreply RENAME COLUMN wert TO value")
    assert await rows(ALL) == [(0, 0, 0)]


async def test_text_that_is_not_utf_8_is_unreadable(make_adapter, without_encoding, rows):
    name = "PR-O-1-1"
    connection = await asyncpg.connect(without_encoding)
    await connection.execute(
        rf"INSERT INTO radreply (username, attribute, op, value) VALUES ('{name}', 'Reply-Message', ':=', E'f\xfcr')"
    )
    with pytest.raises(Unreadable, match="UTF-8"):
        await make_adapter(url=without_encoding).submit(fibre())
    assert await connection.fetchval("SELECT count(*) FROM radcheck") == 0
    await connection.close()


async def test_a_process_whose_lease_has_ended_writes_nothing(radius, rows):
    with under(Lease("O-1", ends=0.0)), pytest.raises(LeaseLost):
        await radius.submit(fibre())
    assert await rows(ALL) == [(0, 0, 0)]


async def test_health_names_what_is_wrong(radius, make_adapter, rows, database):
    assert "0 subscribers" in await radius.check()
    with pytest.raises(NeedsOperator, match="3D000"):
        await make_adapter(url=database.replace("/test_", "/none_")).check()
    await rows("ALTER TABLE tmf_gateway_mark RENAME TO elsewhere")
    try:
        with pytest.raises(NeedsOperator, match="tables and rights"):
            await radius.check()
    finally:
        await rows("ALTER TABLE elsewhere RENAME TO tmf_gateway_mark")
    with pytest.raises(TryLater):
        await make_adapter(url="postgresql://nobody@127.0.0.1:1/none").check()


def test_another_kind_of_database_is_refused_at_the_start(make_adapter):
    with pytest.raises(SetupError, match="mysql"):
        make_adapter(url="mysql://localhost/radius")


async def test_no_password_is_in_a_report_or_shown_to_who_looks_on(radius, rows):
    seen = []
    with watched(seen.append):
        report = await done(radius, fibre())
    password = (await attributes(rows))["Cleartext-Password"]
    assert len(password) >= 16
    assert password not in report.model_dump_json()
    assert password not in str(seen)
    written = [one.request for one in seen if one.call.startswith("INSERT INTO radcheck")]
    assert written == [[{"username": "PR-O-1-1", "attribute": "Cleartext-Password", "op": ":=", "value": "***"}]]
    (asked,) = [one for one in seen if one.call == "Access-Request"]
    assert (asked.request["User-Password"], asked.answer["attributes"]["Service-Type"]) == (["***"], ["Framed-User"])
