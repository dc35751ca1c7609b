"""The house rules that no linter knows."""

import ast
import importlib
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("gateway", "adapters", "contract_tests")
MODULES = sorted(file for package in PACKAGES for file in (ROOT / package).rglob("*.py"))
TOP = {"openapi", "gateway", "adapters", "contract_tests", "tests", "docs", "deploy"}


def name_of(file):
    return ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def test_no_python_file_is_longer_than_400_lines():
    files = [*MODULES, *(ROOT / "tests").rglob("*.py")]
    assert [str(file.relative_to(ROOT)) for file in files if len(file.read_text().splitlines()) > 400] == []


def test_no_other_top_level_folders():
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.split()
    assert {path.split("/")[0] for path in tracked if "/" in path} - TOP - {".ci"} == set()


@pytest.mark.parametrize("file", MODULES, ids=name_of)
def test_public_is_what_all_says(file):
    tree = ast.parse(file.read_text())
    said = [
        node for node in tree.body
        if isinstance(node, ast.Assign | ast.AnnAssign)
        and any(isinstance(t, ast.Name) and t.id == "__all__" for t in getattr(node, "targets", [getattr(node, "target", None)]))
    ]  # fmt: skip
    is_migration = "migrations" in file.parts
    is_rule = file.parent.parent.name == "rules"  # a rule's file holds one rule, and nothing else is public
    if file.name == "__main__.py" or is_migration or is_rule:
        return
    assert said, "no __all__"
    module = importlib.import_module(name_of(file))
    assert all(hasattr(module, name) for name in module.__all__)
    assert len(set(module.__all__)) == len(module.__all__)


def test_importing_the_command_line_is_quick_enough_for_help():
    code = (
        "import sys, gateway.app.cli; print(len([m for m in sys.modules if m.startswith(('sqlalchemy', 'connexion'))]))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "0"


def test_the_lock_file_names_no_address_and_every_hash():
    lock = (ROOT / "requirements.lock").read_text()
    assert "://" not in lock
    pinned = re.findall(r"^[\w.-]+(?:\[[\w,]+\])?==", lock, re.MULTILINE)
    assert len(pinned) > 50
    assert lock.count("--hash=sha256:") >= len(pinned)


def test_every_direct_dependency_is_locked():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    locked = set(re.findall(r"^([\w.-]+)==", (ROOT / "requirements.lock").read_text(), re.MULTILINE))
    names = {re.split(r"[\[<>=!; ]", one)[0].lower().replace("_", "-") for one in wanted}
    assert names - {name.lower().replace("_", "-") for name in locked} == set()
