"""`python -m adapters.simulated --store DIR`: serve the simulated systems until standard input ends."""

import argparse
import asyncio
import json
import sys
from pathlib import Path

from adapters.simulated.launch import start_local
from gateway.ports.adapter import Role


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m adapters.simulated", description=__doc__)
    parser.add_argument("--store", type=Path, required=True, help="directory for the systems' databases")
    parser.add_argument("--pace", type=float, default=1.0, help="factor on every simulated delay")
    for role in Role:
        parser.add_argument(f"--{role.value}-port", type=int, default=0, help="0 takes a free one")
    return parser.parse_args()


async def _serve(arguments: argparse.Namespace) -> None:
    ports = {role: getattr(arguments, f"{role.value.replace('-', '_')}_port") for role in Role}
    running = await start_local(arguments.store, arguments.pace, ports)
    sys.stdout.write(json.dumps({"simulated": True, "systems": running.urls}) + "\n")
    sys.stdout.flush()
    # The parent holds the other end: however it dies, this ends, and so do we.
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while await reader.read(4096):
        pass
    await running.stop()


if __name__ == "__main__":
    asyncio.run(_serve(_arguments()))
