"""A small RADIUS server that reads FreeRADIUS's tables as FreeRADIUS does: checks, replies, then groups."""

import asyncio
from contextlib import asynccontextmanager

import asyncpg
from pyrad.packet import AccessAccept, AccessReject, AuthPacket, StatusServer

from adapters.radius_sql.probe import DICTIONARY


class _Protocol(asyncio.DatagramProtocol):
    def __init__(self, server):
        self._server = server

    def connection_made(self, transport):
        self._transport = transport

    def datagram_received(self, data, address):
        task = asyncio.create_task(self._server.answer(data))
        task.add_done_callback(lambda done: done.result() and self._transport.sendto(done.result(), address))
        self._server.tasks.add(task)


class RadiusServer:
    """Answers on a loopback port; `secret` may be changed, and `silent` makes it say nothing."""

    def __init__(self, database, secret):
        self._database, self.secret = database, secret
        self.tasks = set()
        self.port, self.silent = 0, False

    async def answer(self, data):
        request = AuthPacket(packet=data, secret=self.secret, dict=DICTIONARY)
        if self.silent or not request.verify_message_authenticator():
            return None
        if request.code == StatusServer:
            return _reply(request, AccessAccept)
        connection = await asyncpg.connect(self._database)
        try:
            found = await self._look(connection, request)
        finally:
            await connection.close()
        if found is None:
            return _reply(request, AccessReject)
        return _reply(request, AccessAccept, found)

    async def _look(self, connection, request):
        """Return what is replied, or None for a reject."""
        name = request["User-Name"][0]
        rows = "SELECT attribute, value FROM {} WHERE username = $1 ORDER BY id"
        checks = {row["attribute"]: row["value"] for row in await connection.fetch(rows.format("radcheck"), name)}
        password = request.PwDecrypt(request["User-Password"][0])
        if checks.get("Auth-Type") == "Reject" or checks.get("Cleartext-Password") != password:
            return None
        groups = """SELECT attribute, value FROM radusergroup JOIN radgroupreply USING (groupname)
            WHERE username = $1 ORDER BY priority"""
        found = {row["attribute"]: row["value"] for row in await connection.fetch(rows.format("radreply"), name)}
        for row in await connection.fetch(groups, name):
            found.setdefault(row["attribute"], row["value"])
        return found


def _reply(request, code, attributes=None):
    reply = request.CreateReply()
    reply.code = code
    for name, value in (attributes or {}).items():
        reply[name] = value
    return reply.ReplyPacket()


@asynccontextmanager
async def radius_server(database, secret):
    """Serve while the block runs."""
    server = RadiusServer(database, secret)
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: _Protocol(server), local_addr=("127.0.0.1", 0)
    )
    server.port = transport.get_extra_info("sockname")[1]
    try:
        yield server
        await asyncio.gather(*server.tasks)
    finally:
        transport.close()
