"""From a path to the operations at it: a tree of path segments, walked once a request."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

__all__ = ["Found", "Router"]

T = TypeVar("T")
_NO_PARAMETERS: Mapping[str, str] = {}


@dataclass(slots=True)
class _Node(Generic[T]):
    """One segment: what follows it by name, what follows it as a parameter, what is served at it."""

    named: dict[str, "_Node[T]"] = field(default_factory=dict)
    parameter: tuple[str, "_Node[T]"] | None = None
    methods: dict[str, T] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Found(Generic[T]):
    """What is served at a path, by upper-case method, and the parameters that the path holds."""

    methods: Mapping[str, T]
    parameters: Mapping[str, str]

    @property
    def allow(self) -> str:
        """The value of the Allow header."""
        names = set(self.methods) | {"OPTIONS"} | ({"HEAD"} if "GET" in self.methods else set())
        return ", ".join(sorted(names))


class Router(Generic[T]):
    """Paths such as `/base/productOrder/{id}`; a named segment goes before a parameter."""

    def __init__(self) -> None:
        self._root: _Node[T] = _Node()
        self._fixed: dict[str, Found[T]] = {}

    def add(self, path: str, method: str, target: T) -> None:
        """Serve `target` at a path template. A second target for the same path and method replaces the first."""
        node, fixed = self._root, True
        for segment in path.strip("/").split("/"):
            if segment.startswith("{"):
                fixed = False
                if node.parameter is None:
                    node.parameter = (segment[1:-1], _Node())
                node = node.parameter[1]
            else:
                node = node.named.setdefault(segment, _Node())
        node.methods[method.upper()] = target
        if fixed:
            self._fixed["/" + path.strip("/")] = Found(node.methods, _NO_PARAMETERS)

    def find(self, path: str) -> Found[T] | None:
        """Return what is served at a path, or None. A slash at the end makes no difference."""
        found = self._fixed.get(path)
        if found is not None:
            return found
        parameters: dict[str, str] = {}
        node = self._root
        for segment in path.strip("/").split("/"):
            following = node.named.get(segment)
            if following is None:
                if node.parameter is None or not segment:
                    return None
                name, following = node.parameter
                parameters[name] = segment
            node = following
        return Found(node.methods, parameters) if node.methods else None
