"""The kit in address mode: all faces of a gateway of ours pass, and of a server with known flaws it names just those."""

import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from adapters.sdk.ports import free_port
from contract_tests.address.face import FACES
from tests.contract.flawed_server import FLAWS, Served
from tests.contract.own_server import failed, gateway, kit

pytestmark = pytest.mark.server

EXCUSED = '{status: exempt, comment: "the server has it not"}'
NO_HUB = "POST /hub → 404"
MOCK = {
    "ADR-2": "relatedParty.0: '@type' is a required property",
    "ADR-3": "no Error object: code, reason is missing",
    "LST-1": "and 3 match",
    "LST-2": "the pages hold",
    "LST-3": "description=nothing has this finds",
    "LST-4": "found, and it is of",
    "LST-5": "sort=id gives",
    "LST-6": "noSuchMember=x → 200",
    "LIF-3": "the task is answered with 404",
    "HOS-1": "no Error object",
    "IDM-1": "were made",
    "EVT-1": NO_HUB,
    "EVT-2": NO_HUB,
    "EVT-3": NO_HUB,
    "EVT-4": NO_HUB,
    "CON-1": "has no ETag",
    "CON-2": "the writers were answered [200, 200, 200, 200]",
    "CON-3": "12 were made, and 24 are in the list",
    "AGS-1": "its length differs",
    "AGS-2": NO_HUB,
    "ADR-9": "'@type' is a required property",
}
"""What tmf-mock 0.1.1 does otherwise than TMF641 v4 and TMF630 have it."""


def answers(url):
    """Wait until something answers there."""
    until = time.monotonic() + 30
    while True:
        try:
            httpx.get(url, trust_env=False)
        except httpx.TransportError:
            assert time.monotonic() < until
            time.sleep(0.05)
        else:
            return


def test_all_faces_of_a_gateway_pass_and_nothing_is_left_out(tmp_path):
    process = gateway(tmp_path, "permissive")
    process.start()
    try:
        process.ready()
        found, ran = kit(process.address, tmp_path / "report", *FACES)
    finally:
        process.stop()
    assert {face: failed(one) for face, one in found.items()} == {face: {} for face in FACES}, ran.stdout
    assert {face: one["levelReached"] for face, one in found.items()} == dict.fromkeys(FACES, 9)
    assert {check["outcome"] for one in found.values() for check in one["checks"]} == {"passed"}
    assert ran.returncode == 0


def test_the_flaws_of_a_server_are_named_and_no_others(tmp_path):
    declared = tmp_path / "declared.yaml"
    declared.write_text(f"contract:\n  IDM-1: {EXCUSED}\n  tmf641-v4 HOS-4: {EXCUSED}\n", encoding="utf-8")
    with Served(free_port()) as server:
        answers(server.url)
        found, ran = kit(server.url, tmp_path, "tmf641-v4", further=("--contract-conformance", str(declared)))
    wrong = failed(found["tmf641-v4"])
    assert wrong.keys() == FLAWS.keys() - {"IDM-1", "HOS-4"}, ran.stdout
    for code, rows in wrong.items():
        assert FLAWS[code] in " ".join(rows), code
    exempt = {one["code"]: one["reason"] for one in found["tmf641-v4"]["checks"] if one["outcome"] == "exempt"}
    assert exempt == dict.fromkeys(("IDM-1", "HOS-4"), "the server has it not")
    assert found["tmf641-v4"]["levelReached"] == 0


def test_a_server_that_others_made_is_told_what_it_lacks(tmp_path):
    """tmf-mock: no hub, no cancellation, no filters, no entity tags; errors of its framework's own form."""
    port = free_port()
    command = [str(Path(sys.executable).with_name("tmf-mock")), "start", "--host", "127.0.0.1", "--port", str(port)]
    url = f"http://127.0.0.1:{port}"
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as mock:
        try:
            answers(url)
            samples = ("--contract-samples", str(Path(__file__).with_name("tmf_mock")))
            found, ran = kit(url, tmp_path, "tmf641-v4", further=samples)
        finally:
            mock.terminate()
    wrong = failed(found["tmf641-v4"])
    assert wrong.keys() == MOCK.keys(), ran.stdout
    for code, words in MOCK.items():
        assert words in " ".join(wrong[code]), code


def test_the_documents_that_the_kit_reads_are_those_of_the_faces():
    for face in FACES.values():
        assert face.document.is_file()
        assert face.base in Path(face.document).read_text(encoding="utf-8")
