"""The contracts of the four roles. A check cannot be overridden: what does not apply is declared."""

from typing import Any, ClassVar

from contract_tests.adapter.agreeing import AgreementChecks
from contract_tests.adapter.declaring import DeclarationChecks
from contract_tests.adapter.once import OnceChecks
from contract_tests.adapter.order import OrderChecks
from contract_tests.adapter.reading_back import ReadBackChecks
from contract_tests.adapter.stating import StatementChecks
from contract_tests.adapter.trouble import TroubleChecks
from contract_tests.adapter.vocabularies import VocabularyChecks
from contract_tests.checks import check_of
from gateway.ports.adapter import Role

__all__ = ["ActivationContract", "AdapterContract", "BillingContract", "CustomerContract", "FieldWorkContract"]


class AdapterContract(
    DeclarationChecks,
    VocabularyChecks,
    StatementChecks,
    OnceChecks,
    TroubleChecks,
    ReadBackChecks,
    OrderChecks,
    AgreementChecks,
):
    """All checks of an adapter. `role` says which; `scenarios` are files beside those of the kit."""

    def __init_subclass__(cls, **more: Any) -> None:
        """Refuse a subclass that writes a check anew. Raises TypeError."""
        super().__init_subclass__(**more)
        for name in vars(cls):
            for parent in cls.__mro__[1:]:
                if check_of(vars(parent).get(name)) is not None:
                    raise TypeError(
                        f"{cls.__name__}.{name} is a check of the kit and cannot be overridden; where it does not "
                        f"apply, say so in the conformance file under `contract:`"
                    )


class CustomerContract(AdapterContract):
    """Parties, accounts, qualification, prices."""

    role: ClassVar[Role] = Role.CUSTOMER


class FieldWorkContract(AdapterContract):
    """Appointments, visits, devices."""

    role: ClassVar[Role] = Role.FIELD_WORK


class ActivationContract(AdapterContract):
    """Resources, services, what runs."""

    role: ClassVar[Role] = Role.ACTIVATION


class BillingContract(AdapterContract):
    """Charges, bills, the ledger."""

    role: ClassVar[Role] = Role.BILLING
