"""What a landscape says of its lanes, and what becomes of it."""

from pathlib import Path

import pytest
import yaml

from gateway.app.landscape import read_landscape
from gateway.app.lanes import lanes_of
from gateway.app.lanes_events import event_lanes
from gateway.app.settings import Settings
from gateway.ports.adapter import Role
from gateway.ports.errors import SetupError
from gateway.ports.lanes import LANES
from gateway.streams.backoff import Backoff
from gateway.streams.breaker import Patience
from gateway.streams.rate import Rate
from gateway.streams.relay import RELAY_LANE

SIMULATED = Path(__file__).parents[2] / "adapters" / "simulated"
BAD = yaml.safe_load((Path(__file__).parents[1] / "vocabulary" / "lanes.yaml").read_text())


class Somebody:
    """Stands where a lane's handler comes from; nothing is called."""

    def __getattr__(self, name):
        async def handler(job):
            raise AssertionError(name)

        return handler


@pytest.fixture
def landscape(tmp_path):
    def make(lanes=None, systems=None):
        """Return a landscape file like the simulated one, with lanes and names of systems of its own."""
        said = yaml.safe_load((SIMULATED / "landscape.yaml").read_text())
        (tmp_path / "catalogue.yaml").write_text((SIMULATED / "catalogue.yaml").read_text())
        for role, name in (systems or {}).items():
            said["roles"][role]["system"] = name
        file = tmp_path / "landscape.yaml"
        file.write_text(yaml.safe_dump(said, sort_keys=False) + yaml.safe_dump({"lanes": lanes or {}}))
        return file

    return make


@pytest.fixture
def lanes():
    def make(file, **settings):
        found, _ = read_landscape(str(file))
        someone = Somebody()
        made = lanes_of(Settings(**settings), *[someone] * 6, landscape=found)
        made += event_lanes(Settings(**settings), someone, someone, someone, landscape=found)
        return {lane.name: lane for lane in made}

    return make


def test_every_lane_that_is_run_can_be_set_and_every_lane_that_can_be_set_is_run(landscape, lanes):
    assert {*lanes(landscape()), RELAY_LANE} == set(LANES)  # the relay runs where a broker is named


def test_a_lane_is_as_the_process_is_set_unless_the_landscape_says_otherwise(landscape, lanes):
    said = {
        "concurrency": 3, "perSecond": 2.5, "burst": 7, "backoffFirstSeconds": 1, "backoffCapSeconds": 30,
        "backoffJitter": 0.5, "giveUpSeconds": 3600, "leaseSeconds": 45, "askAfterSeconds": 20,
        "circuit": {"failures": 2, "firstSeconds": 5, "capSeconds": 600, "probeSeconds": 90},
    }  # fmt: skip
    made = lanes(landscape({"activation": said}), workers=9, lease_seconds=8.0, circuit_failures=4)
    one, other = made["activation"], made["billing"]
    assert (one.concurrency, one.give_up_seconds, one.lease_seconds, one.ask_after_seconds) == (3, 3600.0, 45.0, 20.0)
    assert one.backoff == Backoff(1.0, 30.0, jitter=0.5)
    assert one.system.rate == Rate(2.5, 7)
    assert one.system.patience == Patience(2, Backoff(5.0, 600.0), 90.0)
    assert (other.concurrency, other.lease_seconds, other.system.rate) == (9, 8.0, None)
    assert other.system.patience.failures == 4
    assert {lane for lane, one in made.items() if one.system} == {role.value for role in Role}
    assert one.system.name == "simulated-activation"


def test_two_roles_of_one_name_share_one_system(landscape, lanes):
    made = lanes(landscape({"billing": {"perSecond": 5}}, {"activation": "oss", "billing": "oss"}))
    assert made["activation"].system == made["billing"].system
    assert made["activation"].system.rate == Rate(5.0, 5)


def test_other_settings_of_a_role_are_other_settings_of_its_system(landscape, lanes):
    file = landscape()
    before = lanes(file)["activation"].system.settings
    assert lanes(file)["activation"].system.settings == before
    file.write_text(file.read_text().replace("adapter: simulated-activation\n    settings: {}",
                                             "adapter: simulated-activation\n    settings: {poll_seconds: 9}"))  # fmt: skip
    assert lanes(file)["activation"].system.settings != before


@pytest.mark.parametrize("case", BAD, ids=lambda case: case["says"])
def test_what_cannot_be_meant_is_refused_with_file_and_line(landscape, case):
    file = landscape(case.get("lanes"), case.get("systems"))
    with pytest.raises(SetupError) as raised:
        read_landscape(str(file))
    assert case["says"] in raised.value.reason
    assert raised.value.file == str(file)
    begins = file.read_text().splitlines().index("lanes:" if case.get("lanes") else "roles:") + 1
    assert raised.value.line >= begins
