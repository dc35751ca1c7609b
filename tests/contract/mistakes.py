"""Making a broken copy of a reference adapter: what it says, or what it raises, is changed on its way out."""

from dataclasses import dataclass

from adapters.simulated.activation.adapter import ActivationAdapter
from adapters.simulated.billing.adapter import BillingAdapter
from adapters.simulated.crm.adapter import CrmAdapter
from adapters.simulated.field.adapter import FieldAdapter
from gateway.ports.adapter import Role

HONEST = {
    Role.CUSTOMER: CrmAdapter,
    Role.FIELD_WORK: FieldAdapter,
    Role.ACTIVATION: ActivationAdapter,
    Role.BILLING: BillingAdapter,
}


@dataclass(frozen=True)
class Sabotage:
    """A mistake, the check that has to fail, and words of the row that has to be named."""

    name: str
    role: Role
    code: str
    row: str
    adapter: type


FOUND = []


def mistake(role, code, row):
    """Take a function from the honest class to a broken one."""

    def keep(function):
        FOUND.append(Sabotage(function.__name__.replace("_", " "), role, code, row, function(HONEST[role])))
        return function

    return keep


def saying(honest, change):
    """The honest adapter, whose every report is changed before anybody sees it."""

    class Changed(honest):
        async def submit(self, message):
            return change(await super().submit(message), message)

        async def fetch(self, message):
            return change(await super().fetch(message), message)

    return Changed


def facts(honest, change):
    """The honest adapter, each of whose facts is changed; None drops it."""

    def changed(report, _):
        kept = [new for fact in report.facts if (new := change(fact)) is not None]
        return report.model_copy(update={"facts": tuple(kept)})

    return saying(honest, changed)


def values(honest, change):
    """The honest adapter, the value of each of whose facts is changed."""
    return facts(honest, lambda fact: fact.model_copy(update={"value": change(dict(fact.value))}))


def rates(honest, change):
    """The honest adapter, each of whose rates is changed."""
    return saying(
        honest, lambda report, _: report.model_copy(update={"rates": tuple(change(one) for one in report.rates)})
    )


def raising(honest, wanted, instead):
    """The honest adapter, which turns one error into another, or into a report."""

    class Changed(honest):
        async def submit(self, message):
            try:
                return await super().submit(message)
            except wanted as error:
                made = instead(error)
                if isinstance(made, Exception):
                    raise made from None
                return made

    return Changed
