"""`tmf-gateway adapter new`: what it writes passes its own tests as it is, and what cannot be written is said clearly."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from adapters.template.write import TEMPLATE
from gateway.ports.adapter import Role
from gateway.ports.errors import SetupError
from gateway.ports.template import Wanted
from gateway.vocabulary.load import load_vocabularies

COMMAND = Path(sys.executable).with_name("tmf-gateway")


def written(folder, name="acme", roles=tuple(Role), transport="http", **more):
    return TEMPLATE.write(Wanted(name=name, roles=roles, transport=transport), folder / name, **more)


def own_tests(folder, *arguments):
    """Run a package's tests in a process of their own, as its author would."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "COV"))}
    clean["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # a vendor has two plug-ins; ours take seconds to load
    plugins = ("-p", "contract_tests.plugin", "-p", "pytest_asyncio.plugin", "-p", "no:cacheprovider")
    command = [sys.executable, "-m", "pytest", "-q", *plugins, *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False, env=clean)
    return done.returncode, done.stdout + done.stderr


# The contract of one role in full, and of the others what differs most from role to role.
CHOSEN = "not test_contract or FieldWork or agrees or unsaid or declared or lost or unknown or twice or look_sends"


@pytest.mark.server
def test_an_adapter_of_every_role_passes_its_tests_and_the_contract_unedited(tmp_path):
    written(tmp_path)
    status, said = own_tests(tmp_path / "acme", "-k", CHOSEN)
    assert status == 0, said
    for role in Role:
        assert f"acme ({role}): " in said


@pytest.mark.parametrize(
    ("transport", "role"), [("sql", Role.ACTIVATION), ("files", Role.BILLING), ("soap", Role.CUSTOMER)]
)
def test_an_adapter_over_another_transport_passes_too(tmp_path, transport, role):
    written(tmp_path, roles=(role,), transport=transport)
    status, said = own_tests(tmp_path / "acme", "-k", "not test_contract or agrees or declared or twice or look_sends")
    assert status == 0, said


def test_two_states_that_are_exchanged_are_named_by_row_and_law(tmp_path):
    written(tmp_path, roles=(Role.ACTIVATION,))
    codes = tmp_path / "acme" / "acme" / "codes.yaml"
    text = codes.read_text()
    right = ('"ON": {to: active,', "HOLD: {to: inactive,")
    assert all(row in text for row in right)
    codes.write_text(text.replace(right[0], '"ON": {to: inactive,').replace(right[1], "HOLD: {to: active,"))
    status, said = own_tests(tmp_path / "acme", "-k", "sound")
    assert status == 1
    assert "VOC-1: each table is total, in range, leads back" in said
    assert "codes.yaml:8: acme-service-state: 'ON' has billable True, but 'inactive' has False" in said


def test_a_unit_that_is_left_out_is_named_by_fact_and_law(tmp_path):
    written(tmp_path, roles=(Role.ACTIVATION,))
    module = tmp_path / "acme" / "acme" / "from_legacy.py"
    text = module.read_text()
    right = '{"amount": amount, "units": quantity.unit}'
    assert right in text
    module.write_text(text.replace(right, '{"amount": amount}'))
    status, said = own_tests(tmp_path / "acme", "-k", "(units or agrees) and fibre")
    assert status == 1
    assert "UNT-1: a quantity has a unit that is known" in said
    assert "service.activated item:1: downstreamRate" in said


@pytest.mark.parametrize("role", list(Role))
def test_one_role_stands_in_one_folder_and_nothing_of_the_template_is_left(tmp_path, role):
    files = written(tmp_path, roles=(role,))
    names = {str(file.relative_to(tmp_path / "acme")) for file in files}
    parts = ("settings.py", "adapter.py", "to_legacy.py", "from_legacy.py", "client.py", "faults.py", "codes.yaml")
    assert {f"acme/{part}" for part in (*parts, "conformance.yaml", "plugin.py")} <= names
    assert {
        "pyproject.toml",
        "README.md",
        "landscape.yaml",
        ".gitlab-ci.yml",
        ".github/workflows/contract.yml",
    } <= names
    for file in files:
        text = file.read_text()
        assert "<<" not in text.replace('b"<<< password', ""), file
        assert "template" not in text.lower(), file
        if file.suffix == ".py":
            compile(text, str(file), "exec")
    assert load_vocabularies(tmp_path / "acme" / "acme" / "codes.yaml")


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("9lives", "is no name for a package"),
        ("Acme", "is no name for a package"),
        ("class", "is no name for a package"),
        ("my-crm", "is no name for a package"),
        ("json", "a package json is there already"),
        ("adapters", "a package adapters is there already"),
        ("my_template", "the word that is replaced"),
    ],
)
def test_a_name_that_cannot_be_used_is_refused_before_anything_is_written(tmp_path, name, says):
    with pytest.raises(SetupError, match=says):
        written(tmp_path, name=name)
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_is_written_over_only_when_forced(tmp_path):
    codes = tmp_path / "acme" / "acme" / "codes.yaml"
    written(tmp_path, roles=(Role.CUSTOMER,))
    codes.write_text("mine")
    with pytest.raises(SetupError, match="is there already"):
        written(tmp_path, roles=(Role.CUSTOMER,))
    assert codes.read_text() == "mine"
    written(tmp_path, roles=(Role.CUSTOMER,), force=True)
    assert codes.read_text() != "mine"


def run(folder, *arguments, said=""):
    done = subprocess.run(
        [COMMAND, "adapter", *map(str, arguments)], cwd=folder, input=said, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout, done.stderr


def test_what_is_not_said_is_asked_for_until_it_can_be_read(tmp_path):
    status, out, _ = run(tmp_path, "new", "acme", said="telex\nhttp\ncustomer, billing\nnowhere.json\nnone\n")
    assert status == 0
    assert "'telex' is none of them" in out
    assert "there is no file 'nowhere.json'" in out
    assert (tmp_path / "acme" / "acme" / "billing" / "adapter.py").is_file()
    status, _, err = run(tmp_path, "new", "other", "--transport", "http")
    assert (status, "say --role" in err) == (2, True)


def test_it_is_said_where_the_files_are(tmp_path):
    asked = ("new", "acme", "--transport", "http", "--role", "customer")
    _, out, _ = run(tmp_path, *asked)
    assert "files are in acme. Next:\n  cd acme && python -m pytest\n" in out
    _, out, _ = run(tmp_path / "acme", *asked, "--into", ".", "--force")
    assert "files are in this folder. Next:\n  python -m pytest\n" in out


def test_the_installed_adapters_are_listed_with_what_they_declare(tmp_path):
    status, out, _ = run(tmp_path, "list", "--json")
    assert status == 0
    rows = {(row["adapter"], row["role"]): row for row in json.loads(out)}
    assert rows["simulated-field", "field-work"]["declares"]["cancel build"] == "full"
