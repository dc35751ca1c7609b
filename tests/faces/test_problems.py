"""Every code that a client can meet has a row, and so a page that explains it."""

import ast
from pathlib import Path

import pytest

import gateway
from gateway.canonical.judgement import Finding, Gate, Severity
from gateway.faces.problems import PROBLEMS, STATUSES, problem, status_of
from gateway.faces.tmf_error import error_answer
from gateway.ports import errors

ALLOWED = {400, 401, 403, 404, 405, 406, 409, 412, 413, 415, 422, 429, 500, 501, 503}
CODE_AT = {"FaceError": 1, "problem": 0, "LifecycleError": 0, "DuplicateOrder": 0, "StoreUnavailable": 0}
ROOMS = ("lifecycle", "storage", "faces", "streams")


def codes():
    """Every (code, place) that these rooms raise, and those that the errors give themselves."""
    files = [file for room in ROOMS for file in (Path(gateway.__file__).parent / room).rglob("*.py")]
    for file in [*files, Path(errors.__file__)]:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            at = 0 if file.name == "errors.py" and name == "__init__" else CODE_AT.get(name)
            if at is not None and len(node.args) > at and isinstance(node.args[at], ast.Constant):
                yield node.args[at].value, f"{file.name}:{node.lineno}"


def test_every_code_has_a_row():
    found = list(codes())
    assert len(found) > 20
    internal = {"setup", "VOC-001"}  # the first never reaches a client, the second is a rule
    assert [(code, place) for code, place in found if code not in PROBLEMS and code not in internal] == []


def test_no_row_has_another_status_than_those_agreed():
    assert {row.status for row in PROBLEMS.values()} == ALLOWED == set(STATUSES)
    assert all(row.meaning and row.fix for row in PROBLEMS.values())


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.IllegalTransition("held", "completed", ["inProgress"]), 422),
        (errors.StaleVersion("order 1"), 409),
        (errors.DuplicateOrder("duplicateOrder", "there", "another"), 409),
        (errors.LifecycleError("orderEnded", "over", "again"), 409),
        (errors.StoreUnavailable("storeUnavailable", "away", "wait"), 503),
        (errors.NotSupported("billing", "cancel"), 501),
        (errors.TryLater("busy", retry_after_seconds=7), 503),
        (errors.OutcomeUnknown("no answer"), 503),
        (errors.Refused("E1", "no"), 503),
        (errors.NeedsOperator("licence", "renew it"), 503),
        (errors.UnknownCode("states", "X"), 503),
        (problem("tooManyRequests"), 429),
        (RuntimeError("secret"), 500),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else str(value),
)
def test_an_error_is_answered_with_its_status_and_nothing_secret(error, status):
    answer = error_answer(error, "http://gateway.test")
    assert answer.status == status
    assert answer.body["status"] == str(status)
    assert answer.body.pop("allowed", ()) == list(getattr(error, "allowed", ())) or not hasattr(error, "allowed")
    assert set(answer.body) == {"code", "reason", "message", "status", "referenceError", "@type"}
    assert all(isinstance(said, str) for said in answer.body.values())
    assert "secret" not in str(answer.body)
    assert ("Retry-After" in answer.headers) is (status in (429, 503))


def test_a_refusal_says_every_path_in_wire_words():
    finding = Finding(
        code="ORD-009",
        severity=Severity.REJECT,
        gate=Gate.INTAKE,
        path="items[0].quantity",
        reason="the quantity is 0",
        fix="order at least 1",
        related=("items[1]",),
    )
    error = errors.GateRefused([finding, finding.model_copy(update={"path": "", "related": ()})])
    body = error_answer(error, "http://gateway.test", lambda path: path.replace("items", "productOrderItem")).body
    assert body["reason"].startswith("productOrderItem[0].quantity: the quantity is 0")
    assert [one["path"] for one in body["finding"]] == ["productOrderItem[0].quantity", ""]
    assert body["finding"][0]["related"] == ["productOrderItem[1]"]
    assert body["referenceError"] == "http://gateway.test/lifecycle/v1/rules/ORD-009"
    assert status_of(error) == 422
