"""Playing a scenario with a real system, and once more with what it answered then.

`RECORD=1 make test-live` records anew what the tests without the system replay.
"""

import os
from contextlib import nullcontext
from datetime import UTC, datetime

from adapters.sdk.recording import recorded

RECORD = os.environ.get("RECORD") == "1"


def recording(folder):
    """Record into a folder where that is asked for; return the context and the moment of the scenario."""
    now = datetime.now(UTC)
    if not RECORD:
        return nullcontext(), now
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "now.txt").write_text(now.isoformat() + "\n")
    return recorded(folder, record=True), now


def replaying(folder, *, volatile=()):
    """Return the context in which a folder is replayed, and the moment at which it was recorded."""
    return recorded(folder, volatile=volatile), datetime.fromisoformat((folder / "now.txt").read_text().strip())
