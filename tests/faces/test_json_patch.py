"""JSON patches and JSON patch queries on plain documents."""

from copy import deepcopy
from functools import reduce
from pathlib import Path

import pytest

from gateway.faces.documents import load_document
from gateway.faces.json_patch import apply
from gateway.faces.json_patch_query import locate
from gateway.ports.errors import FaceError

CASES = load_document(Path(__file__).parent / "patches.yaml")
EVERY = [
    pytest.param(case, finder, id=f"{kind}-{case['patch'][-1]}")
    for kind, finder in (("plain", None), ("query", locate))
    for case in CASES[kind]
]


@pytest.mark.parametrize(("case", "finder"), EVERY)
def test_a_patch_leaves_what_it_says_or_is_refused(case, finder):
    before = deepcopy(CASES["document"])
    if "code" in case:
        with pytest.raises(FaceError) as refused:
            apply(before, case["patch"], finder)
        assert refused.value.code == case["code"], refused.value.reason
        assert refused.value.path.startswith("[0]")
    else:
        after = apply(before, case["patch"], finder)
        if "at" in case:
            assert reduce(lambda node, step: node[step], case["at"], after) == case["is"]
        assert after | case.get("leaves", {}) == after
        assert case.get("lacks") not in after
    assert before == CASES["document"], "the document itself is left as it is"


def test_all_operations_are_done_or_none():
    document = {"a": 1}
    with pytest.raises(FaceError) as refused:
        apply(document, [{"op": "remove", "path": "/a"}, {"op": "remove", "path": "/a"}])
    assert refused.value.path == "[1].path"
    assert document == {"a": 1}


@pytest.mark.parametrize(
    ("patch", "code"),
    [
        ([{"op": "test", "path": "/a", "value": []}] * 501, "badPatch"),
        ([{"op": "copy", "from": "", "path": "/a/-"}] * 40, "badPatch"),
        ([{"op": "copy", "from": "/a", "path": "/a/-"}] * 70, "badPatch"),
        ([{"op": "add", "path": "/a" + "/0" * 1500, "value": 1}], "badPatch"),
        ([{"op": "add", "path": "/a", "value": reduce(lambda inner, _: [inner], range(65), 1)}], "deepBody"),
    ],
    ids=["many", "doubling", "doubling-inside", "long", "deep"],
)
def test_a_small_patch_cannot_make_a_large_document(patch, code):
    with pytest.raises(FaceError) as refused:
        apply({"a": []}, patch)
    assert refused.value.code == code
