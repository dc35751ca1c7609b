"""`make bench`: what it costs to ask the whole catalogue of one complete trace, and how many traces a minute are checked.

The traces are the stories of tests/traces at their last stages. Times are of this process on one core; a rule's is the
least of its rounds, since whatever else runs on the machine only adds. Calls are of Python functions and built-ins: they
are the same on every machine, and so tell a change of the code from a change of the weather.
"""

import argparse
import cProfile
import json
import os
import pstats
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from gateway.faces.lifecycle.trace import trace_from_wire
from gateway.rules.catalogue import parts_of
from gateway.rules.context import Context
from gateway.rules.engine import Catalogue, judge_all
from tests.traces.story import STORIES, Story
from tests.traces.trace import stages_of, trace_of

KINDS = ("fibre", "voice", "mobile", "bundle", "net-and-voice", "move", "speed-up", "suspend", "cease", "rejected")
CHECKED = 5000


def document(name):
    """Return the trace document of a story at its last stage."""
    story = Story.called(name)
    return trace_of(story, stages_of(story)[-1])


def spent(work, rounds):
    """Return the median CPU µs of some work."""
    found = []
    for _ in range(rounds):
        began = time.process_time()
        work()
        found.append((time.process_time() - began) * 1e6)
    return statistics.median(found)


def calls(work):
    """Return how many functions some work calls."""
    profile = cProfile.Profile()
    profile.runcall(work)
    return pstats.Stats(profile).total_calls


def least_of_each_rule(trace, catalogue, rounds):
    """Return the least µs of each rule, asked in the order of the catalogue."""
    rules = catalogue.plan(None, parts_of(trace)).rules
    least = dict.fromkeys((rule.code for rule in rules), float("inf"))
    for _ in range(rounds):
        ctx = Context(trace, frozenset())
        for rule in rules:
            ctx.asked = rule.code
            began = time.perf_counter()
            list(rule.check(ctx))
            least[rule.code] = min(least[rule.code], (time.perf_counter() - began) * 1e6)
    return least


def traces_a_minute(wanted):
    """Return how many traces `tmf-gateway rules check` judges a minute, on as many cores as it takes by itself."""
    lines = [json.dumps(document(name)) for name in STORIES]
    with tempfile.TemporaryDirectory(prefix="tmf-gateway-bench-") as folder:
        file = Path(folder) / "traces.jsonl"
        file.write_text("".join(f"{lines[number % len(lines)]}\n" for number in range(wanted)), encoding="utf-8")
        command = [str(Path(sys.executable).with_name("tmf-gateway")), "rules", "check", "--json", str(file)]
        began = time.monotonic()
        subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
        return wanted / (time.monotonic() - began) * 60


def main():
    """Measure and print."""
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--rounds", type=int, default=200)
    ask.add_argument("--traces", type=int, default=CHECKED)
    said = ask.parse_args()
    catalogue = Catalogue.load()
    print("median CPU µs for one complete trace: all rules at all gates, and reading it from the wire")
    print(f"{'story':>16} {'items':>6} {'facts':>6} {'rules':>6} {'judged':>8} {'calls':>7} {'read':>8}")
    for name in KINDS:
        stated = document(name)
        trace = trace_from_wire(stated)
        judged = spent(lambda trace=trace: judge_all(trace, catalogue), said.rounds)
        read = spent(lambda stated=stated: trace_from_wire(stated), said.rounds)
        asked = len(catalogue.plan(None, parts_of(trace)).rules)
        items = sum(1 for _ in trace.product_order.all_items())
        called = calls(lambda trace=trace: judge_all(trace, catalogue))
        print(f"{name:>16} {items:>6} {len(trace.facts):>6} {asked:>6} {judged:8.0f} {called:>7} {read:8.0f}")
    least = least_of_each_rule(trace_from_wire(document("net-and-voice")), catalogue, said.rounds)
    slowest = sorted(least, key=least.__getitem__, reverse=True)[:10]
    print(f"slowest rules on net-and-voice, least µs of {said.rounds}; the first to ask pays for what all share")
    print("  ".join(f"{code} {least[code]:.0f}" for code in slowest), f"  all {sum(least.values()):.0f}")
    print(f"{traces_a_minute(said.traces):.0f} traces a minute by `rules check --json`, {os.cpu_count()} cores")


if __name__ == "__main__":
    main()
