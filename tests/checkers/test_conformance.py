"""What TM Forum's conformance kits for v4 look at, asked of the permissive profile with its default data."""

from pathlib import Path
from urllib.parse import quote

import pytest
import yaml

pytestmark = pytest.mark.server

RESOURCES = yaml.safe_load(Path(__file__).with_name("conformance.yaml").read_text(encoding="utf-8"))
NOBODY = "00000000-no-such-thing"


def values(resource, path):
    """All that stands at a dotted path, arrays looked into; a member that is lacking is None."""
    found = [resource]
    for step in path.split("."):
        inside = [inner for one in found for inner in (one if isinstance(one, list) else [one])]
        found = [one.get(step) if isinstance(one, dict) else None for one in inside]
    return [inner for one in found for inner in (one if isinstance(one, list) else [one])]


def text(value):
    return str(value).lower() if isinstance(value, bool) else str(value)


def whole(resource, said):
    lacking = [path for path in said["demanded"] if None in values(resource, path)]
    assert lacking == [], resource
    assert resource["href"].startswith("http")
    assert resource["href"].endswith("/" + resource["id"])


def listed(http, at, query=""):
    answer = http.get(at + query)
    assert answer.status_code == 200, answer.text
    assert answer.headers["x-total-count"] == str(len(answer.json()))
    return answer.json()


@pytest.fixture(params=RESOURCES, ids=lambda name: name.replace(" ", "-"))
def said(request):
    return RESOURCES[request.param]


@pytest.fixture
def resources(http, said):
    """What is there to look at: what was sent just now, else the default data."""
    found = []
    for body in said.get("create", ()):
        wanted = dict(body)
        if "about" in said:
            order = http.post(said["about"]["collection"], json=said["about"]["body"]).json()
            wanted[said["about"]["member"]] = {"id": order["id"]}
        answer = http.post(said["at"], json=wanted)
        assert answer.status_code == 201, answer.text
        assert answer.headers["location"] == answer.json()["href"]
        whole(answer.json(), said)
        found.append(answer.json())
    return found or listed(http, said["at"])


def test_a_kit_finds_what_it_demands(http, said, resources):
    assert resources
    everything = listed(http, said["at"], "?limit=1000")
    assert {one["id"] for one in resources} <= {one["id"] for one in everything}
    for one in everything:
        whole(one, said)

    for resource in resources:
        alone = http.get(f"{said['at']}/{resource['id']}")
        assert alone.status_code == 200
        whole(alone.json(), said)

        for path in said["filters"]:
            value = next(one for one in values(alone.json(), path) if one is not None)
            for written in (text(value), f'"{text(value)}"'):
                found = listed(http, said["at"], f"?limit=1000&{path}={quote(written)}")
                assert resource["id"] in {one["id"] for one in found}, (path, written)
                assert all(value in values(one, path) for one in found), (path, written)

        for name in said["fields"]:
            for found in (
                http.get(f"{said['at']}/{resource['id']}?fields={name}").json(),
                *listed(http, said["at"], f"?limit=1000&fields={name}"),
            ):
                assert set(found) == {"id", "href", name}

    assert http.get(f"{said['at']}/{NOBODY}").status_code == 404
    assert listed(http, said["at"], f"?id={NOBODY}") == []


def test_a_bill_is_put_on_hold(http):
    at, change = RESOURCES["tmf678 bill"]["at"], RESOURCES["tmf678 bill"]["change"]
    for _ in range(2):  # a kit is run again and again
        answer = http.patch(f"{at}/sample-bill-1", json=change)
        assert (answer.status_code, answer.json()["state"]) == (200, "onHold")
    assert http.get(f"{at}/sample-bill-1").json()["state"] == "onHold"
