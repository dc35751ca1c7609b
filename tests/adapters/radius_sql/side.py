"""The legacy side for the contract kit: FreeRADIUS's tables, told what shall be wrong with them, behind a proxy."""

from contextlib import contextmanager
from functools import cache
from pathlib import Path

from adapters.radius_sql import adapter
from adapters.radius_sql.adapter import RadiusSqlAdapter
from adapters.radius_sql.settings import RadiusSqlSettings
from adapters.sdk.recording import recorded
from contract_tests.adapter import SECRET, AdapterTarget, Fault
from contract_tests.postgres import PostgresProxy
from gateway.vocabulary.load import load_vocabularies

HERE = Path(adapter.__file__).parent
SCENARIOS = tuple(Path(__file__).with_name(f"{name}.yaml") for name in ("fibre-with-address", "two-fibres"))
RECORDED = Path(__file__).with_name("recorded")

_GROUP = "UPDATE radgroupreply SET value = '{}' WHERE groupname = 'FIBER-500'"
_SHOWS = {
    Fault.NONSENSE: f"""{_GROUP.format(f"password={SECRET}")}; INSERT INTO radippool
        (pool_name, framedipaddress, expiry_time) VALUES ('kit', 'fd00::1', '2000-01-01')""",
    Fault.UNKNOWN_CODE: _GROUP.format("50G/500G"),
    Fault.REFUSED: "UPDATE radippool SET pool_name = 'full' WHERE pool_name = 'kit'",
}
_HEALS = f"""{_GROUP.format("50M/500M")}; DELETE FROM radippool WHERE family(framedipaddress) = 6;
    UPDATE radippool SET pool_name = 'kit' WHERE pool_name = 'full'"""
POOL = """INSERT INTO radippool (pool_name, framedipaddress)
    SELECT 'kit', '100.65.0.0'::inet + n FROM generate_series(1, 200) n"""
_MADE = """
    SELECT 'address ' || pool_key FROM radippool WHERE pool_key LIKE $1 || '/%'
    UNION ALL (SELECT verb || ' ' || item || ' leaves ' || concat_ws(' and ',
            (SELECT string_agg(attribute, ', ') FROM radcheck WHERE radcheck.username = mark.username),
            (SELECT string_agg(attribute, ', ') FROM radreply WHERE radreply.username = mark.username),
            (SELECT string_agg(groupname, ', ') FROM radusergroup WHERE radusergroup.username = mark.username))
        FROM tmf_gateway_mark mark WHERE reference = $1 AND verb <> 'reserve' ORDER BY id)"""
_DRIVEN = {}  # what a scenario has said, for all checks that only read it


class Side(PostgresProxy):
    """`sql` runs SQL in the database; `target` is where the proxy finds it."""

    faults = frozenset(Fault)

    def __init__(self, target, sql):
        super().__init__(target)
        self._sql, self._is_spoilt = sql, False

    async def misbehave(self, fault, reference):
        if fault in _SHOWS:
            self._is_spoilt = True
            await self._sql(_SHOWS[fault])
        else:
            await super().misbehave(fault, reference)

    async def heal(self):
        await super().heal()
        if self._is_spoilt:
            await self._sql(_HEALS)

    async def made(self, reference):
        return [row[0] for row in await self._sql(_MADE, reference)]


def target_of(side, settings, *, pool="kit"):
    """Return the adapter as the kit takes it. What the kit's fibre needs is an address here, and not a port."""

    def make(**changed):
        return RadiusSqlAdapter(RadiusSqlSettings(**settings, pool=pool, **changed), _tables())

    return AdapterTarget(
        create=make,
        hurried=lambda: make(answer_seconds=0.3),
        conformance=HERE / "conformance.yaml",
        vocabularies=[HERE / "codes.yaml"],
        legacy=side,
        names={"port": "ipv4"},
        recorded=RECORDED,
        replay=replay,
        driven=_DRIVEN,
    )


@contextmanager
def replay(folder):
    """Give the adapter with what a real FreeRADIUS answered once, and without any."""
    settings = RadiusSqlSettings(url="postgresql://nobody@127.0.0.1:1/radius", radius_secret="none", pool="recorded")
    with recorded(folder):
        yield RadiusSqlAdapter(settings, _tables())


@cache
def _tables():
    """Return the adapter's vocabularies, read once for all of its instances."""
    return load_vocabularies(HERE / "codes.yaml")
