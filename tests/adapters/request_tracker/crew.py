"""What a dispatcher or a crew does to a ticket."""

import asyncio
import base64

from adapters.sdk.http import HttpClient, json_of


class Crew:
    """Changes tickets as people do, by the same interface."""

    def __init__(self, settings, pause_seconds=0.0):
        self._pause_seconds = pause_seconds
        self._http = HttpClient(settings.url, "request tracker")
        self._auth = (settings.user, settings.secret())

    async def __call__(self, ticket, status, **fields):
        """Set what is known of a ticket, then its status; say what came of it."""
        words = base64.b64encode(":".join(self._auth).encode()).decode()
        headers = {"Authorization": f"Basic {words}"}
        own = {name: value for name, value in fields.items() if name in {"Starts", "Due"}}
        custom = {name: value for name, value in fields.items() if name not in own}
        body = own | ({"CustomFields": custom} if custom else {})
        path = f"/REST/2.0/ticket/{ticket}"
        said = json_of(await self._http.request("PUT", path, json=body, headers=headers), "request tracker")
        if status is not None:
            answer = await self._http.request("PUT", path, json={"Status": status}, headers=headers)
            said += json_of(answer, "request tracker")
        return said

    async def pause(self):
        """Wait before looking again; a recording need not be waited for."""
        if self._pause_seconds:
            await asyncio.sleep(self._pause_seconds)

    async def close(self):
        await self._http.close()
