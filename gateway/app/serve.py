"""Serving: uvicorn on the runtime's application, in this process."""

import asyncio
import gc
import logging
import socket
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import structlog
import uvicorn

from gateway.app.leaving import LastAnswers, leave
from gateway.app.runtime import Runtime, open_runtime
from gateway.app.settings import Settings
from gateway.app.worker_health import HealthOnly
from gateway.ports.errors import SetupError
from gateway.ports.rehearsal import is_simulated

__all__ = ["configure_logging", "running", "serve", "work_only"]


def configure_logging(level: str) -> None:
    """Write log lines as JSON to standard error, from `level` on. Values pass through no other filter: log none."""
    number = logging.getLevelNamesMapping().get(level.upper(), logging.WARNING)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=number)


_IDLE = 75
"""Seconds for which a connection on which nothing is asked stays open: longer than clients keep theirs.

One that is closed just as the next request is sent costs that request.
"""


@asynccontextmanager
async def running(settings: Settings, *, only_health: bool = False) -> AsyncIterator[tuple[Runtime, str]]:
    """Run a gateway in this event loop; give the runtime and the address it answers at. Raises SetupError.

    With `only_health` nothing can be asked there but whether it is well.
    """
    listener = _bind(settings.host, settings.port)
    try:
        host, port = listener.getsockname()[:2]
        async with open_runtime(settings.model_copy(update={"port": port})) as runtime:
            _spare_the_collector()
            faces = HealthOnly(runtime.app) if only_health else runtime.app
            app = LastAnswers(faces, lambda: runtime.is_draining)
            server = _Server(
                uvicorn.Config(app, log_config=None, access_log=False, lifespan="off", timeout_keep_alive=_IDLE)
            )
            task = asyncio.create_task(server.serve(sockets=[listener]))
            while not server.started and not task.done():  # noqa: ASYNC110 - uvicorn offers a flag and no event
                await asyncio.sleep(0.01)
            if task.done():
                _no_port(settings, task.exception())
            try:
                yield runtime, f"http://{host}:{port}"
            finally:
                await runtime.drain()  # it still answers: with 503 where it is asked whether it is ready
                await leave(server, listener)
                server.should_exit = True
                await task
    finally:
        listener.close()


async def serve(settings: Settings, stop: asyncio.Event) -> None:
    """Serve until `stop` is set."""
    async with running(settings) as (runtime, address):
        profile = runtime.desk.terms.profile.name
        print(f"tmf-gateway serves {address} (landscape {settings.landscape}, profile {profile})", flush=True)  # noqa: T201
        simulated = runtime.live is not None and any(map(is_simulated, runtime.live.simulations))
        if simulated:
            print("the legacy systems behind it are simulated", flush=True)  # noqa: T201
        await stop.wait()


async def work_only(settings: Settings, stop: asyncio.Event, *, has_port: bool = False) -> None:
    """Do work without serving faces, until `stop` is set. With a port it says there whether it is well."""
    if has_port:
        async with running(settings, only_health=True) as (_, address):
            print(f"tmf-gateway works; its health is at {address}/lifecycle/v1/health", flush=True)  # noqa: T201
            await stop.wait()
        return
    async with open_runtime(settings) as runtime:
        print("tmf-gateway works", flush=True)  # noqa: T201
        await stop.wait()
        await runtime.drain()


def _spare_the_collector() -> None:
    """Keep what start-up made out of every later garbage collection, and collect less often.

    An order makes thousands of small objects and no cycles; walking the compiled schemas for each few hundred of them
    costs more than the rest of the request.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


class _Server(uvicorn.Server):
    """A server that leaves signals to whoever started it."""

    def install_signal_handlers(self) -> None:
        """Do nothing: the command line owns the signals."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Do nothing: the command line owns the signals."""
        yield


def _bind(host: str, port: int) -> socket.socket:
    """Return a socket that has the port and does not listen yet: until all is ready, clients are refused at once."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise _taken(host, port, error) from error
    listener.setblocking(False)
    return listener


def _no_port(settings: Settings, error: BaseException | None) -> None:
    """Raise for a server that ended before it served: another process was quicker to listen."""
    if isinstance(error, OSError):
        raise _taken(settings.host, settings.port, error) from error
    raise error or RuntimeError("the server ended at once")


def _taken(host: str, port: int, error: OSError) -> SetupError:
    return SetupError(f"cannot listen on {host}:{port}: {error.strerror}", "choose another --port")
