"""`make torture`: orders by the thousand, and processes killed, frozen and cut off meanwhile. Ends with 1 on a broken law.

Sizes come from the options or from the environment: TORTURE_ORDERS, TORTURE_KILLS, TORTURE_FREEZES, TORTURE_HOURS,
TORTURE_SEED, TORTURE_DATABASES.
"""

import argparse
import asyncio
import json
import os
import random
import sys
import tempfile
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.torture.scenario import HOURS_SCALE, kills_and_freezes, outage, play, weather
from tests.torture.verdict import LAWS
from tests.torture.world import Shape


def arguments():
    """Read the command line."""
    ask = argparse.ArgumentParser(description=__doc__)
    env = os.environ.get
    ask.add_argument("--orders", type=int, default=int(env("TORTURE_ORDERS", "20000")))
    ask.add_argument("--kills", type=int, default=int(env("TORTURE_KILLS", "60")))
    ask.add_argument("--freezes", type=int, default=int(env("TORTURE_FREEZES", "10")))
    ask.add_argument("--hours", type=float, default=float(env("TORTURE_HOURS", "6")), help="simulated, of the outage")
    ask.add_argument("--seed", default=env("TORTURE_SEED") or f"{random.SystemRandom().randrange(10**6)}")
    ask.add_argument("--databases", default=env("TORTURE_DATABASES", "sqlite,postgresql"))
    ask.add_argument("--runs", default="kills,outage,weather", help="which of the runs")
    ask.add_argument("--minutes", type=float, default=None, help="begin no further step of a run after so long")
    ask.add_argument("--json", type=Path, default=None, help="where the report goes as data")
    ask.add_argument("--folder", type=Path, default=None, help="where everything is kept; else a new one")
    return ask.parse_args()


async def main():
    """Run everything that was asked for and print the report."""
    said = arguments()
    folder = said.folder or Path(tempfile.mkdtemp(prefix="tmf-gateway-torture-"))
    print(f"seed {said.seed}; the same again: --seed {said.seed}; logs in {folder}", flush=True)
    reports = []
    for kind in said.databases.split(","):
        for run in said.runs.split(","):
            shape, steps = _plan(run, kind, said)
            report = await play(
                kind, said.seed, folder / f"{kind}-{run}", shape, steps, spoil=0.03, echoes=True, minutes=said.minutes
            )
            reports.append({"run": run, **report})
            _show(reports[-1])
            if said.json:
                said.json.write_text(json.dumps(reports, indent=1, default=str))
    _table(reports)
    return any(report["broken_laws"] for report in reports)


def _plan(run, kind, said):
    few = max(40, said.orders // 20)
    if run == "kills":
        return Shape(pace=0.02), kills_and_freezes(said.orders, said.kills, said.freezes)
    if run == "outage":
        return outage(few, said.hours)
    return _weather_shape(kind, few), weather(kind, few)


def _weather_shape(kind, orders):
    # On SQLite all processes share the machine's clock, so that one of them alone cannot be wrong.
    room = 256 + orders // 2  # an order takes a sixth of a megabyte, and as much again in the log of changes
    return Shape(tamper=kind == "postgresql", proxied=True, volume_megabytes=room)


def _show(report):
    print(f"\n{report['run']} on {report['database']}: {report['seconds']} s, {report['orders_a_second']} orders/s")
    if report["run"] == "outage":
        print(f"  one hour of the product's patience stands for {3600 / HOURS_SCALE:.0f} s")
    for part in ("figures", "faults", "clients", "listener"):
        for name, value in report[part].items():
            print(f"  {value:>9}  {name}{'  <-- must be 0' if name in LAWS and value else ''}")
    for name in ("twice", "bad", "holds"):
        for one in report[name]:
            print(f"  {name}: {json.dumps(one, default=str)[:600]}")
    sys.stdout.flush()


def _table(reports):
    print(f"\n{'':44}" + "".join(f"{report['run']}/{report['database'][:6]:>8}".rjust(17) for report in reports))
    for name in ("orders sent", "things made in the legacy systems", "events", *LAWS):
        print(f"{name:44}" + "".join(f"{report['figures'][name]:>17}" for report in reports))
    for name in ("kill -9 of a process that held a lease", "freezes of a process that held a lease"):
        print(f"{name:44}" + "".join(f"{report['faults'].get(name, 0):>17}" for report in reports))
    name = "absorbed: sent again and taken once"
    print(f"{name:44}" + "".join(f"{report['clients'].get(name, 0):>17}" for report in reports))


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
