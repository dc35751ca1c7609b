"""All calls to Tryton: one session over one connection pool, and every answer read for its error."""

import asyncio
import base64
import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import httpx

from adapters.sdk.http import HttpClient, TimeLimits, json_of
from adapters.sdk.redact import redact
from adapters.sdk.rows import reading
from adapters.tryton.codec import decode, encode
from adapters.tryton.faults import ANSWERED, error_of, warning_of
from adapters.tryton.settings import TrytonSettings
from gateway.ports.errors import NeedsOperator, Unreadable

__all__ = ["Row", "TrytonClient"]

Row = dict[str, Any]
_SYSTEM = "tryton"
_READS = frozenset({"search_read", "search_count", "search", "read", "get_preferences", "fields_get", "default_get"})
_WARNING = "model.res.user.warning"


class TrytonClient:
    """JSON-RPC. Without a session, or where Tryton has forgotten it, it logs in first.

    `runs` is held by whoever lets one of the wizards run, which go through all subscriptions at once.
    """

    def __init__(self, settings: TrytonSettings) -> None:
        limits = TimeLimits(answer_seconds=settings.answer_seconds)
        self._http = HttpClient(settings.url, _SYSTEM, limits=limits)
        self._settings = settings
        self._path = settings.path.format(database=settings.database)
        self._numbers = itertools.count(1)
        self._session: str | None = None
        self._user = 0
        self._context: Row = {}
        self._login = asyncio.Lock()
        self.runs = asyncio.Lock()

    async def call(self, method: str, *params: Any, changes: bool | None = None) -> Any:
        """Return the result of a call; the user's context goes last. Raises AdapterError.

        A warning that the adapter knows is answered, and the call made once more.
        """
        reads = method.rpartition(".")[2] in _READS
        changing = not reads if changes is None else changes
        answer = await self._in_session(method, params, changing)
        name = warning_of(answer.get("error"))
        if name is not None and name.rpartition(".")[2] in ANSWERED:
            said = [{"user": self._user, "name": name, "always": False}]
            asked = await self._in_session(f"{_WARNING}.create", (said,), changing=True)
            if asked.get("error") is not None:
                raise error_of(asked["error"])
            answer = await self._in_session(method, params, changing)
        if answer.get("error") is not None:
            raise error_of(answer["error"])
        return answer.get("result")

    async def rows(
        self, model: str, domain: Sequence[Any], fields: Sequence[str], *, first: int = 0, most: int | None = None
    ) -> list[Row]:
        """Return the rows that a search finds, oldest first. Raises Unreadable where the answer holds none."""
        found = await self.call(f"model.{model}.search_read", domain, first, most, [["id", "ASC"]], list(fields))
        if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
            raise Unreadable(f"{_SYSTEM} did not answer the search of {model} with rows", redact(str(found)))
        return reading(found, model.rpartition(".")[2])

    async def create(self, model: str, values: Mapping[str, Any]) -> int:
        """Create one record and return its id. Look first: created twice, there are two."""
        made = await self.call(f"model.{model}.create", [dict(values)])
        if not (isinstance(made, list) and len(made) == 1 and isinstance(made[0], int)):
            raise Unreadable(f"{_SYSTEM} did not say which {model} it made", redact(str(made)))
        return made[0]

    async def press(self, model: str, button: str, *ids: int) -> None:
        """Press a button of records, such as `quote` or `post`."""
        await self.call(f"model.{model}.{button}", list(ids))

    async def write(self, model: str, ids: Sequence[int], values: Mapping[str, Any]) -> None:
        """Change records."""
        await self.call(f"model.{model}.write", list(ids), dict(values))

    async def run_wizard(self, name: str, state: str, **start: Any) -> None:
        """Let a wizard do its one step, and end it."""
        made = await self.call(f"wizard.{name}.create", changes=False)
        if not (isinstance(made, list) and made):
            raise Unreadable(f"{_SYSTEM} did not begin the wizard {name}", redact(str(made)))
        try:
            await self.call(f"wizard.{name}.execute", made[0], {"start": start}, state)
        finally:
            await self.call(f"wizard.{name}.delete", made[0], changes=False)

    async def context(self) -> Row:
        """Return the user's context: company, companies, language."""
        if self._session is None:
            await self._log_in(None)
        return self._context

    async def close(self) -> None:
        """Release connections. The session ends by itself."""
        await self._http.close()

    async def _in_session(self, method: str, params: Sequence[Any], changing: bool) -> Row:  # noqa: FBT001
        for is_last in (False, True):
            session = self._session or await self._log_in(None)
            answer = await self._post(method, [*params, self._context], session, changing, (200, 401, 403))
            if answer.status_code == 200:
                return _body(answer, method)
            # It was refused at the door, so nothing of it was done.
            if answer.status_code == 403 or is_last:
                fix = (
                    f"let the user {self._settings.user} do that in tryton, or name another in the landscape's settings"
                )
                raise NeedsOperator(f"tryton does not let us call {method} ({answer.status_code})", fix)
            await self._log_in(session)
        raise AssertionError

    async def _log_in(self, ended: str | None) -> str:
        """Log in, unless another call has done it meanwhile. Raises NeedsOperator for a wrong password."""
        async with self._login:
            if self._session is not None and self._session != ended:
                return self._session
            self._session = None
            try:
                password = await asyncio.to_thread(self._settings.secret)
            except OSError as error:
                reason = f"the file of tryton's password cannot be read: {error.strerror}"
                raise NeedsOperator(reason, "correct password_file in the landscape's settings") from None
            said = [self._settings.user, {"password": password}]
            found = _body(await self._post("common.db.login", said, None, False, (200,)), "login").get("result")  # noqa: FBT003
            if not (isinstance(found, list) and len(found) >= 2):
                raise Unreadable("tryton did not answer the login with a session", "")
            self._user = int(found[0])
            words = f"{self._settings.user}:{self._user}:{found[1]}"
            session = base64.b64encode(words.encode()).decode()
            asked = await self._post("model.res.user.get_preferences", [True, {}], session, False, (200,))  # noqa: FBT003
            context = _body(asked, "get_preferences").get("result")
            self._context = context if isinstance(context, dict) else {}
            self._session = session
            return session

    async def _post(
        self,
        method: str,
        params: Sequence[Any],
        session: str | None,
        changing: bool,  # noqa: FBT001
        accept: tuple[int, ...],
    ) -> httpx.Response:
        body = {"id": next(self._numbers), "method": method, "params": encode(params)}
        headers = {"Authorization": f"Session {session}"} if session else {}
        return await self._http.request("POST", self._path, json=body, headers=headers, changes=changing, accept=accept)


def _body(answer: httpx.Response, method: str) -> Row:
    said = json_of(answer, _SYSTEM)
    try:
        body = decode(said)
    except ValueError as error:
        raise Unreadable(f"{_SYSTEM} answered {method} with {error}", redact(answer.content)) from None
    if not isinstance(body, dict) or not ({"result", "error"} & body.keys()):
        raise Unreadable(f"{_SYSTEM} did not answer {method} with a result", redact(answer.content))
    return body
