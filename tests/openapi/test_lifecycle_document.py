"""The document of the gateway's own API lists what the code knows."""

from gateway.faces.documents import load_document
from gateway.ports.lanes import LANES
from tests.conformity import DOCUMENTS


def test_the_document_names_every_lane():
    document = load_document(DOCUMENTS / "lifecycle/v1.yaml")
    assert document["components"]["schemas"]["LaneName"]["enum"] == list(LANES)
