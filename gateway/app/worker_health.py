"""What a worker shows on its port: whether it is well, and nothing else."""

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

__all__ = ["HEALTH", "HealthOnly"]

HEALTH = "/lifecycle/v1/health"


class HealthOnly:
    """The faces' application with every door shut but that of its health."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] == "http" and scope["path"] == HEALTH:
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            said = f"this process works and serves no face; it answers at {HEALTH} alone\n"
            await PlainTextResponse(said, 404)(scope, receive, send)
