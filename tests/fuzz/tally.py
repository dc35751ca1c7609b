"""What came of the cases of one face: how many, what was answered, what failed, and how far sequences went."""

import json
from collections import Counter
from dataclasses import dataclass, field

VERBS = {"GET": "read", "PATCH": "patch", "DELETE": "delete"}
"""What a client does with a resource that it made."""


@dataclass
class Result:
    """The cases of one face in one round, or those of several rounds added up."""

    face: str
    cases: int = 0
    seconds: float = 0.0
    phases: Counter = field(default_factory=Counter)
    statuses: Counter = field(default_factory=Counter)
    succeeded: Counter = field(default_factory=Counter)
    """Operation → how often it answered 2xx."""
    chains: Counter = field(default_factory=Counter)
    """What was done, with success, to one resource in one scenario."""
    failures: dict[tuple[str, str], str] = field(default_factory=dict)

    @property
    def made(self):
        """How many resources were made: every POST to a collection that was taken in."""
        return sum(count for label, count in self.succeeded.items() if label.startswith("POST "))

    def __str__(self):
        statuses = ", ".join(f"{status} x{count}" for status, count in sorted(self.statuses.items()))
        phases = ", ".join(f"{name} {count}" for name, count in sorted(self.phases.items()))
        return (
            f"{self.face}: {self.cases} cases ({phases}) in {self.seconds:.0f} s, {len(self.failures)} failures, "
            f"{self.made} accepted POSTs ({statuses})"
        )

    def told(self):
        """Return what succeeded, and what was done to one resource after the other, one line each."""
        counts = [f"  {label}: {count} x 2xx" for label, count in sorted(self.succeeded.items())]
        return "\n".join(counts + [f"  {steps}: {count} resources" for steps, count in self.chains.most_common(12)])

    def add(self, other):
        """Take another round's figures in."""
        self.cases += other.cases
        self.seconds += other.seconds
        for name in ("phases", "statuses", "succeeded", "chains"):
            getattr(self, name).update(getattr(other, name))
        for name, told in other.failures.items():
            self.failures.setdefault(name, told)

    def take(self, phase, recorder):
        """Count what one scenario sent, and keep one sample of each kind of failure for each operation."""
        done = {}
        for case_id, interaction in recorder.interactions.items():
            case, response = recorder.cases[case_id].value, interaction.response
            status = response.status_code if response else 0
            self.cases += 1
            self.phases[phase] += 1
            self.statuses[status] += 1
            if 200 <= status < 300:
                self.succeeded[case.operation.label] += 1
                _follow(done, case, status, response)
            for check in recorder.checks.get(case_id, ()):
                if check.failure_info is not None:
                    self._keep(check, case, status, response)
        self.chains.update(" ".join(steps) for steps in done.values() if len(steps) > 1)

    def _keep(self, check, case, status, response):
        failure = check.failure_info.failure
        sample, body = check.failure_info.code_sample[:1500], response.content[:600] if response else b""
        told = f"{failure.title}: {failure.message[:900]}\n{sample}\n{status} {body!r}"
        self.failures.setdefault((case.operation.label, f"{check.name}: {failure.title}"), told)


def _follow(done, case, status, response):
    """Note a step in the life of the resource that it concerns, once."""
    if case.method.upper() == "POST" and status == 201:
        body = json.loads(response.content)
        cancelled = body.get("productOrder") or body.get("serviceOrder") or {}
        about, verb = (cancelled.get("id"), "cancel") if "/cancel" in case.path else (body.get("id"), "create")
    else:
        about, verb = (case.path_parameters or {}).get("id"), VERBS.get(case.method.upper())
    if verb == "create":
        done[about] = ["create"]
    elif verb and about in done and verb not in done[about]:
        done[about].append(verb)
