"""`tmf-gateway landscape check`."""

import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from gateway.app.landscape import LiveLandscape
from gateway.ports.errors import AdapterError

__all__ = ["check_landscape"]


async def check_landscape(name: str) -> int:
    """Print a line a legacy system; return 0 where all answer, else 1. Raises SetupError."""
    with tempfile.TemporaryDirectory(prefix="tmf-gateway-") as folder:
        live = await LiveLandscape.start(name, Path(folder), 0.0)
        failed = 0
        table = Table("role", "adapter", "answers")
        try:
            for role in live.landscape.roles:
                adapter = live.make(role)
                try:
                    said = await adapter.check()
                except AdapterError as error:
                    failed += 1
                    said = f"NO: {error.reason}"
                finally:
                    await adapter.close()
                table.add_row(role, adapter.name, said)
        finally:
            await live.stop()
    known = live.landscape
    console = Console()
    console.print(f"landscape {known.name}: {len(known.offerings)} offerings, zone {known.zone}")
    console.print(table)
    return 1 if failed else 0
