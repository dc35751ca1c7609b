"""Cases that schemathesis makes from our documents, sent to a gateway that runs, and what came of them."""

import time

import httpx
import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import from_schema
from schemathesis.engine.events import EngineFinished, FatalError, NonFatalError, ScenarioFinished

from tests.conformity import conformity
from tests.fuzz import forgiven
from tests.fuzz.narrow import narrowed
from tests.fuzz.tally import Result

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


@schemathesis.check
def as_the_whole_document_says(_ctx, response, case):
    """Hold an answer against the document as it is served, of which a round plays but a part."""
    headers = {name: values[0] for name, values in response.headers.items()}
    conformity().check(case.method.upper(), response.request.url, response.status_code, headers, response.content)


def play(address, face, *, examples, sequences, seed, phases=PHASES, without=None):
    """Generate cases from the document that a gateway serves for a face, send them and check every answer.

    `examples` is how many cases each operation gets for itself, `sequences` how many chains of operations there are;
    `without` leaves out paths that match it.
    """
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
                "stateful": {"enabled": "stateful" in phases, "generation": {"max-examples": sequences}},
            },
            "checks": CHECKS,
        }
    )
    document = httpx.get(address + FACES[face] + "/openapi.json", trust_env=False, timeout=30).json()
    forgiven.WHOLE.clear()
    forgiven.WHOLE.update(document)
    schema = schemathesis.openapi.from_dict(narrowed(document, seed), config=config)
    if without:
        schema = schema.exclude(path_regex=without)
    schema.config.update(base_url=address + FACES[face])
    result, began = Result(face), time.monotonic()
    for event in from_schema(schema).execute():
        if isinstance(event, ScenarioFinished):
            result.take(event.phase.value, event.recorder)
        elif isinstance(event, NonFatalError):
            result.failures[event.label, type(event.value).__name__] = str(event.value)
        elif isinstance(event, FatalError):
            raise event.exception
        elif isinstance(event, EngineFinished):
            break
    result.seconds = time.monotonic() - began
    return result
