"""The documents under `openapi/`: read, made whole (references to other files followed), split for the checks."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from gateway.ports.errors import SetupError

__all__ = ["load_document", "operations_of", "reachable", "resolve", "to_yaml"]

METHODS = ("get", "post", "patch", "delete", "put")


class _Loader(yaml.CSafeLoader):
    """YAML as JSON: time stamps in examples stay text."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - the base class's attribute, replaced whole
        first: [(tag, pattern) for tag, pattern in found if tag != "tag:yaml.org,2002:timestamp"]
        for first, found in yaml.CSafeLoader.yaml_implicit_resolvers.items()
    }


class _Dumper(yaml.CSafeDumper):
    """YAML without anchors: what is said twice is written twice."""

    def ignore_aliases(self, _data: Any) -> bool:
        """No anchors."""
        return True


@cache
def load_document(path: Path) -> dict[str, Any]:
    """Return a document with everything that it refers to in other files among its own components.

    Each process reads it once: change nothing in it. Raises SetupError where a file is absent or broken, or two files
    use one name for different things.
    """
    whole = _Bundle(path).whole()
    whole.setdefault("components", {}).setdefault("schemas", {})
    return whole


def operations_of(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield (path, method, operation) of a document."""
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield path, method, item[method]


def resolve(document: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    """Follow a reference within a document to its end."""
    while "$ref" in node:
        _, _, kind, name = node["$ref"].split("/")
        node = document["components"][kind][name]
    return node


def reachable(document: dict[str, Any], start: Any) -> dict[str, dict[str, Any]]:
    """Return the schemas that `start` refers to, directly or not, by name."""
    found: dict[str, dict[str, Any]] = {}
    todo = [start]
    while todo:
        node = todo.pop()
        if isinstance(node, dict):
            reference = node.get("$ref")
            if isinstance(reference, str):
                name = reference.rpartition("/")[2]
                if name not in found:
                    found[name] = document["components"]["schemas"][name]
                    todo.append(found[name])
            todo.extend(node.values())
        elif isinstance(node, list):
            todo.extend(node)
    return found


def to_yaml(document: dict[str, Any]) -> bytes:
    """Return a document as YAML, in UTF-8."""
    text: str = yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)
    return text.encode()


@cache
def _read(path: Path) -> dict[str, Any]:
    try:
        content = yaml.load(path.read_bytes(), Loader=_Loader)  # noqa: S506 - a safe loader, made narrower
    except FileNotFoundError:
        raise SetupError("the document is not there", "name the directory of the documents", file=str(path)) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else None
        raise SetupError("the document is no YAML", "correct it", file=str(path), line=line) from None
    if not isinstance(content, dict):
        raise SetupError("the document is no object", "correct it", file=str(path))
    return content


@cache
def _beside(home: Path, file: str) -> Path:
    return (home.parent / file).resolve()


class _Bundle:
    """One document on its way to being whole."""

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        self.own = _read(self.path)
        self.adopted: dict[tuple[str, str], tuple[Path, Any]] = {}

    def whole(self) -> dict[str, Any]:
        """Return the document, with what it refers to elsewhere among its components."""
        whole: dict[str, Any] = self._local(self.own, self.path)
        components = whole.setdefault("components", {})
        for (kind, name), (home, part) in self.adopted.items():
            if name in components.setdefault(kind, {}):
                raise SetupError(f"{kind}/{name} is here and in {home}", "give one another name", file=str(self.path))
            components[kind][name] = part
        return whole

    def _local(self, node: Any, home: Path) -> Any:
        if isinstance(node, list):
            return [self._local(one, home) for one in node]
        if not isinstance(node, dict):
            return node
        reference = node.get("$ref")
        if isinstance(reference, str):
            return {"$ref": self._adopt(reference, home)}
        local = {str(key): self._local(value, home) for key, value in node.items()}
        if "propertyName" in local and isinstance(local.get("mapping"), dict):  # a discriminator, which refers by text
            local["mapping"] = {name: self._adopt(ref, home) for name, ref in local["mapping"].items()}
        return local

    def _adopt(self, reference: str, home: Path) -> str:
        file, _, pointer = reference.partition("#")
        _, _, kind, name = pointer.split("/")
        where = _beside(home, file) if file else home
        if where != self.path and (kind, name) not in self.adopted:
            self.adopted[kind, name] = (where, None)  # first, so that a cycle ends
            self.adopted[kind, name] = (where, self._local(_read(where)["components"][kind][name], where))
        return f"#{pointer}"
