"""Patches: applied to what the wire shows, so that nothing the wire cannot see is changed."""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from gateway.canonical.base import Extended
from gateway.faces.problems import problem
from gateway.faces.rows import Many, One, Own
from gateway.faces.shape import Shape
from gateway.faces.spoke import ResourceSpoke
from gateway.ports.errors import FaceError

__all__ = ["changed", "changed_by", "merge"]

Check = Callable[[Any], None]

M = TypeVar("M", bound=Extended)


def merge(target: Any, patch: Any) -> Any:
    """Return `target` with a merge patch applied: null removes, objects are merged, all else replaces."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = merge(merged.get(key), value)
    return merged


def changed(
    spoke: ResourceSpoke[M],
    stored: M,
    patch: Mapping[str, Any],
    check: Check | None = None,
    base: str = "",
) -> M:
    """Return `stored` as a merge patch (RFC 7396) wants it; `stored` itself where the patch changes nothing.

    `check` is asked about the whole wire object after the patch, unless it did not fit before: what another version
    has made may lack what this one demands, and a patch need not mend it. Raises FaceError 400 for a member that
    cannot be patched or a result that is no such resource.
    """
    present = spoke.to_wire(stored, base)
    _refuse_unchangeable(spoke, present, patch)
    return _settled(spoke, stored, present, merge(present, patch), check)


def changed_by(  # noqa: PLR0913, PLR0917 - what a patch needs to know
    spoke: ResourceSpoke[M],
    stored: M,
    apply: Callable[[Any], Any],
    check: Check | None = None,
    check_parts: Check | None = None,
    base: str = "",
) -> M:
    """Return `stored` as operations on its wire object want it; `apply` does them.

    `check` is asked as for a merge patch; `check_parts` about the members that become others, unless those did not fit
    before. Raises FaceError as `changed` and `apply` do.
    """
    present = spoke.to_wire(stored, base)
    wanted = apply(present)
    if not isinstance(wanted, dict):
        raise problem("schema", reason="what the patch leaves is no object")
    others = {key for key in present.keys() | wanted.keys() if present.get(key) != wanted.get(key)}
    _refuse_unchangeable(spoke, present, {key: wanted.get(key) for key in sorted(others)})
    _check_parts(check_parts, present, wanted, others)
    return _settled(spoke, stored, present, wanted, check)


def _check_parts(check: Check | None, present: Mapping[str, Any], wanted: Mapping[str, Any], names: set[str]) -> None:
    if check is None:
        return
    for name in sorted(names & wanted.keys()):
        if name not in present or _fits(check, {name: present[name]}):
            check({name: wanted[name]})


def _settled(
    spoke: ResourceSpoke[M], stored: M, present: dict[str, Any], wanted: dict[str, Any], check: Check | None
) -> M:
    if check is not None and _fits(check, present):
        check(wanted)
    try:
        fresh = spoke.from_wire(wanted)
    except ValueError as error:
        raise problem("schema", reason="the body after the patch is no such resource") from error
    return carry(spoke.shape, stored, fresh)


def _fits(check: Check, present: Any) -> bool:
    try:
        check(present)
    except FaceError:
        return False
    return True


def carry(shape: Shape[M], stored: M, fresh: M) -> M:
    """Return `stored` with what the wire says differently of `fresh`; what it says alike stays as it was.

    So a state that this wire cannot tell from another, an identifier that it does not show, survive the change.
    """
    update: dict[str, Any] = {}
    for name in shape.places:
        row, old, new = shape.row_of(name), getattr(stored, name), getattr(fresh, name)
        if row is None or old == new or row.said(old) == row.said(new):
            continue
        if isinstance(row, One) and old is not None and new is not None:
            new = carry(row.shape, old, new)
        elif isinstance(row, Many) and "id" in row.shape.rows:
            new = _carry_each(row.shape, old, new)
        elif isinstance(row, Own) and row.merge is not None:
            new = row.merge(old, new)
        update[name] = new
    if stored.extras != fresh.extras:
        update["extras"] = fresh.extras
    return stored.model_copy(update=update) if update else stored


def _carry_each(shape: Shape[Any], stored: tuple[Any, ...], fresh: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return each of `fresh` with what the stored one of the same id has beyond it; an id that several have is none."""
    name = shape.rows["id"].name
    times = Counter(getattr(one, name) for one in stored)
    known = {key: one for one in stored if (key := getattr(one, name)) is not None and times[key] == 1}
    return tuple(carry(shape, known[key], one) if (key := getattr(one, name)) in known else one for one in fresh)


def _refuse_unchangeable(spoke: ResourceSpoke[Any], present: Mapping[str, Any], patch: Mapping[str, Any]) -> None:
    for key, value in patch.items():
        fixed = key in spoke.unchangeable or (spoke.changeable is not None and key not in spoke.changeable)
        if fixed and value != present.get(key):
            can = "" if spoke.changeable is None else f"; only {', '.join(sorted(spoke.changeable))} can"
            raise problem("notPatchable", reason=f"{key} cannot be changed{can}", path=key)
        row = spoke.shape.rows.get(key)
        if row is not None and row.always and value in (None, [], {}):
            raise problem("schema", reason=f"{key} cannot be removed or emptied", fix=f"leave out {key}", path=key)
