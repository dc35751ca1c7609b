"""Cases that schemathesis makes from our documents, sent to a gateway that runs, and what came of them."""

import json
import re
import time
from collections import Counter
from dataclasses import dataclass, field

import httpx
import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import from_schema
from schemathesis.engine.events import EngineFinished, FatalError, NonFatalError, ScenarioFinished

from gateway.app.demo.bodies import added, outside_service_order, product_order, rate
from tests.conformity import conformity
from tests.fuzz.narrow import left_out, narrowed

FACES = {
    "tmf622-v4": "/tmf-api/productOrderingManagement/v4",
    "tmf641-v4": "/tmf-api/serviceOrdering/v4",
    "tmf678-v4": "/tmf-api/customerBillManagement/v4",
    "tmf622-v5": "/tmf-api/productOrderingManagement/v5",
    "tmf641-v5": "/tmf-api/serviceOrdering/v5",
    "tmf678-v5": "/tmf-api/customerBillManagement/v5",
    "lifecycle": "/lifecycle/v1",
}

PHASES = ("coverage", "fuzzing", "stateful")

CHECKS = {
    # a refusal on meaning (422), a stale If-Match (412) and a capability that nobody has (501) are no broken schema
    "positive_data_acceptance": {"expected-statuses": ["2xx", "401", "403", "404", "409", "412", "422", "429", "501"]},
    "negative_data_rejection": {"expected-statuses": ["400", "404", "405", "406", "409", "412", "413", "415", "422"]},
    # an order that a client may not read back does not exist here, and what is removed leaves a 404 behind
    "ignored_auth": {"enabled": False},
}


OPERATIONS = [
    # no schema says which addresses can be called back
    {"include-path": "/hub", "checks": {"positive_data_acceptance": {"enabled": False}}},
    # the schema of a change names members that no change may touch, such as @type
    {"include-method": "PATCH", "checks": {"positive_data_acceptance": {"enabled": False}}},
]


PART_OF_A_RESOURCE = re.compile(
    r"event -> \w+ -> Missing required property|violates `required` at \S*/properties/event/\S*?properties/\w+(/\$ref/\w+)? "
)


@schemathesis.check
def as_the_whole_document_says(_ctx, response, case):
    """Hold an answer against the document as it is served, of which a round plays but a part."""
    headers = {name: values[0] for name, values in response.headers.items()}
    conformity().check(case.method.upper(), response.request.url, response.status_code, headers, response.content)


@schemathesis.hook
def filter_failure(_context, failure, case, response):
    """Drop what is no fault: four things that a document of OpenAPI has no words for.

    An answer of chosen members (`fields`) leaves out what the schema demands of a whole one; a notification may show
    a part of its resource; null removes a member in a merge patch; `@type` may name a class that a client made up,
    and is given back as it came.
    """
    if failure.title == "Unknown discriminator value":
        return False
    if failure.title == "Schema-valid request rejected" and b'"code":"schema"' in response.content:
        return not LEFT_OUT & set(_members(case.body))  # made up by chance, and known to the whole document
    if failure.title == "Response violates schema":
        return "fields" not in (case.query or {})
    if failure.title == "Schema-violating request accepted":
        if "/listener/" in case.path:
            return not PART_OF_A_RESOURCE.search(failure.message)
        return not (case.method.upper() == "PATCH" and "null" in json.dumps(case.body, default=str))
    return True


GOOD = {}
"""Address of a collection → members of an order there that every rule lets pass."""


LEFT_OUT = set()
"""Names of members that the round's document leaves out."""


def _members(value):
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _members(inner)
    if isinstance(value, dict):
        yield from value


@schemathesis.hook
def before_call(_context, case, _kwargs):
    """Let every second product order be one that is taken in, whatever else stands in it."""
    good = GOOD.get(case.operation.base_url.rstrip("/") + case.path)
    is_positive = case.meta is not None and case.meta.generation.mode.is_positive
    if good and is_positive and case.method.upper() == "POST" and len(case.body) % 2:
        case.body |= good


@dataclass
class Result:
    """What came of the cases of one face: how many there were, what was answered, what failed."""

    face: str
    cases: int = 0
    seconds: float = 0.0
    statuses: Counter = field(default_factory=Counter)
    failures: dict[tuple[str, str], str] = field(default_factory=dict)

    def __str__(self):
        statuses = ", ".join(f"{status} x{count}" for status, count in sorted(self.statuses.items()))
        return f"{self.face}: {self.cases} cases in {self.seconds:.0f} s, {len(self.failures)} failures ({statuses})"


def fill(address):
    """Send a few orders, so that there is something to read, change, cancel and bill."""
    with httpx.Client(base_url=address, trust_env=False, timeout=30) as http:
        for customer, speed in ((1011, 100), (1012, 250), (1013, 500)):
            item = added("1", f"FIBRE-{speed}", customer, place=customer, characteristics=[rate(speed)])
            body = product_order(f"SEED-{customer}", customer, [item])
            http.post(f"{FACES['tmf622-v4']}/productOrder", json=body).raise_for_status()
        http.post(f"{FACES['tmf641-v4']}/serviceOrder", json=outside_service_order("X", "1", "CFS-ACCESS", []))
        for face in ("tmf622-v4", "tmf622-v5"):
            orders = f"{FACES[face]}/productOrder"
            order = http.get(orders).json()[0]
            items = [
                {key: value for key, value in item.items() if key != "state"} for item in order["productOrderItem"]
            ]
            GOOD[address + orders] = {"relatedParty": order["relatedParty"], "productOrderItem": items}


def _checks(face):
    """What the checks expect. Our own API refuses with 400 what a rule set, a trace or a fact means, not only its form."""
    accepted = CHECKS["positive_data_acceptance"]["expected-statuses"]
    more = ["400"] if face == "lifecycle" else []
    return CHECKS | {"positive_data_acceptance": {"expected-statuses": accepted + more}}


def play(address, face, *, examples, seed, phases=PHASES, seconds=None):
    """Generate cases from the document that a gateway serves for a face, send them and check every answer."""
    config = SchemathesisConfig.from_dict(
        {
            "seed": seed,
            "continue-on-failure": True,
            "suppress-health-check": ["all"],  # a busy machine is no fault of the gateway
            "workers": 1,
            "request-timeout": 30,
            "generation": {"max-examples": examples, "database": "none", "no-shrink": True},
            "phases": {
                "examples": {"enabled": False},
                **{name: {"enabled": name in phases} for name in PHASES},
            },
            "checks": _checks(face),
            "operations": OPERATIONS,
            **({} if seconds is None else {"max-time": seconds}),
        }
    )
    document = httpx.get(address + FACES[face] + "/openapi.json", trust_env=False, timeout=30).json()
    narrow = narrowed(document, seed)
    LEFT_OUT.clear()
    LEFT_OUT.update(left_out(document, narrow))
    schema = schemathesis.openapi.from_dict(narrow, config=config)
    schema.config.update(base_url=address + FACES[face])
    result, began = Result(face), time.monotonic()
    for event in from_schema(schema).execute():
        if isinstance(event, ScenarioFinished):
            _take(result, event.recorder)
        elif isinstance(event, NonFatalError):
            result.failures[event.label, type(event.value).__name__] = str(event.value)
        elif isinstance(event, FatalError):
            raise event.exception
        elif isinstance(event, EngineFinished):
            break
    result.seconds = time.monotonic() - began
    return result


def _take(result, recorder):
    """Count what one scenario sent, and keep one sample of each kind of failure for each operation."""
    for case_id, interaction in recorder.interactions.items():
        result.cases += 1
        status = interaction.response.status_code if interaction.response else 0
        result.statuses[status] += 1
        for check in recorder.checks.get(case_id, ()):
            if check.failure_info is None:
                continue
            failure, label = check.failure_info.failure, recorder.cases[case_id].value.operation.label
            answer = interaction.response.content[:600] if interaction.response else b""
            told = f"{failure.title}: {failure.message[:900]}\n{check.failure_info.code_sample[:1500]}\n{status} {answer!r}"
            result.failures.setdefault((label, f"{check.name}: {failure.title}"), told)
