"""The landscape file that leads to simulated systems which other processes run."""

from decimal import Decimal

from gateway.app.landscape import read_landscape
from gateway.app.simulate import landscape_with
from gateway.ports.adapter import Role
from gateway.vocabulary.document import read_document

ADDRESSES = {role: {"url": f"http://127.0.0.1:{8000 + number}"} for number, role in enumerate(Role)}


def test_it_is_the_same_landscape_with_addresses(tmp_path):
    file = tmp_path / "shared.yaml"
    file.write_text(landscape_with("simulated", ADDRESSES))
    (shared, _), (own, _) = read_landscape(str(file)), read_landscape("simulated")
    assert {role: binding.settings for role, binding in shared.roles.items()} == ADDRESSES
    assert shared.model_dump(exclude={"file", "roles"}) == own.model_dump(exclude={"file", "roles"})


def test_amounts_and_names_of_files_stay_what_they_are(tmp_path):
    own, _ = read_landscape("simulated")
    text = own.file.read_text().replace(
        "service: {past: refuse}", "service: {past: price, fee: {unit: EUR, value: 29.90}, taxRate: 0.19}"
    )
    file = tmp_path / "own.yaml"
    file.write_text(text)
    (tmp_path / "catalogue.yaml").write_bytes((own.directory / "catalogue.yaml").read_bytes())
    shared = tmp_path / "elsewhere" / "shared.yaml"
    shared.parent.mkdir()
    shared.write_text(landscape_with(str(file), ADDRESSES))
    said = read_document(shared).data
    assert said["cancellation"]["service"]["fee"] == {"unit": "EUR", "value": Decimal("29.90")}
    assert read_landscape(str(shared))[0].offerings == own.offerings
