"""The long form: `make fuzz`. Starts a gateway over the simulated landscape and plays every face against it."""

import argparse
import sys
import tempfile
from contextlib import contextmanager, nullcontext
from itertools import count
from pathlib import Path

from tests.fleet import Process
from tests.fuzz.campaign import FACES, PHASES, play
from tests.fuzz.sensible import fill
from tests.fuzz.tally import Result


def main():
    """Play the faces in rounds until there were enough cases; print what came of each. Exit 1 where anything failed."""
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("faces", nargs="*", default=list(FACES))
    ask.add_argument("--cases", type=int, default=20_000, help="how many at least; a round that has begun is ended")
    ask.add_argument("--examples", type=int, default=8, help="how many of each operation while fuzzing")
    ask.add_argument("--sequences", type=int, default=60, help="how many chains of operations of each face")
    ask.add_argument("--phases", nargs="*", default=PHASES, choices=PHASES)
    ask.add_argument("--seed", type=int, default=1, help="of the first round")
    ask.add_argument("--address", help="a gateway that runs already")
    asked = ask.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        nullcontext(asked.address) if asked.address else serving(Path(folder)) as address,
    ):
        by_face = _play_rounds(asked, address)
    for result in by_face.values():
        print(f"\nall rounds, {result}\n{result.told()}")
    cases, failures = (sum(map(figure, by_face.values())) for figure in (_cases, _failures))
    print(f"\n{cases} cases in {sum(result.seconds for result in by_face.values()):.0f} s, {failures} failures")
    return 1 if failures else 0


def _cases(result):
    return result.cases


def _failures(result):
    return len(result.failures)


def _play_rounds(asked, address):
    """Return each face's figures over all rounds; print each round's own as soon as it is played."""
    fill(address)
    by_face = {face: Result(face) for face in asked.faces}
    for seed in count(asked.seed):
        for face in asked.faces:
            budget = {"examples": asked.examples, "sequences": asked.sequences, "phases": asked.phases}
            result = play(address, face, seed=seed, **budget)
            by_face[face].add(result)
            print(f"round {seed}, {result}", flush=True)
            for (label, name), told in result.failures.items():
                print(f"\n{face} {label}: {name}\n{told}", flush=True)
        if sum(map(_cases, by_face.values())) >= asked.cases:
            break
    return by_face


@contextmanager
def serving(folder):
    """Run a gateway in a process of its own, with a database in a folder; give its address."""
    server = Process("serve", "--port", "0", "--pace", "0.1", "--database", f"sqlite:///{folder / 'gateway.sqlite'}")
    server.start()
    try:
        server.ready()
        yield server.address
    finally:
        server.stop()


if __name__ == "__main__":
    sys.exit(main())
