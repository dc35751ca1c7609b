"""From whatever went wrong to TM Forum's Error object: the only place that makes one."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from starlette.exceptions import HTTPException

from gateway.canonical.judgement import Finding
from gateway.faces.answer import Answer
from gateway.faces.connexion_parts import ProblemException
from gateway.faces.problems import PROBLEMS, STATUSES, status_of
from gateway.ports.errors import (
    FaceError,
    GateRefused,
    GatewayError,
    IllegalTransition,
    StateNotForClients,
)

__all__ = ["RULE_PAGES", "error_answer", "error_body"]

RULE_PAGES = "/lifecycle/v1/rules/"
ERROR_PAGES = "/lifecycle/v1/errors/"
RETRY_SECONDS = 5
"""Said in Retry-After where nothing better is known."""

OF_STATUS = {row.status: code for code, row in reversed(PROBLEMS.items())} | {503: "unavailable"}
"""HTTP status → the code for what says nothing but a status (connexion's and Starlette's own problems)."""


def error_answer(error: BaseException, root: str, wire_path: Callable[[str], str] = str) -> Answer:
    """Return the answer to an error. `root` is the gateway's absolute address; `wire_path` says canonical paths.

    An error that is not known to be fit for clients becomes a bare 500.
    """
    if not isinstance(error, GatewayError):
        error = _known(error)
    status = status_of(error)
    headers = dict(error.headers) if isinstance(error, FaceError) else {}
    if "Retry-After" in STATUSES[status].headers:
        seconds = getattr(error, "retry_after_seconds", None) or RETRY_SECONDS
        headers.setdefault("Retry-After", str(max(1, round(seconds))))
    return Answer(status, error_body(error, status, root, wire_path), headers)


def error_body(error: GatewayError, status: int, root: str, wire_path: Callable[[str], str] = str) -> dict[str, Any]:
    """Return the Error object.

    A refusal by a gate carries every finding, under `finding`; that of a state those that can be asked for, under
    `allowed`.
    """
    path = getattr(error, "path", None)
    body: dict[str, Any] = {
        "code": error.code,
        "reason": f"{path}: {error.reason}" if path and path not in error.reason else error.reason,
        "message": error.fix,
        "status": str(status),
        "referenceError": root + ERROR_PAGES + quote(error.code, safe=""),
        "@type": "Error",
    }
    if isinstance(error, IllegalTransition | StateNotForClients):
        body["allowed"] = sorted(error.allowed)
    if isinstance(error, GateRefused):
        body |= {"@type": "SemanticError", "@baseType": "Error"}
        body["referenceError"] = root + RULE_PAGES + quote(error.code, safe="")
        body["finding"] = [_finding(finding, root, wire_path) for finding in error.findings]
        where = body["finding"][0]["path"]
        body["reason"] = f"{where}: {error.reason}" if where else error.reason
    return body


def _finding(finding: Finding, root: str, wire_path: Callable[[str], str]) -> dict[str, Any]:
    return {
        "code": finding.code,
        "severity": finding.severity.value,
        "gate": finding.gate.value,
        "path": wire_path(finding.path),
        "reason": finding.reason,
        "message": finding.fix,
        "related": [wire_path(path) for path in finding.related],
        "referenceError": root + RULE_PAGES + quote(finding.code, safe=""),
    }


def _known(error: BaseException) -> FaceError:
    """Return connexion's and Starlette's problems by their status, everything else as an internal failure."""
    code = "internal"
    if isinstance(error, ProblemException):
        code = OF_STATUS.get(error.status, "internal")
    elif isinstance(error, HTTPException):
        code = OF_STATUS.get(error.status_code, "internal")
    row = PROBLEMS[code]
    return FaceError(row.status, code, row.meaning, row.fix)
