"""What is to be done about a store's schema, by what it says of itself."""

from enum import Enum, auto

from gateway.ports.errors import SetupError
from gateway.storage.migrations import HEAD

__all__ = ["Step", "require_present", "step_for"]


class Step(Enum):
    """What a start does about the schema."""

    NOTHING = auto()
    CREATE = auto()
    MIGRATE = auto()


def step_for(found: str | None, oldest: str | None, *, is_empty: bool, head: str = HEAD) -> Step:
    """Return what to do about a schema at the revision `found`, which serves releases from `oldest` on.

    A newer schema is used as it is where the release that made it says that this one may. Raises SetupError.
    """
    if found is None:
        if not is_empty:
            raise SetupError("the database holds another program's tables", "name one of its own")
        return Step.CREATE
    if found == head:
        return Step.NOTHING
    if found < head:
        return Step.MIGRATE
    if oldest is not None and oldest <= head:
        return Step.NOTHING
    raise SetupError(
        f"the database's schema is not known to this release: it is at {found}, and this release knows {head}",
        "use the release that wrote it, or a newer",
    )


def require_present(step: Step) -> None:
    """Raise SetupError where the schema has to be made or changed first."""
    if step is Step.CREATE:
        raise SetupError("the database has no tables", "run tmf-gateway db upgrade")
    if step is Step.MIGRATE:
        raise SetupError("the database has an older schema", "run tmf-gateway db upgrade")
