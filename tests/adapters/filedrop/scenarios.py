"""What is played over OpenSSH's SFTP server, and replayed without it. `work()` lets the host do its work."""

from gateway.ports.adapter import Outcome
from tests.adapters.filedrop.test_filedrop import message
from tests.adapters.orders import said


async def charges_and_bills(drop, work):
    """What was delivered is charged and billed; each file is sent once."""
    for operation in ("charge", "bill"):
        asked = message(operation)
        for _ in range(2):
            assert (await drop.submit(asked)).outcome is Outcome.WORKING
        work()
        report = await drop.fetch(asked)
        assert report.outcome is Outcome.DONE
    assert (report.bills[0].gross.amount, report.rates[0].is_billed) == (48, True)
    assert {one.predicate for one in report.facts} == {"bill.balanced", "bill.sent", "ledger.posted"}


async def is_rejected(drop, work):
    """A line that the host rejects refuses its item."""
    asked = message("charge", order="REJECTED")
    await drop.submit(asked)
    work()
    report = await drop.fetch(asked)
    assert [one.legacy_code for one in report.refusals] == ["R02"]
    assert not said(report, "charge.started")


SCENARIOS = (charges_and_bills, is_rejected)
