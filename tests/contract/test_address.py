"""The kit in address mode: all faces of a gateway of ours pass, and of a server with known flaws it names just those."""

import time
from pathlib import Path

import httpx
import pytest

from contract_tests.address.face import FACES
from tests.contract.flawed_server import FLAWS, Served
from tests.contract.own_server import failed, gateway, kit
from tests.fleet import free_port

pytestmark = pytest.mark.server


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
    with Served(free_port()) as server:
        until = time.monotonic() + 20
        while True:
            try:
                httpx.get(server.url, trust_env=False)
                break
            except httpx.TransportError:
                assert time.monotonic() < until
                time.sleep(0.02)
        found, ran = kit(server.url, tmp_path, "tmf641-v4")
    wrong = failed(found["tmf641-v4"])
    assert wrong.keys() == FLAWS.keys(), ran.stdout
    for code, words in FLAWS.items():
        assert words in " ".join(wrong[code]), code
    assert found["tmf641-v4"]["levelReached"] == 0


def test_the_documents_that_the_kit_reads_are_those_of_the_faces():
    for face in FACES.values():
        assert face.document.is_file()
        assert face.base in Path(face.document).read_text(encoding="utf-8")
